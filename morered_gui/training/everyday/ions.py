"""Ions and zwitterions as they exist in water at pH 7, charges written out."""

from collections.abc import Iterator

import numpy as np
from rdkit import Chem

from morered_gui.chem.errors import rdkit_messages
from morered_gui.training.everyday.functional_groups import attached, scaffold

MAX_CHARGE = 2
MAX_SCAFFOLD = 16  # heavy atoms of a piece that takes a group
MAX_PIECE = 30
OWN_SCAFFOLD = 0.4
UNTOUCHED = 0.2  # how often a piece is taken with the acids and bases that it has
TWO_GROUPS = 0.35
NEAREST_ALIKE = 3  # bonds; nearer to a like charge a group stays neutral

# Atom 0 of each pattern loses or gains a proton.
ACIDS = tuple(
    Chem.MolFromSmarts(pattern)
    for pattern in (
        "[OX2H][CX3]=O",
        "[OX2H]S(=O)",
        "[OX2H]P(=O)",
        "[nH]1nnnc1",
        "[NX3;H1](S(=O)(=O))C=O",
        "[NX3;H1](C(=O)[#6])C(=O)C=O",
        "[SX2H]c",
        "[SX2H]C(=[O,S])",
    )
)
BASES = tuple(
    Chem.MolFromSmarts(pattern)
    for pattern in (
        "[NX2;!$(N-[!#6;!#1])]=[CX3;$(C([NX3])[NX3]),$(C([NX3])[#6,#1])]",  # guanidine, amidine
        "[NX3;!$(N-[!#6;!#1]);!$(N-[CX3,a]);!$(N-C#N);!$(N-C[F,Cl,Br])]",  # amine on sp3 carbon
        "[nX2]1c([NX3;H2,H1])cccc1",  # 2-aminopyridine
        "[nX2]1ccc([NX3])cc1",  # 4-aminopyridine
        "[nX2]1c[nX3]cc1",  # imidazole
    )
)
# Groups that carry a charge at pH 7, or get one by the rules above.
IONISABLE = tuple(
    """
    *C(=O)O *C(=O)O *CC(=O)O *OCC(=O)O *S(=O)(=O)O *OS(=O)(=O)O *P(=O)(O)O *OP(=O)(O)O
    *P(=O)(O)OC *OP(=O)(O)OC *c1nnn[nH]1 *S(=O)(=O)NC(C)=O *C(=O)C(=O)O *S(=O)O *CS(=O)(=O)O
    *CN *CN *CCN *CNC *CN(C)C *CCN(C)C *CN1CCCC1 *CN1CCOCC1 *CN1CCN(C)CC1 *N1CCN(C)CC1 *C1CCCN1
    *C(=N)N *NC(=N)N *CNC(=N)N *C[N+](C)(C)C *CC[N+](C)(C)C *[N+](C)(C)C *C[n+]1ccccc1
    *c1cc[n+](C)cc1 *n1cc[n+](C)c1 *C[P+](C)(C)C *[P+](C)(C)C *[S+](C)C *C[S+](C)C *[N+]#N
    *C(N)C(=O)O *CC(N)C(=O)O *C([NH3+])C(=O)[O-] *c1cnc[nH]1 *C[N+](C)(C)CC(=O)[O-]
    *[B-](F)(F)F *[N-]S(C)(=O)=O *CC(=O)[CH-]C(C)=O *C=[N+](C)C
    """.split()  # noqa: SIM905 - a table
)
SMALL_IONS = tuple(
    """
    [NH4+] [OH3+] [OH-] [SH-] C[NH3+] C[NH2+]C C[NH+](C)C C[N+](C)(C)C CC[N+](CC)(CC)CC C[O-] [CH3-]
    C(=O)[O-] CC(=O)[O-] CCC(=O)[O-] OC(=O)[O-] [O-]C([O-])=O [O-][N+](=O)[O-] [O-]N=O [N-]=[N+]=[N-]
    [C-]#N N#C[S-] N#C[O-] [O-]Cl(=O)(=O)=O [O-]Cl [O-]Br F[B-](F)(F)F F[P-](F)(F)(F)(F)F OS(=O)(=O)[O-]
    [O-]S(=O)(=O)[O-] OP(O)(=O)[O-] OP([O-])(=O)[O-] CS(=O)(=O)[O-] [O-]S(=O)(=O)C(F)(F)F CS(=O)[O-]
    [O-]c1ccccc1 [S-]c1ccccc1 O=C([O-])c1ccccc1 O=C([O-])C(=O)[O-] O=C([O-])CC(=O)[O-] NC(N)=[NH2+]
    CC(N)=[NH2+] c1cc[nH+]cc1 c1c[nH]c[nH+]1 C[n+]1ccn(C)c1 C[n+]1ccccc1 C[S+](C)C C[P+](C)(C)C
    C[O+](C)C N#[N+]c1ccccc1 [BH4-] C[B-](C)(C)C [NH3+]CC(=O)[O-] C[C@H]([NH3+])C(=O)[O-]
    C[N+](C)(C)CC(=O)[O-] C[N+](C)(C)CCO C[N+](C)(C)CC(O)CC(=O)[O-] [NH3+]CCS(=O)(=O)[O-]
    [NH3+]C(CO)C(=O)[O-] [NH3+]C(CS)C(=O)[O-] [NH3+]C(CCSC)C(=O)[O-] [NH3+]C(CCCC[NH3+])C(=O)[O-]
    [NH3+]C(CC(=O)[O-])C(=O)[O-] [NH3+]C(CCC(=O)[O-])C(=O)[O-] [NH3+]C(CCCNC(N)=[NH2+])C(=O)[O-]
    [NH3+]C(Cc1cnc[nH]1)C(=O)[O-] [NH3+]C(Cc1ccccc1)C(=O)[O-] [NH3+]C(Cc1ccc(O)cc1)C(=O)[O-]
    [NH3+]C(CC(N)=O)C(=O)[O-] [NH3+]C(C(C)C)C(=O)[O-] O=C([O-])C1CCC[NH2+]1 [NH3+]CCCC(=O)[O-]
    [NH3+]C(Cc1c[nH]c2ccccc12)C(=O)[O-] C[N+](C)(C)CCOP(=O)([O-])OC C[S+](C)CC(=O)[O-] C[N+](C)(C)[O-]
    C[N+](C)(C)CCCS(=O)(=O)[O-] c1cc[n+]([O-])cc1 [O-]C(=O)c1ccc[n+](C)c1 C[P+](C)(C)[CH2-]
    """.split()  # noqa: SIM905, E501 - a table
)


def ions(small_pieces: Iterator[Chem.Mol], rng: np.random.Generator) -> Iterator[Chem.Mol]:
    """The ions of ``SMALL_IONS``, then an endless stream of molecules at pH 7 that bear charges."""
    yield from (Chem.MolFromSmiles(text) for text in SMALL_IONS)
    mol: Chem.Mol | None
    while True:
        if rng.random() < UNTOUCHED:
            mol = scaffold(small_pieces, 0.0, MAX_PIECE, rng)
        else:
            mol = scaffold(small_pieces, OWN_SCAFFOLD, MAX_SCAFFOLD, rng)
            for _ in range(1 + int(rng.random() < TWO_GROUPS)):
                mol = mol and attached(mol, IONISABLE[rng.integers(len(IONISABLE))], rng)
        charged = None if mol is None else at_ph_7(mol)
        if charged is not None:
            yield charged


def at_ph_7(mol: Chem.Mol) -> Chem.Mol | None:
    """Acids without and bases with their proton; None where no charge results, or a large one.

    Rules, not predictions of pKa: of several bases near to one another only the first gets a
    proton.
    """
    changed = Chem.RWMol(mol)
    for patterns, step in ((ACIDS, -1), (BASES, +1)):
        for pattern in patterns:
            for match in changed.GetSubstructMatches(pattern):
                _shift_proton(changed, match[0], step)
    with rdkit_messages():
        if Chem.SanitizeMol(changed, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return None
    result = changed.GetMol()
    return result if is_ionic(result) else None


def is_ionic(mol: Chem.Mol) -> bool:
    """Whether it bears a charge, or several that are not next to each other."""
    if abs(Chem.GetFormalCharge(mol)) > MAX_CHARGE:
        return False
    return Chem.GetFormalCharge(mol) != 0 or _is_zwitterion(mol)


def _is_zwitterion(mol: Chem.Mol) -> bool:
    """Charges further apart than in nitro groups, azides and N-oxides."""
    return any(
        atom.GetFormalCharge() > 0
        and not any(near.GetFormalCharge() < 0 for near in atom.GetNeighbors())
        for atom in mol.GetAtoms()
    )


def _shift_proton(mol: Chem.RWMol, index: int, step: int) -> None:
    """Give an atom a proton (+1) or take one (-1), unless a like charge is too near."""
    atom = mol.GetAtomWithIdx(index)
    near = Chem.GetDistanceMatrix(mol)[index]
    alike = [a.GetIdx() for a in mol.GetAtoms() if a.GetFormalCharge() * step > 0]
    if atom.GetFormalCharge() or any(near[k] <= NEAREST_ALIKE for k in alike):
        return
    atom.SetNumExplicitHs(atom.GetTotalNumHs() + step)
    atom.SetNoImplicit(True)
    atom.SetFormalCharge(step)
    atom.UpdatePropertyCache(strict=False)
