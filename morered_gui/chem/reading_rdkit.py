"""mol, sdf, mol2 and pdb through RDKit.

What is done where a file is incomplete:

- hydrogens missing, coordinates in space: added at ideal places, the others stay;
- a drawing in two dimensions, or no coordinates: all of them built anew by ETKDGv3, with the
  stereo of the wedges;
- a pdb file without bond orders: orders are perceived from the geometry, which needs the
  hydrogens; without these it is refused.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from rdkit import Chem
from rdkit.Chem import Mol

from morered_gui.chem.conversion import from_rdkit, missing_hydrogens, refuse_queries
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.chem.perception import COVALENT_RADII, with_perceived_bonds
from morered_gui.chem.smiles import embed, said
from morered_gui.core.structure import Structure

FLAT = 1e-3  # Å
LONGEST_BOND = 1.3  # times the sum of covalent radii, as in chem.validity
SHORTEST_BOND = 0.7
DEGREE_IN_SPACE = 4  # no atom with so many neighbours lies in one plane with all of them


def sdf_records(lines: Iterator[str]) -> Iterator[Callable[[], Structure]]:
    """The records of an sdf file, or the one of a mol file."""
    for block in _blocks(lines):
        yield partial(structure_from_sdf, "".join(block))


def sdf_info(lines: Iterator[str], key: str) -> Iterator[str | None]:
    """What each record of an sdf file says in a data field; None where it has none of that name."""
    for block in _blocks(lines):
        heads = (k for k, line in enumerate(block) if line.startswith(">") and f"<{key}>" in line)
        value = next((block[k + 1 : k + 2] for k in heads), [])
        yield "".join(value).strip() or None


def _blocks(lines: Iterator[str]) -> Iterator[list[str]]:
    """The lines of each record."""
    block: list[str] = []
    for line in lines:
        if line.startswith("$$$$"):
            yield block
            block = []
        else:
            block.append(line)
    if "".join(block).strip():
        yield block


def mol2_records(lines: Iterator[str]) -> Iterator[Callable[[], Structure]]:
    """The molecules of a Tripos mol2 file."""
    parts = "".join(lines).split("@<TRIPOS>MOLECULE")
    if len(parts) == 1:
        raise MoleculeError("no '@<TRIPOS>MOLECULE' in the file; is it a mol2 file?")
    for part in parts[1:]:
        yield partial(_from_mol2, "@<TRIPOS>MOLECULE" + part)


def pdb_records(lines: Iterator[str]) -> Iterator[Callable[[], Structure]]:
    """The models of a pdb file; the connectivity behind the last one belongs to all."""
    shared: list[str] = []
    models: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("MODEL"):
            models.append([])
        elif line.startswith(("CONECT", "COMPND", "TITLE")):
            shared.append(line)
        elif line.startswith(("ATOM", "HETATM")):
            models[-1].append(line)
    filled = [m for m in models if m]
    if not filled:
        raise MoleculeError("no ATOM or HETATM line in the file; is it a pdb file?")
    for model in filled:
        yield partial(_from_pdb, _name_of_pdb(shared), "".join([*model, *shared]))


def structure_from_sdf(text: str) -> Structure:
    """One record of an sdf file, what it lacks supplied; raises MoleculeError."""
    with rdkit_messages() as messages:
        supplier = Chem.SDMolSupplier()
        supplier.SetData(text.rstrip() + "\n\n$$$$\n", sanitize=False, removeHs=False)
        mol = next(iter(supplier), None)
    return _completed(_checked(mol, messages))


def _from_mol2(text: str) -> Structure:
    with rdkit_messages() as messages:
        mol = Chem.MolFromMol2Block(text, sanitize=False, removeHs=False)
    return _completed(_checked(mol, messages))


def _checked(mol: Mol | None, messages: list[str]) -> Mol:
    """Sanitised, with stereo from space or wedges; raises MoleculeError with the reason."""
    if mol is None:
        raise MoleculeError(f"the record is broken: {_last(messages)}")
    if mol.GetNumAtoms() == 0:
        raise MoleculeError("the record has 0 atoms")
    refuse_queries(mol)
    problems = Chem.DetectChemistryProblems(mol)
    if problems:
        raise MoleculeError(f"no valid molecule: {said(problems)}")
    with rdkit_messages():
        Chem.SanitizeMol(mol)
        if mol.GetNumConformers() and not is_flat(mol):
            Chem.AssignStereochemistryFrom3D(mol)
        elif mol.GetNumConformers():
            Chem.AssignChiralTypesFromBondDirs(mol)
            Chem.SetBondStereoFromDirections(mol)
            Chem.DetectBondStereochemistry(mol)
            Chem.AssignStereochemistry(mol, cleanIt=True, force=True)
    return mol


def _completed(mol: Mol) -> Structure:
    """Hydrogens and coordinates supplied where they are missing (see the module's text)."""
    incomplete = missing_hydrogens(mol) > 0
    if mol.GetNumConformers() == 0 or (is_flat(mol) and (incomplete or not _is_planar(mol))):
        name = mol.GetProp("_Name") if mol.HasProp("_Name") else ""
        mol = Chem.AddHs(mol)
        embed(mol)
        return from_rdkit(mol, name=name.strip())
    return from_rdkit(Chem.AddHs(mol, addCoords=True) if incomplete else mol)


def is_flat(mol: Mol) -> bool:
    """Whether all atoms lie in the plane z = 0, as those of a drawing do."""
    z = mol.GetConformer().GetPositions()[:, 2]
    return bool(np.all(np.abs(z) < FLAT))


def _is_planar(mol: Mol) -> bool:
    """Whether coordinates in one plane can be those of the molecule, benzene say."""
    if any(a.GetDegree() >= DEGREE_IN_SPACE for a in mol.GetAtoms()):
        return False
    positions = mol.GetConformer().GetPositions()
    for bond in mol.GetBonds():
        i, j = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        numbers = [bond.GetBeginAtom().GetAtomicNum(), bond.GetEndAtom().GetAtomicNum()]
        ratio = np.linalg.norm(positions[i] - positions[j]) / COVALENT_RADII[numbers].sum()
        if not SHORTEST_BOND < ratio < LONGEST_BOND:
            return False
    return True


def _name_of_pdb(shared: list[str]) -> str:
    for keyword in ("COMPND", "TITLE"):
        texts = [line[10:].strip() for line in shared if line.startswith(keyword)]
        if texts:
            return " ".join(texts)
    return ""


def _from_pdb(name: str, text: str) -> Structure:
    with rdkit_messages() as messages:
        mol = Chem.MolFromPDBBlock(text, sanitize=False, removeHs=False)
    if mol is None:
        raise MoleculeError(f"the pdb record is broken: {_last(messages)}")
    with rdkit_messages():
        sane = not Chem.DetectChemistryProblems(mol)
        if sane:
            Chem.SanitizeMol(mol)
    if sane and not missing_hydrogens(mol):
        return from_rdkit(mol, name=name)
    if all(a.GetAtomicNum() != 1 for a in mol.GetAtoms()):
        raise MoleculeError(
            "the pdb file has neither hydrogens nor bond orders; open the molecule from an "
            "sdf file or a SMILES instead"
        )
    return with_perceived_bonds(_without_bonds(mol, name))


def _without_bonds(mol: Mol, name: str) -> Structure:
    try:
        return Structure(
            np.array([a.GetAtomicNum() for a in mol.GetAtoms()]),
            mol.GetConformer().GetPositions(),
            charge=sum(a.GetFormalCharge() for a in mol.GetAtoms()),
            name=name,
        )
    except ValueError as error:
        raise MoleculeError(str(error)) from error


def _last(messages: list[str]) -> str:
    lines = [part.strip() for m in messages for part in m.splitlines() if part.strip()]
    telling = [line for line in lines if "moving to the begin" not in line]
    return (
        telling[-1].split("] ", 1)[-1].removeprefix("ERROR: ")
        if telling
        else "RDKit gives no reason"
    )
