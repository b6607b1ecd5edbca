"""The molecules that come with the program."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rdkit import Chem
from rdkit.Chem import Mol

from morered_gui.chem.errors import MoleculeError, rdkit_messages
from morered_gui.chem.reading import read_structures
from morered_gui.core.bundled import bundled
from morered_gui.core.structure import Structure

INDEX = "index.json"


@dataclass(frozen=True)
class Example:
    """A molecule to open at once.

    Attributes:
        id: short and stable, as the command line takes it.
        title: the molecule's name.
        topic: what it is an example of; several share one.
        description: what the start is and what there is to see.
        smiles: canonical.
        start: the file with the structure to relax.
        reference: the file with the reference geometry, or None.
        source: where the reference comes from; empty without one.
    """

    id: str
    title: str
    topic: str
    description: str
    smiles: str
    start: Path
    reference: Path | None
    source: str


def list_examples() -> list[Example]:
    """All examples in the order of the index; raises MoleculeError where they are missing."""
    try:
        folder = bundled("resources") / "examples"
        rows = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MoleculeError(f"the examples are missing: {error}") from error
    return [_example(folder, row) for row in rows]


def load_example(example_id: str) -> tuple[Structure, Structure | None]:
    """Start and reference of an example, atoms in the same order.

    Raises MoleculeError for an unknown id, and names those that there are.
    """
    examples = {example.id: example for example in list_examples()}
    example = examples.get(example_id)
    if example is None:
        raise MoleculeError(f"no example '{example_id}'; there are {', '.join(examples)}")
    (start,) = read_structures(example.start)
    if example.reference is None:
        return start, None
    return start, read_structures(example.reference)[0]


def search_examples(examples: Sequence[Example], text: str) -> list[Example]:
    """Those with the text in their name, topic or description, or in their structure.

    A SMILES of two heavy atoms or more is looked for as a part of the molecule. An empty text finds
    all; the order stays.
    """
    words = text.strip().casefold()
    named = {e.id for e in examples if words in f"{e.title} {e.topic} {e.description}".casefold()}
    part = _part_of(text.strip())
    return [e for e in examples if e.id in named or (part is not None and _has(e.smiles, part))]


def _part_of(smiles: str) -> Mol | None:
    with rdkit_messages():
        mol: Mol | None = Chem.MolFromSmiles(smiles) if smiles else None
    return mol if mol is not None and mol.GetNumHeavyAtoms() > 1 else None


def _has(smiles: str, part: Mol) -> bool:
    return bool(_mol(smiles).HasSubstructMatch(part))


@cache
def _mol(smiles: str) -> Mol:
    return Chem.MolFromSmiles(smiles)


def _example(folder: Path, row: dict[str, str | None]) -> Example:
    text = {key: value or "" for key, value in row.items()}
    reference = text["reference"]
    return Example(
        id=text["id"],
        title=text["title"],
        topic=text["topic"],
        description=text["description"],
        smiles=text["smiles"],
        start=folder / text["start"],
        reference=folder / reference if reference else None,
        source=text["source"],
    )
