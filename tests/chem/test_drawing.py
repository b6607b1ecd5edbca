import pytest
from rdkit import Chem
from rdkit.Chem import rdDepictor

from morered_gui.chem import MoleculeError, structure_from_smiles
from morered_gui.chem.drawing import (
    DrawingError,
    drawing_of,
    drawing_of_mol,
    drawn,
    mol_of_drawing,
    remarks_on,
    smiles_of_mol,
)
from morered_gui.chem.identifiers import inchi_of, mol_of_text, name_of_text
from morered_gui.chem.smiles import mol_from_smiles
from tests.app.molecules import IRON_OXIDE
from tests.smiles import DIVERSE


def page(smiles: str) -> str:
    """A mol block of what may be no valid molecule."""
    mol = Chem.MolFromSmiles(smiles, sanitize=False)
    rdDepictor.Compute2DCoords(mol)
    return str(Chem.MolToMolBlock(mol, kekulize=False))


@pytest.mark.parametrize("smiles", DIVERSE)
def test_that_a_drawing_keeps_the_molecule(smiles: str) -> None:
    mol = mol_from_smiles(smiles)
    assert smiles_of_mol(mol_of_drawing(drawn(mol))) == smiles_of_mol(mol)


def test_that_there_are_enough_kinds_of_molecules() -> None:
    assert len(DIVERSE) >= 60
    assert sum("@" in s for s in DIVERSE) > 10
    assert sum("." in s for s in DIVERSE) > 5
    assert sum("/" in s for s in DIVERSE) > 5


@pytest.mark.parametrize(
    ("smiles", "words", "atoms"),
    [
        ("CC(C)(C)(C)C", "the carbon bonded to C, C, C, C, C has 5 bonds, more than the 4", (1,)),
        ("CN(C)(C)C", "the nitrogen .* has 4 bonds.*charge \\+1", (1,)),
        ("F(C)C", "the fluorine bonded to C, C has 2 bonds", (0,)),
        ("C*", "one atom is a placeholder", (1,)),
        ("[CH2]C", "unpaired electrons on C", (0,)),
        ("O=[N]", "unpaired electrons", (1,)),
        ("c1cccn1", "an aromatic ring", (0, 1, 2, 3, 4)),
    ],
)
def test_that_words_say_what_is_wrong_and_where(
    smiles: str, words: str, atoms: tuple[int, ...]
) -> None:
    with pytest.raises(DrawingError, match=words) as caught:
        mol_of_drawing(page(smiles))
    assert caught.value.atoms == atoms


@pytest.mark.parametrize("text", ["", "not a mol block", page("CC")[:80], "\n\n\nM  END\n"])
def test_that_no_drawing_is_told_in_words(text: str) -> None:
    with pytest.raises(DrawingError):
        mol_of_drawing(text)


def test_that_query_atoms_bonds_and_repeating_units_are_refused() -> None:
    block = drawn(mol_from_smiles("CCO"))
    with pytest.raises(DrawingError, match="placeholder"):
        mol_of_drawing(block.replace(" O   0", " A   0"))
    with pytest.raises(DrawingError, match="only searches use"):
        mol_of_drawing(block.replace("  1  2  1  0", "  1  2  8  0"))
    unit = "M  STY  1   1 SRU\nM  SAL   1  1   2\nM  SBL   1  2   1   2\nM  SMT   1 n\nM  END"
    with pytest.raises(DrawingError, match="repeating unit"):
        mol_of_drawing(block.replace("M  END", unit))


def test_that_open_stereo_is_remarked_on() -> None:
    assert remarks_on(mol_from_smiles("C[C@H](N)C(=O)O")) == []
    assert "stereocentre" in remarks_on(mol_from_smiles("CC(N)C(=O)O"))[0]
    assert "cis nor trans" in remarks_on(mol_from_smiles("CC=CC"))[0]


def test_that_a_structure_in_space_is_drawn_with_its_stereo() -> None:
    structure = structure_from_smiles("C[C@H](O)/C=C/F")
    drawing = drawing_of(structure)
    assert drawing.smiles == "C[C@H](O)/C=C/F"
    assert smiles_of_mol(mol_of_drawing(drawing.molblock)) == drawing.smiles
    mol = mol_of_drawing(drawing.molblock)
    numbers = [structure.numbers[k] for k in drawing.atoms]
    assert numbers == [a.GetAtomicNum() for a in mol.GetAtoms()]


def test_that_isotopes_stay_in_the_drawing() -> None:
    assert drawing_of_mol(mol_from_smiles("[13CH3]O[2H]")).smiles == "[2H]O[13CH3]"


def test_that_a_structure_without_known_bonds_has_no_drawing() -> None:
    with pytest.raises(MoleculeError, match="too many"):
        drawn(Chem.MolFromSmiles("C" * 1000))
    assert drawing_of(IRON_OXIDE).smiles


@pytest.mark.parametrize(
    "text",
    [
        "CCO",
        "InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3",
        drawn(mol_from_smiles("CCO")),
    ],
)
def test_that_a_text_of_any_kind_is_understood(text: str) -> None:
    assert Chem.MolToSmiles(mol_of_text(text)) == "CCO"


def test_that_an_example_is_known_by_its_name() -> None:
    assert smiles_of_mol(mol_of_text("caffeine")) == smiles_of_mol(mol_of_text("Caffeine"))
    assert name_of_text("CAFFEINE") == "Caffeine"
    assert inchi_of(mol_of_text("caffeine")).startswith("InChI=1S/C8H10N4O2/")


@pytest.mark.parametrize("text", ["InChI=1S/C2H6O/c1-2", "", "   ", "C(C", "not a name"])
def test_that_a_text_that_stands_for_nothing_is_told_in_words(text: str) -> None:
    with pytest.raises(MoleculeError):
        mol_of_text(text)
