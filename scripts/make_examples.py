"""Build resources/examples anew from QM9 and from SMILES.

    python scripts/make_examples.py [DATA/qm9.npz]

Without the data set what comes from it is left as it is. Molecules of QM9 come with their DFT
geometry (B3LYP/6-31G(2df,p), Ramakrishnan et al. 2014). All but one belong to the test split, which
no model here has seen; the one of 29 atoms, which the test split lacks, is of the validation split
and says so.
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from rdkit import Chem
from rdkit.Chem import rdForceFieldHelpers

from morered_gui.chem import mmff94_minimum, smiles_of, structure_from_smiles
from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.moving import set_dihedral
from morered_gui.chem.perception import with_perceived_bonds
from morered_gui.chem.writing import write_structures
from morered_gui.core import Structure, rmsd
from morered_gui.core.geometry import dihedral
from morered_gui.diffusion.forward import noised
from morered_gui.training.dataset import EquilibriumSet, Split, split_of_index

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "examples"
NOISE_STEP, SEED = 100, 1
Four = tuple[int, int, int, int]
SOURCE = (
    "QM9 molecule {index} ({split} split), B3LYP/6-31G(2df,p); "
    "Ramakrishnan et al. 2014, doi 10.1038/sdata.2014.22"
)


@dataclass(frozen=True)
class Known:
    """A molecule of QM9, and how its start is made."""

    index: int
    id: str
    title: str
    smiles: str  # without stereo
    topic: str
    start: Literal["mmff94", "noise"]
    words: str


@dataclass(frozen=True)
class Built:
    """A molecule built from its SMILES, without a reference; ``shape`` makes another start."""

    id: str
    title: str
    smiles: str
    topic: str
    words: str
    shape: Callable[[Structure], Structure] | None = None


CHAIRS, BONDS, CAGES = "Conformers of cyclohexane", "Hydrogen bonds", "Strained rings"
AMIDES, RINGS, DRUGS = "Amides: cis and trans", "Aromatic and anti-aromatic", "Drugs"
NATURE, CHAINS = "Natural products", "Chains"
TOPICS = (CHAIRS, BONDS, CAGES, AMIDES, RINGS, DRUGS, NATURE, CHAINS)


def amide(omega: float) -> Callable[[Structure], Structure]:
    """Turn C-C(=O)-N-C of N-methylacetamide to this dihedral in degrees, and minimise."""
    return lambda s: mmff94_minimum(set_dihedral(s, (0, 1, 3, 4), omega))


def boat(chair: Structure) -> Structure:
    """Two opposite torsions of the ring at 0: the top of the pass between two twist-boats."""
    return held_torsions(chair, {(0, 1, 2, 3): 0.0, (3, 4, 5, 0): 0.0, (1, 2, 3, 4): 55.0})


def twist_boat(chair: Structure) -> Structure:
    """The minimum of MMFF94 beside the boat."""
    wanted = {(0, 1, 2, 3): 33.0, (3, 4, 5, 0): 33.0, (1, 2, 3, 4): 33.0}
    return mmff94_minimum(held_torsions(chair, wanted))


def axial(equatorial: Structure) -> Structure:
    """Methylcyclohexane with the methyl group upright on a chair: the first conformer like that."""
    for seed in range(100):
        found = mmff94_minimum(structure_from_smiles("CC1CCCCC1", seed=seed))
        methyl, *ring = (
            abs(float(dihedral(*found.positions[list(atoms)])))
            for atoms in ((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (3, 4, 5, 6))
        )
        if methyl < 90.0 and min(ring) > 45.0:
            return found
    raise SystemExit(f"no axial conformer of {equatorial.formula} was found")


def held_torsions(start: Structure, torsions: Mapping[Four, float]) -> Structure:
    """The minimum of MMFF94 with dihedrals pulled to values in degrees."""
    mol = to_rdkit(start)
    properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(mol)
    field = rdForceFieldHelpers.MMFFGetMoleculeForceField(mol, properties)
    for atoms, value in torsions.items():
        field.MMFFAddTorsionConstraint(*atoms, False, value, value, 500.0)
    field.Minimize(maxIts=2000)
    return start.with_positions(mol.GetConformer().GetPositions())


def bent(flat: Structure) -> Structure:
    """A flat ring with two opposite carbons and their hydrogens lifted by 0.35 Å."""
    positions = flat.positions.copy()
    _, _, axes = np.linalg.svd(positions - positions.mean(0))
    lifted = [0, 3, *(j for i, j in flat.bonds.tolist() if i in {0, 3} and flat.numbers[j] == 1)]
    positions[lifted] += 0.35 * axes[2]
    return flat.with_positions(positions)


KNOWN = (
    Known(5357, "benzaldehyde", "Benzaldehyde", "O=Cc1ccccc1", RINGS, "noise",
          "The aldehyde lies in the plane of the ring."),
    Known(24507, "benzofuran", "1-Benzofuran", "c1ccc2occc2c1", RINGS, "mmff94",
          "Two fused aromatic rings."),
    Known(131907, "methylnitropyrrole", "2-Methyl-5-nitro-1H-pyrrole",
          "Cc1ccc([N+](=O)[O-])[nH]1", RINGS, "noise",
          "A nitro group with its separated charges."),
    Known(132807, "difluorophenol", "2,3-Difluorophenol", "Oc1cccc(F)c1F", BONDS, "mmff94",
          "The hydroxyl hydrogen leans to the fluorine beside it."),
    Known(8707, "trimethylolethane", "2-(Hydroxymethyl)-2-methylpropane-1,3-diol",
          "CC(CO)(CO)CO", BONDS, "mmff94", "Three hydroxyl groups that hold on to one another."),
    Known(115357, "anhydropentitol", "2-(Hydroxymethyl)oxolane-3,4-diol", "OCC1OCC(O)C1O",
          BONDS, "mmff94", "An anhydro sugar alcohol: a five-membered ring with three hydroxyls."),
    Known(25807, "methylfuramide", "5-Methylfuran-2-carboxamide", "Cc1ccc(C(N)=O)o1", BONDS,
          "noise", "The amide hydrogen points to the oxygen of the ring."),
    Known(3457, "bicyclohexanone", "Bicyclo[2.1.1]hexan-5-one", "O=C1C2CCC1C2", CAGES, "mmff94",
          "A carbonyl group in a bridge: angles far from 120 degrees."),
    Known(59557, "isopropylbicyclohexane", "2-Isopropylbicyclo[2.1.1]hexane", "CC(C)C1CC2CC1C2",
          CAGES, "noise", "A strained cage with a floppy side chain."),
    Known(62507, "hexamethylcyclopropane", "Hexamethylcyclopropane",
          "CC1(C)C(C)(C)C1(C)C", CAGES, "noise", "Six methyl groups crowd around three carbons."),
    Known(6857, "dimethylcyclohexane", "1,1-Dimethylcyclohexane", "CC1(C)CCCCC1", CHAIRS, "noise",
          "A chair finds back to its shape."),
    Known(122007, "methylheptanol", "3-Methylheptan-1-ol", "CCCCC(C)CCO", CHAINS, "mmff94",
          "A flexible chain of 27 atoms."),
    Known(122958, "methyloctane", "3-Methyloctane", "CCCCCC(C)CC", CHAINS, "noise",
          "29 atoms, as large as QM9 gets."),
)  # fmt: skip
BUILT = (
    Built("aspirin", "Aspirin", "CC(=O)Oc1ccccc1C(=O)O", DRUGS, "Acetylsalicylic acid."),
    Built("paracetamol", "Paracetamol", "CC(=O)Nc1ccc(O)cc1", DRUGS, "An amide on a phenol."),
    Built("ibuprofen", "Ibuprofen", "CC(C)Cc1ccc(cc1)[C@H](C)C(=O)O", DRUGS,
          "The S form, the one that relieves pain."),
    Built("caffeine", "Caffeine", "Cn1c(=O)c2c(ncn2C)n(C)c1=O", NATURE,
          "Two fused rings with three methyl groups."),
    Built("nicotine", "Nicotine", "CN1CCC[C@H]1c1cccnc1", NATURE,
          "An aromatic and a saturated ring."),
    Built("vanillin", "Vanillin", "COc1cc(C=O)ccc1O", NATURE,
          "A phenol, an ether and an aldehyde on one ring."),
    Built("glucose", "beta-D-Glucose", "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O", NATURE,
          "A sugar: a ring with five hydroxyl groups."),
    Built("glycine", "Glycine", "NCC(=O)O", BONDS, "The smallest amino acid, uncharged."),
    Built("cyclohexane", "Cyclohexane", "C1CCCCC1", CHAIRS, "The chair."),
    Built("twist-boat", "Cyclohexane (twist-boat)", "C1CCCCC1", CHAIRS,
          "A minimum of its own, 6 kcal/mol above the chair in MMFF94.", twist_boat),
    Built("boat", "Cyclohexane (boat)", "C1CCCCC1", CHAIRS,
          "The pass between two twist-boats: which way does it go?", boat),
    Built("methylcyclohexane", "Methylcyclohexane (equatorial)", "CC1CCCCC1", CHAIRS,
          "The methyl group lies in the plane of the ring.", mmff94_minimum),
    Built("axial", "Methylcyclohexane (axial)", "CC1CCCCC1", CHAIRS,
          "The methyl group stands upright and touches two hydrogens.", axial),
    Built("adamantane", "Adamantane", "C1C2CC3CC1CC(C2)C3", CHAIRS, "Four chairs in one cage."),
    Built("malonaldehyde", "Malonaldehyde (enol)", "O=C/C=C\\O", BONDS,
          "The hydroxyl hydrogen lies between two oxygens."),
    Built("trans-amide", "N-Methylacetamide (trans)", "CC(=O)NC", AMIDES,
          "The form of nearly all peptide bonds.", amide(180.0)),
    Built("cis-amide", "N-Methylacetamide (cis)", "CC(=O)NC", AMIDES,
          "Both methyl groups on one side; 2 kcal/mol above trans in MMFF94.", amide(0.0)),
    Built("twisted-amide", "N-Methylacetamide (twisted)", "CC(=O)NC", AMIDES,
          "Half way between cis and trans, off the plane.",
          lambda s: set_dihedral(amide(180.0)(s), (0, 1, 3, 4), 100.0)),
    Built("formamide", "Formamide", "NC=O", AMIDES, "The smallest amide: flat at the nitrogen."),
    Built("bicyclobutane", "Bicyclobutane", "C1C2CC12", CAGES, "Two triangles that share a side."),
    Built("propellane", "[1.1.1]Propellane", "C1C23CC12C3", CAGES,
          "Two carbons with all four bonds on one side."),
    Built("benzene", "Benzene (bent)", "c1ccccc1", RINGS,
          "Aromatic: it wants to be flat.", bent),
    Built("cyclooctatetraene", "Cyclooctatetraene", "C1=CC=CC=CC=C1", RINGS,
          "Eight electrons: it folds into a tub instead of being anti-aromatic."),
    Built("cubane", "Cubane", "C12C3C4C1C5C2C3C45", CAGES, "Right angles at every carbon."),
    Built("cyclobutadiene", "Cyclobutadiene", "C1=CC=C1", RINGS,
          "Anti-aromatic: a rectangle, not a square."),
)  # fmt: skip


def main(data: Path | None) -> None:
    """Write all examples and their index, by topic."""
    index = FOLDER / "index.json"
    if data is None:
        before = {row["id"]: row for row in json.loads(index.read_text(encoding="utf-8"))}
        rows = [{**before[known.id], "topic": known.topic} for known in KNOWN]
    else:
        qm9 = EquilibriumSet.load(data)
        rows = [build_known(qm9, known) for known in KNOWN]
    rows += [build(built) for built in BUILT]
    rows.sort(key=lambda row: TOPICS.index(str(row["topic"])))
    index.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(rows)} examples in {FOLDER}")


def build_known(qm9: EquilibriumSet, known: Known) -> dict[str, str | None]:
    """Reference and start of a molecule of QM9."""
    row = int(np.flatnonzero(qm9.index == known.index)[0])
    numbers, positions = qm9.geometry(row)
    reference = with_perceived_bonds(Structure(numbers, positions, name=known.title)).centred()
    flat = smiles_of(reference) or ""
    if without_stereo(flat) != without_stereo(known.smiles):
        raise SystemExit(f"{known.id}: the geometry is that of {flat}, not of {known.smiles}")
    if known.start == "mmff94":
        start = mmff94_minimum(reference)
        made = "The start is the nearest minimum of MMFF94"
    else:
        start = noised(reference, NOISE_STEP, seed=SEED)
        made = f"The start is diffused to t = {NOISE_STEP} (seed {SEED})"
    made += f", {rmsd(start.positions, reference.positions):.2f} Å from the DFT geometry."
    split = Split(int(split_of_index(np.array([known.index]))[0])).name.lower()
    folder = FOLDER / known.id
    folder.mkdir(parents=True, exist_ok=True)
    write_structures(folder / "start.sdf", [start])
    write_structures(folder / "reference.sdf", [reference])
    return {
        "id": known.id,
        "title": known.title,
        "topic": known.topic,
        "description": f"{known.words} {made}",
        "smiles": flat,
        "start": f"{known.id}/start.sdf",
        "reference": f"{known.id}/reference.sdf",
        "source": SOURCE.format(index=known.index, split=split),
    }


def build(built: Built) -> dict[str, str | None]:
    """The start of a molecule given by its SMILES: an ETKDG conformer, or made of one."""
    start = structure_from_smiles(built.smiles, seed=SEED, name=built.title).centred()
    made = f"The start is a raw ETKDG conformer (seed {SEED})."
    if built.shape is not None:
        start = built.shape(start).with_name(built.title).centred()
        made = "The start was made with MMFF94."
    folder = FOLDER / built.id
    folder.mkdir(parents=True, exist_ok=True)
    write_structures(folder / "start.sdf", [start])
    return {
        "id": built.id,
        "title": built.title,
        "topic": built.topic,
        "description": f"{built.words} {made}",
        "smiles": smiles_of(start),
        "start": f"{built.id}/start.sdf",
        "reference": None,
        "source": "",
    }


def without_stereo(smiles: str) -> str:
    """Canonical, flat."""
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(smiles), isomericSmiles=False))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
