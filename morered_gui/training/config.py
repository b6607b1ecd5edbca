"""What a training run is made of, read from a TOML file."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any, Literal, Self, get_args

from morered_gui.core import ExpectedError
from morered_gui.diffusion.config import NetworkConfig, NetworkKind

Precision = Literal["float32", "bfloat16"]
PRECISIONS = get_args(Precision)
# What a training may be given anew when it goes on: its budget, the machine's part, and words.
CHANGEABLE = frozenset(
    {
        "max_steps",
        "hours",
        "validate_minutes",
        "n_validation",
        "compile",
        "precision",
        "threads",
        "device",
        "summary",
        "time_model",
    }
)


# The settings that are numbers: whole ones from the least that can be meant, others from and to.
WHOLE: Mapping[str, int] = {
    "max_steps": 0,  # writes the model that it starts from
    "batch_size": 1,
    "warmup_steps": 0,
    "early_steps": 1,
    "n_sizes": 1,
    "n_validation": 1,
    "threads": 1,
    "seed": 0,
    "n_training": 1,
    "newest": 0,
    "newest_times": 1,
}
REAL: Mapping[str, tuple[float, float]] = {
    "hours": (0.0, inf),
    "learning_rate": (0.0, inf),
    "final_rate": (0.0, 1.0),
    "weight_decay": (0.0, inf),
    "gradient_clip": (0.0, inf),
    "ema_decay": (0.0, 1.0),
    "time_weight": (0.0, 1.0),
    "early_fraction": (0.0, 1.0),
    "size_power": (-10.0, 10.0),
    "explosion": (0.0, inf),
    "validate_minutes": (0.0, inf),
    "energy_weight": (0.0, 1.0),
    "robust": (0.0, inf),
}


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """A training run.

    The learning rate rises over ``warmup_steps`` and falls as a cosine to
    ``final_rate`` of its peak at ``max_steps`` or after ``hours``, whichever comes first.

    Attributes:
        name: the model's name; its folder under ``models``.
        data: path of the training file.
        network: shape of the network.
        hours: time budget of the whole run, resumed parts included; None for no bound.
        time_weight: weight of the time loss; the noise loss has the rest (0.1 in the paper).
        early_fraction: share of the time steps drawn below ``early_steps``; the rest is
            uniform over all (0 in the paper).
        n_sizes: number of padded sizes; each is compiled once.
        size_power: structures of N atoms are trained on in proportion to N to this power.
        explosion: a batch with a larger loss is skipped (where atoms overlap, PaiNN's
            vector channel can grow without bound).
        start_from: name or folder of a model to begin with; one of fewer interactions will do.
        partners: folder of MMFF94 minima; with it the network is trained for relaxation in
            a few evaluations (``DisplacementRecipe``), without it as the paper has it.
        shapes: folder of further shapes off the equilibria (``Shapes``), beside the minima.
        robust: with ``partners``: relative error of a molecule beyond which the loss grows in
            proportion to it (``DisplacementRecipe``); 0 for the squared error.
        summary: the model's description in one line.
        time_model: of a noise network: the model whose time network goes with it.
        energy_weight: of a force field: weight of the energy's loss; that of the forces has the
            rest.
        n_training: train on so many structures only: a seeded choice of molecules, or the first
            of the labels; fewer are part of more. None for all.
        same_molecules_as: train only on molecules that this training file has, too.
        newest: the last so many structures of the file are trained on ``newest_times`` as often
            as the others; what was added to it catches up.
        newest_times: see there.
        precision: of the network's linear layers while it is trained; "bfloat16" takes two thirds
            of the time on processors that have it (AVX512-BF16, AMX, GPUs). Weights, validation
            and the model have single precision in either case.
        threads: CPU threads; one process per core with one thread each shares best.
    """

    name: str
    data: str
    network: NetworkConfig = field(default_factory=NetworkConfig)
    max_steps: int = 100_000
    hours: float | None = None
    batch_size: int = 64
    learning_rate: float = 1e-3
    final_rate: float = 0.01
    warmup_steps: int = 200
    weight_decay: float = 0.01
    gradient_clip: float = 0.5
    ema_decay: float = 0.999
    time_weight: float = 0.1
    early_fraction: float = 0.5
    early_steps: int = 250
    n_sizes: int = 5
    size_power: float = 0.0
    explosion: float = 20.0
    validate_minutes: float = 10.0
    n_validation: int = 320
    compile: bool = True
    precision: Precision = "float32"
    threads: int = 1
    device: str = "auto"
    seed: int = 0
    start_from: str | None = None
    partners: str | None = None
    shapes: str | None = None
    robust: float = 0.0
    summary: str = ""
    time_model: str = ""
    energy_weight: float = 0.01
    n_training: int | None = None
    same_molecules_as: str | None = None
    newest: int = 0
    newest_times: int = 1

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a TOML file; raises ExpectedError that names what is wrong."""
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ExpectedError(f"{path} is not a readable TOML file: {error}") from error
        return cls.from_dict(table, source=str(path))

    @classmethod
    def from_dict(cls, table: dict[str, Any], source: str = "the configuration") -> Self:
        """Build from plain data, refusing names that do not exist."""
        table = dict(table)
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(table) - known)
        if unknown:
            raise ExpectedError(f"{source}: unknown {unknown}; known are {sorted(known)}")
        try:
            network = NetworkConfig(**table.pop("network", {}))
            config = cls(network=network, **table)
        except (TypeError, ValueError) as error:
            raise ExpectedError(f"{source}: {error}") from error
        config.check(source)
        return config

    def check(self, source: str) -> None:
        """Raise ExpectedError where a setting is none, or settings do not go together."""
        for each in fields(self):
            value = getattr(self, each.name)
            meant = "" if value is None and each.default is None else _meant(each.name, value)
            if meant:
                raise ExpectedError(f"{source}: '{each.name}' is {meant}, not {value!r}")
        if self.shapes is not None and self.partners is None:
            raise ExpectedError(f"{source}: 'shapes' go with 'partners'; name those as well")
        if self.robust and self.partners is None:
            raise ExpectedError(f"{source}: 'robust' goes with 'partners'; name those as well")
        if self.precision not in PRECISIONS:
            raise ExpectedError(f"{source}: precision is one of {', '.join(PRECISIONS)}")
        if self.precision != "float32" and self.network.kind == NetworkKind.ENERGY:
            raise ExpectedError(f"{source}: a force field is trained with precision = 'float32'")

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the model's record."""
        return asdict(self)

    def lasting(self) -> dict[str, Any]:
        """Those settings, as plain data, that a training keeps when it is started again."""
        return {name: value for name, value in asdict(self).items() if name not in CHANGEABLE}


def _meant(name: str, value: object) -> str:
    """What a setting has to be, in words; empty where the value is that."""
    if name in WHOLE:
        fine, meant = type(value) is int and value >= WHOLE[name], "a whole number"
        meant += f" from {WHOLE[name]}"
    elif name in REAL:
        least, most = REAL[name]
        fine = isinstance(value, int | float) and least <= value <= most  # NaN is not
        meant = f"a number from {least:g}" + ("" if most == inf else f" to {most:g}")
    elif name == "compile":
        fine, meant = isinstance(value, bool), "true or false"
    elif name == "name":
        fine = isinstance(value, str) and value not in ("", "..") and Path(value).name == value
        meant = "the name of a folder"
    else:
        fine, meant = name == "network" or isinstance(value, str), "a text in quotes"
    return "" if fine else meant
