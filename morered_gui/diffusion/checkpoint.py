"""Models on disk: a folder with config.json, model.safetensors and README.md.

Both files are data. The configuration is read without importing torch.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from platformdirs import user_data_path

from morered_gui.core.bundled import bundled
from morered_gui.core.elements import NUMBERS, symbol
from morered_gui.core.errors import ExpectedError
from morered_gui.core.files import replacing
from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.diffusion.schedule import SCHEDULES, USUAL, NoiseSchedule, named_schedule

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from morered_gui.diffusion.energy import EnergyNetwork
    from morered_gui.diffusion.network import MoreRedNetwork

CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"
FORMAT = 1
# Bounds of what a file may say: arrays have a place for each step, and lists one for each charge.
MAX_STEPS, MAX_CHARGE = 100_000, 100
# What a network can do by itself.
METHODS_OF_KIND: Mapping[NetworkKind, tuple[str, ...]] = {
    NetworkKind.JOINT: ("jt", "fast"),
    NetworkKind.NOISE: ("as", "itp", "ddpm"),
    NetworkKind.TIME: (),
    NetworkKind.ENERGY: ("mlff",),
}


class ModelError(ExpectedError):
    """A model that can't be used; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """What config.json holds.

    Attributes:
        name: the folder's name, as a rule.
        network: its shape.
        schedule: name of the noise schedule.
        n_steps: T.
        methods: relaxation methods that the model serves, the default first.
        time_model: of a noise network: the model whose time network goes with it, by its name
            (beside it, or one that comes with the program) or by its folder.
        level_of_theory: of the structures that it was trained on.
        elements: atomic numbers that it was trained on (symbols in the file).
        charges: molecular charges that it was trained on, e; empty for no limit. A network
            that has seen ions needs no other input: the structure tells the charge.
        max_atoms: largest molecule of the training data; larger ones get a warning.
        summary: one line for people.
        training: record of the training: data, steps, hours, validation figures.
    """

    name: str
    network: NetworkConfig
    schedule: str = "polynomial"
    n_steps: int = 1000
    methods: tuple[str, ...] = ("jt",)
    time_model: str = ""
    level_of_theory: str = "unknown"
    elements: tuple[int, ...] = ()
    charges: tuple[int, ...] = (0,)
    max_atoms: int | None = None
    summary: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)

    def noise_schedule(self) -> NoiseSchedule:
        """The schedule that the networks were trained with."""
        return named_schedule(self.schedule, self.n_steps)

    def to_json(self) -> str:
        """The text of config.json."""
        table = {"format": FORMAT, **asdict(self)}
        table["elements"] = [symbol(z) for z in self.elements]
        return json.dumps(table, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read config.json; raises ValueError, KeyError or TypeError where it is not one."""
        table = json.loads(text)
        json.dumps(table, ensure_ascii=False).encode()  # refuse half a character: nothing prints it
        if table.pop("format", None) != FORMAT:
            raise ValueError("its format is not known to this version of the program")
        table["network"] = NetworkConfig(**table["network"])
        for name in ("elements", "methods", "charges"):
            if not isinstance(table[name], list):
                raise TypeError(f"'{name}' has to be a list")
            table[name] = tuple(table[name])
        table["elements"] = tuple(NUMBERS[s] for s in table["elements"])
        config = cls(**table)
        config.check()
        return config

    def check(self) -> None:
        """Raise ValueError or TypeError for what can't be meant; the file may be anybody's."""
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if not isinstance(value, kind) or isinstance(value, bool):
                raise TypeError(f"'{name}' has a value of the wrong kind")
        if not all(isinstance(method, str) for method in self.methods):
            raise TypeError("'methods' has to hold names")
        if not all(type(c) is int and abs(c) <= MAX_CHARGE for c in self.charges):
            raise ValueError(f"'charges' has to hold whole numbers up to {MAX_CHARGE}")
        if max(self.elements, default=0) > self.network.max_atomic_number:
            raise ValueError("'elements' has one that the network has no place for")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"unknown noise schedule '{self.schedule}'")
        if not 2 <= self.n_steps <= MAX_STEPS:
            raise ValueError(f"'n_steps' has to be from 2 to {MAX_STEPS}")
        if self.network.elastic and (self.schedule, self.n_steps) != USUAL:
            raise ValueError(
                f"an elastic network has the schedule '{USUAL[0]}' of {USUAL[1]} steps"
            )
        if self.max_atoms is not None and self.max_atoms < 1:
            raise ValueError("'max_atoms' has to be at least 1")


_KINDS: Mapping[str, Any] = {
    "name": str,
    "n_steps": int,
    "time_model": str,
    "level_of_theory": str,
    "max_atoms": int | None,
    "summary": str,
    "training": dict,
}


@dataclass(frozen=True)
class ModelFolder:
    """A model on disk, its weights not yet read."""

    path: Path
    config: ModelConfig

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a folder's configuration; raises ModelError."""
        if not path.is_dir():
            raise ModelError(f"there is no model folder at {path}; see 'morered models list'")
        try:
            config = ModelConfig.from_json((path / CONFIG_FILE).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ModelError(f"{path} is not a model: it has no {CONFIG_FILE}") from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ModelError(f"{path / CONFIG_FILE} can't be read: {error}") from error
        if not (path / WEIGHTS_FILE).is_file():
            raise ModelError(f"{path} is not a model: it has no {WEIGHTS_FILE}")
        return cls(path, config)

    def weights_hash(self) -> str:
        """SHA-256 of the weights file."""
        return hashlib.sha256((self.path / WEIGHTS_FILE).read_bytes()).hexdigest()

    def load_network(self) -> "MoreRedNetwork":
        """Build a network of MoreRed with its weights; raises ModelError."""
        from morered_gui.diffusion.network import MoreRedNetwork

        if self.config.network.kind == NetworkKind.ENERGY:
            raise ModelError(f"the model '{self.config.name}' is a force field: it knows no noise")
        return self._with_weights(MoreRedNetwork)

    def load_energy_network(self) -> "EnergyNetwork":
        """Build a force field with its weights; raises ModelError."""
        from morered_gui.diffusion.energy import EnergyNetwork

        if self.config.network.kind != NetworkKind.ENERGY:
            raise ModelError(f"the model '{self.config.name}' is no force field")
        return self._with_weights(EnergyNetwork)

    def _with_weights[N: "Module"](self, build: Callable[[NetworkConfig], N]) -> N:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            weights = load_file(self.path / WEIGHTS_FILE)
        except (SafetensorError, OSError) as error:
            raise ModelError(f"{self.path / WEIGHTS_FILE} can't be read: {error}") from error
        try:
            network = build(self.config.network)
            network.load_state_dict(weights)
        except (RuntimeError, ValueError, MemoryError) as error:
            raise ModelError(
                f"the weights in {self.path} do not fit its {CONFIG_FILE}: {error}"
            ) from error
        return network.eval().requires_grad_(False)


def save_model(path: Path, config: ModelConfig, weights: "Mapping[str, Tensor]") -> None:
    """Write a model folder; each file in one piece."""
    from safetensors.torch import save_file

    path.mkdir(parents=True, exist_ok=True)
    with replacing(path / WEIGHTS_FILE) as part:
        save_file({name: t.detach().cpu().contiguous() for name, t in weights.items()}, part)
    with replacing(path / CONFIG_FILE) as part:
        part.write_text(config.to_json(), encoding="utf-8")


# --- where models lie -----------------------------------------------------------------------------

# Instead of the user's data folder: for several collections of models, and for tests.
FOLDER_VARIABLE = "MORERED_MODELS"


@dataclass(frozen=True)
class BrokenModel:
    """A folder among the models that can't be used, and why."""

    path: Path
    reason: str


def user_models_folder() -> Path:
    """Where imported models go; need not exist. ``MORERED_MODELS`` names another place."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        # A Path raises RuntimeError for a user that does not exist; this leaves the name alone.
        return Path(os.path.expanduser(named))  # noqa: PTH111
    return user_data_path("morered-gui", appauthor=False) / "models"


def new_user_model(name: str) -> Path:
    """The folder for a model that is to be imported; raises ModelError where it can't be.

    A name is a folder's name on every system: letters, figures, dot, dash, underscore.
    """
    if name != name_from(name):
        raise ModelError(
            f"'{name}' is no name for a model; use letters, figures, dashes and underscores"
        )
    if (bundled("models") / name).is_dir():
        raise ModelError(f"a model '{name}' comes with the program; choose another name")
    path = user_models_folder() / name
    if path.exists():
        raise ModelError(f"there is already a model '{name}'; choose another name, or remove it")
    return path


def name_from(text: str) -> str:
    """A model's name out of any text, such as a file's name."""
    return re.sub(r"[^\w.-]+", "-", text, flags=re.ASCII).strip("-.")[:60].rstrip("-.") or "model"


def remove_user_model(path: Path) -> None:
    """Delete a folder of the user's own models; raises ModelError where it is none, OSError."""
    if path.parent != user_models_folder() or not path.is_dir():
        raise ModelError(f"{path} is none of your own models")
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path)


def find_model(name_or_path: str | Path) -> ModelFolder:
    """A model of the program or of the user, by its name, or any model folder, by its path.

    Raises ModelError where there is none, naming those that there are.
    """
    path = Path(name_or_path)
    if path.name != str(name_or_path):
        return ModelFolder.open(path)
    for folder in (bundled("models"), user_models_folder()):
        if (folder / path / CONFIG_FILE).is_file():
            return _open_named(folder / path)
    if path.is_dir():
        return ModelFolder.open(path)
    known = ", ".join(m.path.name for m in [*shipped_models(), *user_models()]) or "none"
    raise ModelError(f"there is no model '{name_or_path}'; there are: {known}")


def shipped_models() -> list[ModelFolder]:
    """The models that come with the program, by name; raises ModelError where one is broken."""
    folders = sorted(p.parent for p in bundled("models").glob(f"*/{CONFIG_FILE}"))
    return [ModelFolder.open(p) for p in folders]


def user_models() -> list[ModelFolder]:
    """The user's own models that can be used, by name."""
    return [m for m in _user_folders() if isinstance(m, ModelFolder)]


def broken_user_models() -> list[BrokenModel]:
    """The other folders in the user's model folder: one of them never spoils the rest."""
    return [m for m in _user_folders() if isinstance(m, BrokenModel)]


def _user_folders() -> list[ModelFolder | BrokenModel]:
    try:
        found = sorted(user_models_folder().iterdir())
        folders = [p for p in found if p.is_dir() and not p.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = f"it can't be read: {error.strerror or error}"
        return [BrokenModel(user_models_folder(), reason)]
    return [_opened(p) for p in folders]


def _opened(path: Path) -> ModelFolder | BrokenModel:
    if (bundled("models") / path.name).is_dir():
        reason = "a model of this name comes with the program; give the folder another name"
        return BrokenModel(path, reason)
    try:
        return _open_named(path)
    except ModelError as error:
        return BrokenModel(path, str(error))


def _open_named(path: Path) -> ModelFolder:
    """A model goes by the name of its folder, also where somebody has renamed that."""
    folder = ModelFolder.open(path)
    return replace(folder, config=replace(folder.config, name=path.name))
