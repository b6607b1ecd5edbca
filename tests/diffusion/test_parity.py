"""The project computes what the reference implementation computes."""

import numpy as np
import pytest
import torch

from morered_gui.core import BatchFrame
from morered_gui.core.arrays import BoolArray, FloatArray, IntArray
from morered_gui.diffusion.clock import EveryStepClock, InitialClock
from morered_gui.diffusion.inference import NetworkOnDevice
from morered_gui.diffusion.network import MoreRedNetwork
from morered_gui.diffusion.predictor import ClockedPredictor, JointPredictor, Predictor
from morered_gui.diffusion.process import DiffusionProcess
from morered_gui.diffusion.sampler import NoiseSource, Sampler
from morered_gui.diffusion.schedule import cosine_schedule, polynomial_schedule
from morered_gui.diffusion.stopping import StopRule
from morered_gui.diffusion.upstream import to_upstream
from tests.diffusion import parity

N_RECORDED_STEPS = 12
CPU = torch.device("cpu")


def on_cpu(network: MoreRedNetwork) -> NetworkOnDevice:
    return NetworkOnDevice.of(network, CPU)


def test_that_the_polynomial_schedule_is_the_recorded_one() -> None:
    schedule, record = polynomial_schedule(), parity.golden()
    for name, ours in (
        ("alphas_bar", schedule.alpha_bar),
        ("betas_bar", schedule.noise_level**2),
        ("alphas", schedule.alpha),
        ("betas", schedule.beta),
        ("sigmas", schedule.sigma),
    ):
        np.testing.assert_allclose(ours, record[f"schedule_{name}"], rtol=0, atol=1e-12)


def test_that_the_cosine_schedule_is_the_recorded_one() -> None:
    np.testing.assert_allclose(
        cosine_schedule().alpha_bar, parity.golden()["cosine_alphas_bar"], rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("t", [0, 10, 100, 500, 999])
def test_that_forward_diffusion_is_the_recorded_one(t: int) -> None:
    record = parity.golden()
    x_t = DiffusionProcess().diffuse(
        record["mol1_positions"][None], np.array([t]), record[f"diffuse_t{t}_eps"][None]
    )
    np.testing.assert_allclose(x_t[0], record[f"diffuse_t{t}_xt"], rtol=0, atol=1e-12)


def assert_single_precision(ours: np.ndarray, recorded: np.ndarray) -> None:
    """Equal to 1e-5 of the largest recorded value.

    The recorded networks are untrained and their noise reaches 14; the reference computed it
    in single precision, and double precision is as far from it as we are.
    """
    scale = max(1.0, float(np.abs(recorded).max()))
    np.testing.assert_allclose(ours, recorded, rtol=0, atol=1e-5 * scale)


def test_that_the_joint_network_gives_the_recorded_output() -> None:
    output = on_cpu(parity.network("jt"))(parity.batch())
    assert output.noise is not None and output.time is not None
    record = parity.golden()
    assert_single_precision(parity.flat(output.noise.numpy()), record["forward_jt_eps"])
    np.testing.assert_allclose(
        parity.flat(output.time.numpy()), record["forward_jt_t"], rtol=0, atol=1e-5
    )


def test_that_the_time_network_gives_the_recorded_output() -> None:
    output = on_cpu(parity.network("time"))(parity.batch())
    assert output.noise is None and output.time is not None
    np.testing.assert_allclose(
        parity.flat(output.time.numpy()), parity.golden()["forward_time_t"], rtol=0, atol=1e-5
    )


def test_that_the_noise_network_gives_the_recorded_output() -> None:
    output = on_cpu(parity.network("ddpm"))(parity.batch(), np.full(3, 0.1001001))
    assert output.noise is not None and output.time is None
    expected = parity.golden()["forward_ddpm_eps_at_t0.1001001"]
    assert_single_precision(parity.flat(output.noise.numpy()), expected)


def recorded_noise(name: str) -> NoiseSource:
    """Plays back the noise that the reference drew."""
    record = parity.golden()[f"{name}_noise"]

    def source(step: int, molecules: IntArray, real: BoolArray) -> FloatArray:
        return parity.dense(record[step])[molecules, : real.shape[1]]

    return source


def predictor(name: str) -> Predictor:
    """One of the three variants on the recorded networks."""
    schedule = polynomial_schedule()
    if name == "jt":
        return JointPredictor(on_cpu(parity.network("jt")), schedule)
    kind = {"as": EveryStepClock, "itp": InitialClock}[name]
    clock = kind(on_cpu(parity.network("time")), schedule)
    return ClockedPredictor(on_cpu(parity.network("ddpm")), clock, schedule)


@pytest.mark.parametrize("name", ["jt", "as", "itp"])
def test_that_the_recorded_steps_are_repeated(name: str) -> None:
    sampler = Sampler(predictor=predictor(name), stop=StopRule(window=0))
    frames = list(
        sampler.run(parity.molecules(), max_steps=N_RECORDED_STEPS, noise=recorded_noise(name))
    )
    assert_recorded(name, frames)


def assert_recorded(name: str, frames: list[BatchFrame]) -> None:
    """Time steps equal, positions within 1e-4 Å before each step and after the last."""
    record = parity.golden()
    positions = np.zeros((N_RECORDED_STEPS + 1, 3, max(parity.N_ATOMS), 3))
    t = np.zeros((N_RECORDED_STEPS + 1, 3), dtype=int)
    for k, frame in frames:
        positions[frame.step, k, : parity.N_ATOMS[k]] = frame.positions
        t[frame.step, k] = frame.t
    assert np.array_equal(t[:-1], record[f"{name}_t"])
    for step in range(N_RECORDED_STEPS):
        np.testing.assert_allclose(
            parity.flat(positions[step]), record[f"{name}_x"][step], rtol=0, atol=1e-4
        )
    np.testing.assert_allclose(
        parity.flat(positions[-1]), record[f"{name}_final"], rtol=0, atol=1e-4
    )


def test_that_schnetpacks_own_modules_give_the_same_output() -> None:
    from morered_gui.diffusion.schnetpack_backend import SchNetPackNetwork

    native = parity.network("jt").double()
    twin = SchNetPackNetwork.from_native(native).double()
    ours = NetworkOnDevice(native, CPU, torch.float64)(parity.batch())
    theirs = NetworkOnDevice(twin, CPU, torch.float64)(parity.batch())
    assert ours.noise is not None and theirs.noise is not None
    assert ours.time is not None and theirs.time is not None
    torch.testing.assert_close(ours.noise, theirs.noise, rtol=0, atol=1e-10)
    torch.testing.assert_close(ours.time, theirs.time, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", ["jt", "ddpm", "time"])
def test_that_weights_move_to_the_reference_and_back(name: str) -> None:
    native = parity.network(name)
    upstream = to_upstream(native.state_dict(), native.config.kind)
    with np.load(parity.FOLDER / f"tiny_upstream_{name}_state.npz") as recorded:
        assert set(upstream) == set(recorded.files)
        assert all(np.array_equal(upstream[k].numpy(), recorded[k]) for k in recorded.files)
