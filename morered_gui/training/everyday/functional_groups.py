"""Functional groups that collections of drugs lack, on small scaffolds.

P, Br, I, B and Si; nitro, azide, sulfonyl, boronic and the like. ``*`` in a group stands for the
carbon atom that carries it.
"""

from collections.abc import Iterator

import numpy as np
from rdkit import Chem

from morered_gui.chem.errors import rdkit_messages

MAX_SCAFFOLD = 14  # heavy atoms of a piece that takes a group
TWO_GROUPS = 0.3  # how often a second group is attached
OWN_SCAFFOLD = 0.5  # how often the scaffold is one of SCAFFOLDS and not a piece of a drug
RARE_SHARE = 0.5  # how often a group has an element that drugs seldom have

GROUPS = tuple(
    """
    *P *P(C)C *P(=O)(C)C *P(=O)(O)O *P(=O)(OC)OC *P(=O)(OCC)OCC *P(c1ccccc1)C *P(=O)(O)C
    *OP(=O)(O)O *OP(=O)(OC)OC *OP(=S)(OC)OC *SP(=S)(OC)OC *OP(=O)(N)OC *NP(=O)(OC)OC *P(=S)(C)C
    *OP(OC)OC *P(N(C)C)N(C)C *P(Cl)Cl *P(=O)(Cl)Cl *P(=O)(F)OC *OP(=O)(O)OP(=O)(O)O
    *Br *Br *Br *C(Br)Br *C(Br)=C *CBr *CCBr *OCBr *I *I *I *CI *CCI *C#CI *C#CBr *C(=O)CBr
    *B(O)O *B(O)O *B(OC)OC *B1OCCO1 *B1OC(C)(C)C(C)(C)O1 *B(C)C *B(F)F *B(O)C
    *[Si](C)(C)C *[SiH3] *[Si](C)(C)O *[Si](OC)(OC)OC *O[Si](C)(C)C *[Si](C)(C)Cl *[Si](C)(C)F
    *O[Si](C)(C)C(C)(C)C *C#C[Si](C)(C)C *C[Si](C)(C)C *[Si](C)(C)c1ccccc1 *[SiH](C)C
    *[N+](=O)[O-] *[N+](=O)[O-] *C[N+](=O)[O-] *O[N+](=O)[O-] *N=O *ON=O *N[N+](=O)[O-]
    *N=[N+]=[N-] *N=[N+]=[N-] *CN=[N+]=[N-] *C(=O)N=[N+]=[N-] *C=[N+]=[N-] *[N+]#[C-]
    *S(=O)(=O)C *S(=O)(=O)C *S(=O)(=O)N *S(=O)(=O)N(C)C *S(=O)(=O)NC *NS(=O)(=O)C *S(=O)(=O)Cl
    *S(=O)(=O)F *S(=O)(=O)O *S(=O)(=O)OC *OS(=O)(=O)C *OS(=O)(=O)O *OS(=O)(=O)C(F)(F)F *S(=O)C
    *S(C)(=O)=N *S(C)=N *S(=O)O *S(=O)(=O)c1ccccc1 *NS(=O)(=O)N *S(=O)(=O)NC(C)=O *S(=O)(=O)C=C
    *S *SC *SSC *SCC *SC#N *SC(C)=O *SC(F)(F)F *SC=C *C(=S)N *C(=S)NC *NC(=S)N *NC(=S)NC
    *C(=O)S *C(=S)S *C(=S)OC *OC(=S)N *N=C=S *SCl *C(=S)C *c1cccs1 *c1nccs1 *c1nnc(N)s1
    *Cl *Cl *CCl *C(Cl)Cl *C(Cl)(Cl)Cl *C(Cl)=C *C(=O)Cl *OC(=O)Cl *CCCl *N(CCCl)CCCl *C(=O)CCl
    *F *C(F)F *C(F)(F)F *OC(F)(F)F *OC(F)F *CF *C(=O)F *C(F)(F)C(F)(F)F *C(=O)C(F)(F)F *C=C(F)F
    *C(=O)O *C(=O)OC *C(=O)OC(C)=O *C(=O)C *C=O *C(=O)C=C *C(=O)C#C *OC(C)=O *OC(=O)OC *C(=O)OO
    *C(=O)N *C(=O)NC *C(=O)N(C)C *NC(C)=O *NC(N)=O *NC(=O)OC *C(=O)NO *C(=O)NN *C(=O)NC(C)=O
    *C#N *CC#N *N=C=O *OC#N *NC#N *C=C *C#C *CC=C *C=C=C *C=C=O *C1CC1 *C1CO1 *C1CN1 *C1CS1
    *N *NC *N(C)C *NN *N=NC *N=Nc1ccccc1 *NO *N(C)O *C=NO *C=NN *C=NC *C(C)=NOC *ON *ONC
    *C(=N)N *NC(=N)N *NC(=N)NC *C(N)=NO *N=C(N)N *N=C=NC *C=[N+](C)[O-] *OO *OOC *O *OC *OCC
    *OC=C *COC *CO *C(O)C *C(OC)OC *C1OCCO1 *C(C)(C)C *C(C)C *CC *C *c1nnn[nH]1 *c1cnc[nH]1
    *N1CCOCC1 *N1CCNCC1 *N1CCCC1 *n1ccnc1 *n1ccnn1 *c1ccon1 *c1nnco1 *c1ccncc1 *c1ccccc1 *c1ncncn1
    """.split()  # noqa: SIM905 - a table
)

SCAFFOLDS = tuple(
    """
    C CC CCC CCCC CC(C)C C1CC1 C1CCC1 C1CCCC1 C1CCCCC1 C=C C=CC C=CC=C C#C CC#C C1=CCCC1 C1=CCCCC1
    c1ccccc1 Cc1ccccc1 c1ccncc1 c1ccnnc1 c1cncnc1 c1cnccn1 c1cc[nH]c1 c1ccoc1 c1ccsc1 c1cnc[nH]1
    c1cn[nH]c1 c1cocn1 c1cscn1 c1cnoc1 c1cnsc1 c1ccc2[nH]ccc2c1 c1ccc2ccccc2c1 c1ccc2ncccc2c1
    c1ccc2occc2c1 c1ccc2sccc2c1 c1ccc2[nH]cnc2c1 c1ncc2[nH]cnc2n1 c1ccc2c(c1)OCO2 c1ccc2c(c1)CCN2
    CO COC CCO CN CNC CN(C)C CC=O CC(C)=O CC(=O)O CC(N)=O CC(=O)OC CC(=O)NC CNC(=O)NC COC(=O)NC
    C1COCCN1 C1CCNCC1 C1CNCCN1 C1CCOC1 C1CCOCC1 C1CCSC1 C1CCNC1 C1CNC1 C1COC1 C1CCC2CCCCC2C1
    C1CC2CCC1C2 C1CC2CCC1CC2 C12CC(C1)C2 O=C1CCCC1 O=C1CCCCC1 O=C1CCCN1 O=C1CCCO1 O=c1cccc[nH]1
    O=c1cc[nH]c(=O)[nH]1 c1ccc(cc1)-c1ccccc1 c1ccc(cc1)Oc1ccccc1 CSC CS(C)(=O)=O CS(C)=O CSSC
    """.split()  # noqa: SIM905 - a table
)

RARE = tuple(group for group in GROUPS if any(e in group for e in ("P", "B", "I", "Si")))

# Those that no group and scaffold make.
SMALL = tuple(
    """
    C N O S P [SiH4] F Cl Br I [H][H] BrBr ClCl II FF N#N [C-]#[O+] O=C=O S=C=S O=C=S O=S=O
    O=S(=O)=O C#N C=O OO NN NO OCl OBr CS CP C[SiH3] CCl CBr CI CF BC CB(C)C OB(O)O FB(F)F ClB(Cl)Cl
    COB(OC)OC [O-][N+](=O)O ON=O N=[N+]=[N-] [O-][O+]=O [N-]=[N+]=O OP(O)(O)=O OS(O)(=O)=O OS(O)=O
    FS(F)(=O)=O ClS(Cl)=O ClS(Cl)(=O)=O CS(=O)(=O)O CP(C)C CP(C)(C)=O COP(OC)OC COP(=O)(OC)OC
    FP(F)F ClP(Cl)Cl ClP(Cl)(Cl)=O O=P(O)(O)OP(=O)(O)O F[Si](F)(F)F Cl[Si](Cl)(Cl)Cl C[Si](C)(C)C
    C[Si](C)(C)O[Si](C)(C)C CO[Si](OC)(OC)OC O[Si](O)(O)O [SiH3]O[SiH3] [SiH3][SiH3] ClC(Cl)(Cl)Cl
    BrC(Br)Br IC(I)I FC(F)(F)F ClC=CCl N#CC#N OC#N N=C=O N=C=S C=C=C C=C=O O=C=C=C=O NC(N)=O
    NC(N)=S NC(N)=N OC=O OC(O)=O CSC CSSC CS(C)=O CS(C)(=O)=O c1ccccc1P C1=NB=NB=N1 [nH]1[bH][nH][bH][nH][bH]1
    FC(F)(F)C(F)(F)F FC1=C(F)C(F)=C(F)C(F)=C1F Clc1c(Cl)c(Cl)c(Cl)c(Cl)c1Cl
    """.split()  # noqa: SIM905, E501 - a table
)


def substituted(small_pieces: Iterator[Chem.Mol], rng: np.random.Generator) -> Iterator[Chem.Mol]:
    """The molecules of ``SMALL``, then an endless stream of scaffolds with one group or two."""
    yield from (Chem.MolFromSmiles(text) for text in SMALL)
    while True:
        mol = attached(scaffold(small_pieces, OWN_SCAFFOLD, MAX_SCAFFOLD, rng), _group(rng), rng)
        if mol is not None and rng.random() < TWO_GROUPS:
            mol = attached(mol, _group(rng), rng)
        if mol is not None:
            yield mol


def scaffold(
    small_pieces: Iterator[Chem.Mol], own: float, largest: int, rng: np.random.Generator
) -> Chem.Mol:
    """One of ``SCAFFOLDS`` with the probability ``own``, else a piece of a drug.

    A piece of more than ``largest`` heavy atoms is passed over.
    """
    if rng.random() < own:
        return Chem.MolFromSmiles(SCAFFOLDS[rng.integers(len(SCAFFOLDS))])
    return next(mol for mol in small_pieces if mol.GetNumHeavyAtoms() <= largest)


def _group(rng: np.random.Generator) -> str:
    groups = RARE if rng.random() < RARE_SHARE else GROUPS
    return groups[rng.integers(len(groups))]


def attached(mol: Chem.Mol, group: str, rng: np.random.Generator) -> Chem.Mol | None:
    """A group in place of a random hydrogen on carbon; None where there is none."""
    places = [a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and a.GetTotalNumHs()]
    if not places:
        return None
    place = places[rng.integers(len(places))]
    both = Chem.RWMol(Chem.CombineMols(mol, Chem.MolFromSmiles(group)))
    star = next(a for a in both.GetAtoms() if a.GetAtomicNum() == 0)
    bond = star.GetBonds()[0]
    both.AddBond(place, bond.GetOtherAtomIdx(star.GetIdx()), bond.GetBondType())
    both.RemoveAtom(star.GetIdx())
    carrier = both.GetAtomWithIdx(place)
    carrier.SetNumExplicitHs(max(0, carrier.GetNumExplicitHs() - 1))
    with rdkit_messages():
        if Chem.SanitizeMol(both, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return None
    return both.GetMol()
