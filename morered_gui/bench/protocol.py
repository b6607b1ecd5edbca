"""What a benchmark is made of: methods, starts, molecules, seeds; and its parts, the units."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Any, Self

from morered_gui.bench.dft import require_pyscf
from morered_gui.bench.starts import STARTS, find_start
from morered_gui.bench.xtb import require_tblite
from morered_gui.core import ExpectedError
from morered_gui.diffusion.checkpoint import find_model
from morered_gui.relaxers.methods import describe, find_method
from morered_gui.relaxers.registry import RelaxerChoice
from morered_gui.training.dataset import Split

# Molecules of a unit: little is lost when a run is killed.
CHUNK = 10
# The method whose moves do not depend on how many are allowed, so that they make a curve.
FEW_STEPS = "fast"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A method with a model, as in ``fast@qm9-fast``; no model means the method's own."""

    method: str
    model: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``method`` or ``method@model``; raises ExpectedError for unknown ones."""
        name, _, model = text.partition("@")
        method = find_method(name)
        if method.starts_at_given_time:
            raise ExpectedError("plain diffusion (ddpm) is told its time step: it does not relax")
        if model and method.kind is None:
            raise ExpectedError(f"the method '{name}' takes no model, but '{model}' is named")
        return cls(method=name, model=model)

    def __str__(self) -> str:
        return f"{self.method}@{self.model}" if self.model else self.method

    @property
    def seeded(self) -> bool:
        """Whether it draws random numbers."""
        return find_method(self.method).draws

    def choice(self, device: str) -> RelaxerChoice:
        """What the registry builds it from."""
        model = self.model or find_method(self.method).model
        return RelaxerChoice(method=self.method, model=model, device=device)


def parse_entries(methods: Sequence[str], models: Sequence[str]) -> tuple[Entry, ...]:
    """Methods as people name them; those without ``@`` get each of the models that serves them.

    Raises ExpectedError for unknown names, and for a model that serves none of the methods.
    """
    served = {model: describe(find_model(model)).methods for model in models}
    used: set[str] = set()
    entries: list[Entry] = []
    for text in methods:
        entry = Entry.parse(text)
        fitting = [m for m in models if entry.method in served[m] and not entry.model]
        used.update(fitting)
        entries += [replace(entry, model=m) for m in fitting] or [entry]
    for model in models:
        if model not in used:
            raise ExpectedError(
                f"the model '{model}' serves {', '.join(served[model])}, none of the methods here"
            )
    return tuple(entries)


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A benchmark; see docs/benchmark.md.

    Attributes:
        data: a training file.
        entries: methods with their models.
        starts: names of starts.
        seeds: of the starts' and the methods' random numbers.
        molecules: how many of the split.
        split: of the data set; settings are chosen on the validation part.
        max_steps: most steps of a run.
        batch_size: molecules relaxed at once; wall times are measured where it is 1.
        energies: whether results get GFN2-xTB energies.
        dft: whether results get DFT energies; minutes for each.
        evaluations: numbers of network evaluations of the few-step method's curve.
        device: auto, cpu, cuda or mps.

    Raises ExpectedError where something is missing, unknown or can't be done.
    """

    data: Path
    entries: tuple[Entry, ...]
    starts: tuple[str, ...] = tuple(STARTS)
    seeds: tuple[int, ...] = (0,)
    molecules: int = 300
    split: Split = Split.TEST
    max_steps: int = 1000
    batch_size: int = 1
    energies: bool = False
    dft: bool = False
    evaluations: tuple[int, ...] = ()
    device: str = "auto"

    def __post_init__(self) -> None:
        for name in ("entries", "starts", "seeds"):
            values = getattr(self, name)
            if not values or len(set(values)) < len(values):
                raise ExpectedError(f"the {name} of a benchmark are at least one, each named once")
        if min(self.molecules, self.max_steps, self.batch_size) < 1 or min(self.seeds) < 0:
            raise ExpectedError("molecules, steps and batch size are at least 1, seeds at least 0")
        if any(n < 0 for n in self.evaluations):
            raise ExpectedError("numbers of evaluations are not negative")
        for start in map(find_start, self.starts):
            if start.xtb:
                require_tblite(f"the start '{start.name}'")
        if self.energies:
            require_tblite("GFN2-xTB energies (--energies)")
        if self.dft:
            require_pyscf()

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        table = asdict(self)
        table |= {"data": str(self.data), "split": self.split.name.lower()}
        table["entries"] = [str(entry) for entry in self.entries]
        if not self.dft:
            del table["dft"]  # folders from before there was such a thing go on
        return {key: list(v) if isinstance(v, tuple) else v for key, v in table.items()}


class UnitKind(StrEnum):
    """What a unit does."""

    START = "start"  # makes starts for the cache
    RUN = "run"  # relaxes and scores
    CURVE = "curve"  # follows the few-step method beyond its stop


@dataclass(frozen=True, kw_only=True)
class Unit:
    """The smallest part that is run at once: some molecules, one start, one seed, one entry."""

    kind: UnitKind
    start: str
    seed: int
    first: int
    entry: Entry | None = None

    @property
    def key(self) -> str:
        """Its name in the file of results."""
        return f"{self.kind}/{self.entry or ''}/{self.start}/{self.seed}/{self.first}"


def chunk_size(protocol: Protocol) -> int:
    """Molecules per unit: whole batches, at least ``CHUNK`` molecules, or one with DFT."""
    least = 1 if protocol.dft else CHUNK
    return -(-least // protocol.batch_size) * protocol.batch_size


def start_units(protocol: Protocol) -> Iterator[Unit]:
    """The units that make the starts; GFN2-xTB energies need that minimum of each molecule."""
    needed = dict.fromkeys([*protocol.starts, *(["gfn2-xtb"] if protocol.energies else [])])
    for first, name in product(_firsts(protocol), needed):
        for seed in protocol.seeds if find_start(name).seeded else protocol.seeds[:1]:
            yield Unit(kind=UnitKind.START, start=name, seed=seed, first=first)


def result_units(protocol: Protocol) -> Iterator[Unit]:
    """The units that give results.

    Methods follow each other on the same molecules, so that a change of the machine's load
    meets all of them. Where neither start nor method draws random numbers, one seed does.
    """
    for first, start, entry in product(_firsts(protocol), protocol.starts, protocol.entries):
        drawn = find_start(start).seeded
        for seed in protocol.seeds if drawn or entry.seeded else protocol.seeds[:1]:
            yield Unit(kind=UnitKind.RUN, start=start, seed=seed, first=first, entry=entry)
        if not (protocol.evaluations and entry.method == FEW_STEPS):
            continue
        for seed in protocol.seeds if drawn else protocol.seeds[:1]:
            yield Unit(kind=UnitKind.CURVE, start=start, seed=seed, first=first, entry=entry)


def _firsts(protocol: Protocol) -> range:
    return range(0, protocol.molecules, chunk_size(protocol))
