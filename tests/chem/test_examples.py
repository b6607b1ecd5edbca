"""The shipped molecules are what their names say."""

import pytest

from morered_gui.chem import MoleculeError, list_examples, load_example, smiles_of
from morered_gui.chem.examples import search_examples
from morered_gui.chem.identifiers import name_of_smiles
from morered_gui.core import rmsd
from morered_gui.core.geometry import dihedral

EXAMPLES = [example.id for example in list_examples()]


@pytest.mark.parametrize("example_id", EXAMPLES)
def test_that_start_and_reference_are_the_molecule_of_the_index(example_id: str) -> None:
    (example,) = [e for e in list_examples() if e.id == example_id]
    start, reference = load_example(example_id)
    assert start.name == example.title
    if reference is None:
        assert smiles_of(start) == example.smiles
        return
    assert smiles_of(reference) == example.smiles  # of noise the stereo may differ
    assert start.same_atoms(reference)
    assert start.bonds.tolist() == reference.bonds.tolist()
    assert 0.005 < rmsd(start.positions, reference.positions) < 0.4
    assert "10.1038/sdata.2014.22" in example.source


def test_that_there_are_a_dozen_with_a_reference_and_the_well_known_drugs() -> None:
    references = [e for e in list_examples() if e.reference is not None]
    assert len(references) >= 12
    assert sum("MMFF94" in e.description for e in references) >= 6
    assert {"aspirin", "caffeine", "paracetamol"} <= set(EXAMPLES)
    assert len(set(EXAMPLES)) == len(EXAMPLES)


def test_that_an_unknown_example_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(MoleculeError, match="aspirin"):
        load_example("unobtainium")


def test_that_each_topic_that_a_teacher_looks_for_has_examples() -> None:
    topics = {example.topic for example in list_examples()}
    words = ("cyclohexane", "hydrogen bonds", "strained", "cis and trans", "anti-aromatic", "drugs")
    assert all(any(word in topic.casefold() for topic in topics) for word in words)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("aspir", "aspirin"), ("ANTI-AROMATIC", "cyclobutadiene"), ("NC=O", "paracetamol")],
)
def test_that_an_example_is_found_by_name_topic_or_a_part_of_it(text: str, wanted: str) -> None:
    found = [example.id for example in search_examples(list_examples(), text)]
    assert wanted in found
    assert len(found) < len(EXAMPLES) / 2


def test_that_no_text_finds_all_and_nonsense_nothing() -> None:
    examples = list_examples()
    assert search_examples(examples, "  ") == examples
    assert search_examples(examples, "C1CC") == []
    assert search_examples(examples, "unobtainium") == []


@pytest.mark.parametrize(
    ("example_id", "atoms", "least", "most"),
    [
        ("cis-amide", (0, 1, 3, 4), 0.0, 20.0),
        ("trans-amide", (0, 1, 3, 4), 160.0, 180.0),
        ("boat", (0, 1, 2, 3), 0.0, 5.0),
        ("twist-boat", (0, 1, 2, 3), 20.0, 40.0),
        ("methylcyclohexane", (0, 1, 2, 3), 160.0, 180.0),
        ("axial", (0, 1, 2, 3), 50.0, 90.0),
    ],
)
def test_that_conformers_have_the_shape_of_their_names(
    example_id: str, atoms: tuple[int, ...], least: float, most: float
) -> None:
    start, _ = load_example(example_id)
    assert least <= abs(float(dihedral(*start.positions[list(atoms)]))) <= most


def test_that_a_drawn_molecule_is_not_named_after_one_conformer() -> None:
    assert name_of_smiles("C1CCCCC1") == "Cyclohexane"
    assert name_of_smiles("CNC(C)=O") == "N-Methylacetamide"
