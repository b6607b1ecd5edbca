"""Molecules from what people type or paste: SMILES, InChI, a mol block, a name; and back."""

from rdkit import Chem
from rdkit.Chem import Mol

from morered_gui.chem.drawing import mol_of_drawing
from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.chem.examples import Example, list_examples
from morered_gui.chem.smiles import mol_from_smiles

MOLBLOCK_END = "M  END"


def mol_of_text(text: str) -> Mol:
    """The molecule that a text stands for, without coordinates in space.

    Args:
        text: SMILES, InChI, a mol block, or the name of an example.

    Raises:
        MoleculeError: it stands for none; the message says why.
    """
    if MOLBLOCK_END in text:
        return mol_of_drawing(text)
    stripped = text.strip()
    if stripped.startswith("InChI="):
        return _mol_from_inchi(stripped)
    example = _example_named(stripped)
    return mol_from_smiles(example.smiles if example else stripped)


def name_of_text(text: str) -> str:
    """What to call the molecule that a text stands for; empty where nothing is known."""
    if MOLBLOCK_END in text:
        return text.splitlines()[0].strip()
    stripped = text.strip()
    example = _example_named(stripped)
    if example is not None:
        return example.title
    return "" if stripped.startswith("InChI=") else stripped


def name_of_smiles(smiles: str) -> str:
    """The name of the examples with this canonical SMILES, or empty.

    What stands in brackets behind it tells forms apart that a SMILES does not.
    """
    return next((e.title.partition(" (")[0] for e in _examples() if e.smiles == smiles), "")


def inchi_of(mol: Mol) -> str:
    """The standard InChI; raises MoleculeError where there is none."""
    with rdkit_messages():
        inchi = str(Chem.MolToInchi(mol))  # type: ignore[no-untyped-call]
    if not inchi:
        raise MoleculeError("this molecule has no InChI")
    return inchi


def _mol_from_inchi(text: str) -> Mol:
    with rdkit_messages():
        mol: Mol | None = Chem.MolFromInchi(text)  # type: ignore[no-untyped-call]
    if mol is None:
        raise MoleculeError("the InChI can't be read; is it complete?")
    return mol


def _example_named(name: str) -> Example | None:
    wanted = name.casefold()
    return next((e for e in _examples() if wanted in {e.title.casefold(), e.id}), None)


def _examples() -> list[Example]:
    """None where they are missing: the window tells that when it starts."""
    try:
        return list_examples()
    except MoleculeError:
        return []
