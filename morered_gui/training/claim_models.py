"""The networks that the claims of the paper compare, all trained for the same number of steps."""

from pathlib import Path

from morered_gui.diffusion.config import NetworkConfig, NetworkKind
from morered_gui.training.config import TrainingConfig

FOLDER = Path("runs/claims")
MODELS = FOLDER / "models"
# Quantum-chemical calculations: equilibria of MoreRed, labels of the force field; None for all.
SIZES = (1_000, 5_000, 25_000, None)
STEPS = 6_000
DFT, GFN2, LABELS = "data/qm9.npz", "data/qm9-gfn2.npz", "data/qm9-labels.npz"


def claim_configs(steps: int = STEPS) -> list[TrainingConfig]:
    """In the order in which they are trained.

    The smallest sets come first; of all molecules there are networks of both levels of theory.
    """
    sized = [build(n, steps) for n in SIZES for build in (_jt, _mlff)]
    return [*sized, _jt(None, steps, dft=True)]


def jt_names() -> list[str]:
    """The MoreRed networks of the learning curve."""
    return [_jt(n, STEPS).name for n in SIZES]


def mlff_names() -> list[str]:
    """The force fields of the learning curve."""
    return [_mlff(n, STEPS).name for n in SIZES]


def level_names() -> list[str]:
    """The two networks on the same molecules at two levels of theory."""
    return [_jt(None, STEPS, dft=True).name, _jt(None, STEPS).name]


def _size(n: int | None) -> str:
    return "all" if n is None else str(n)


def _jt(n: int | None, steps: int, *, dft: bool = False) -> TrainingConfig:
    level = "dft" if dft else "gfn2"
    return TrainingConfig(
        name=f"jt-{level}-{_size(n)}",
        data=DFT if dft else GFN2,
        same_molecules_as=GFN2 if dft else None,
        n_training=n,
        max_steps=steps,
        precision="bfloat16",
        summary=f"MoreRed-JT on {_size(n)} equilibria, for the claims of the paper",
    )


def _mlff(n: int | None, steps: int) -> TrainingConfig:
    return TrainingConfig(
        name=f"mlff-{_size(n)}",
        data=LABELS,
        network=NetworkConfig(kind=NetworkKind.ENERGY),
        n_training=n,
        max_steps=steps,
        learning_rate=5e-4,
        gradient_clip=10.0,
        n_validation=1_000,
        summary=f"force field on {_size(n)} labelled structures, for the claims of the paper",
    )
