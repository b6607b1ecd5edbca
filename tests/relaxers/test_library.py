"""Pieces of a library: what fails, fails alone; what an earlier run wrote gives way."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from morered_gui.chem import structure_from_smiles
from morered_gui.chem.library import LibraryRecord, RecordKind
from morered_gui.chem.writing import sdf_record
from morered_gui.core import BatchRun, Capabilities, ExpectedError, Provenance, Structure
from morered_gui.relaxers import library
from morered_gui.relaxers.library import Failed, LibraryChunk, Relaxed, relax_chunk
from morered_gui.relaxers.registry import RelaxerChoice, relaxer_of_process

UFF = RelaxerChoice(method="uff")


class AcceleratorError(RuntimeError):
    """Has the name of torch's."""


class Broken:
    """Relaxes by UFF, but fails over batches with methane in them."""

    capabilities = Capabilities()
    provenance = Provenance("broken")

    def __init__(self, error: Exception) -> None:
        self.error = error

    def relax(self, starts: Sequence[Structure], *, max_steps: int, seed: int) -> BatchRun:
        if any(start.formula == "CH4" for start in starts):
            raise self.error
        return relaxer_of_process(UFF).relax(starts, max_steps=max_steps, seed=seed)


def smiles(*texts: str) -> tuple[LibraryRecord, ...]:
    return tuple(
        LibraryRecord(k, k + 1, text, RecordKind.SMILES, text) for k, text in enumerate(texts)
    )


def chunk(records: tuple[LibraryRecord, ...]) -> LibraryChunk:
    return LibraryChunk(records, UFF, max_steps=5, seed=0)


def told(outcomes: Sequence[Relaxed | Failed]) -> list[str]:
    """Reasons of what failed, nothing for what did not."""
    return [outcome.reason if isinstance(outcome, Failed) else "" for outcome in outcomes]


def test_that_an_unforeseen_exception_fails_one_molecule_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def built(record: LibraryRecord, seed: int) -> Structure:
        if record.text == "N":
            raise RuntimeError("Invariant Violation")
        return structure_from_smiles(record.text, name=record.name)

    def reported(*words: object, **options: object) -> object:
        if words[0].start.formula == "H2O":  # type: ignore[attr-defined]
            raise KeyError("no report")
        return report_on(*words, **options)

    report_on = library.report_on
    monkeypatch.setattr(LibraryRecord, "build", built)
    monkeypatch.setattr(library, "report_on", reported)
    out_of_memory = Broken(MemoryError("of the device"))
    monkeypatch.setattr(library, "relaxer_of_process", lambda _: out_of_memory)
    assert told(relax_chunk(chunk(smiles("CCO", "N", "C", "O", "CO")))) == [
        "",
        "RuntimeError: Invariant Violation",
        "MemoryError: of the device",
        "KeyError: 'no report'",
        "",
    ]


def test_that_a_device_that_has_failed_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Broken(AcceleratorError("illegal memory access"))
    monkeypatch.setattr(library, "relaxer_of_process", lambda _: broken)
    with pytest.raises(ExpectedError, match=r"illegal memory access.*--resume"):
        relax_chunk(chunk(smiles("CCO", "C")))


def test_that_figures_of_an_earlier_run_give_way() -> None:
    ion = structure_from_smiles("[NH4+]", name="ion")
    old = {"IC50": 3, "stop_reason": "old", "t": 7, "xtb_energy": -1.0, "total_charge": 9}
    text = sdf_record(ion, old).removesuffix("$$$$\n")
    record = replace(smiles("x")[0], kind=RecordKind.SDF, text=text)
    (outcome,) = relax_chunk(chunk((record,)))
    assert isinstance(outcome, Relaxed)
    found = outcome.sdf.split("M  END")[1]
    assert found.count("<IC50>") == found.count("<stop_reason>") == 1
    assert "old" not in found
    for name in ("t", "xtb_energy", "total_charge"):  # not known of this run
        assert f"<{name}>" not in found
