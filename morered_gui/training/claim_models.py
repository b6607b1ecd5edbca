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
# MMFF94 minima, from the geometries of either level.
PARTNERS = {DFT: "data/partners-dft", GFN2: "data/partners-gfn2"}
RETRAINED = "qm9-fast"  # the one that both networks of ``level`` begin as


def claim_configs(steps: int = STEPS) -> list[TrainingConfig]:
    """In the order in which they are trained.

    Those of the two levels of theory come first, and then the smallest sets.
    """
    sized = [build(n, steps) for n in SIZES for build in (_jt, _mlff)]
    return [*(_retrained(data, steps) for data in PARTNERS), *sized]


def jt_names() -> list[str]:
    """The MoreRed networks of the learning curve."""
    return [_jt(n, STEPS).name for n in SIZES]


def mlff_names() -> list[str]:
    """The force fields of the learning curve."""
    return [_mlff(n, STEPS).name for n in SIZES]


def level_names() -> list[str]:
    """The two networks on the same molecules at two levels of theory."""
    return [_retrained(data, STEPS).name for data in PARTNERS]


def _size(n: int | None) -> str:
    return "all" if n is None else str(n)


def _retrained(data: str, steps: int) -> TrainingConfig:
    """The same network, taught the same molecules at one level of theory or the other.

    One for few steps: the sampler of MoreRed-JT puts in noise as large as the levels differ.
    """
    return TrainingConfig(
        name="fast-dft" if data == DFT else "fast-gfn2",
        data=data,
        same_molecules_as=GFN2 if data == DFT else None,
        partners=PARTNERS[data],
        start_from=RETRAINED,
        max_steps=steps,
        batch_size=16,
        learning_rate=3e-4,
        n_sizes=2,
        summary=f"{RETRAINED} trained further, for the claims of the paper",
    )


def _jt(n: int | None, steps: int) -> TrainingConfig:
    return TrainingConfig(
        name=f"jt-gfn2-{_size(n)}",
        data=GFN2,
        n_training=n,
        max_steps=steps,
        n_sizes=2,
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
        n_sizes=2,
        gradient_clip=10.0,
        n_validation=1_000,
        summary=f"force field on {_size(n)} labelled structures, for the claims of the paper",
    )
