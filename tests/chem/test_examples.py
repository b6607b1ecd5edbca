"""The shipped molecules are what their names say."""

import pytest

from morered_gui.chem import MoleculeError, list_examples, load_example, smiles_of
from morered_gui.core import rmsd

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
