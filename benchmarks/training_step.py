"""Time of a training step here and through SchNetPack, in one run.

python benchmarks/training_step.py [--batch-size 64] [--features 128] [--steps 8]
"""

import argparse
import statistics
import time

from morered_gui.diffusion.memory import TRAINING_BLOCK, keep_memory


def main() -> None:
    """Print seconds per step, median over the steps, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--features", type=int, default=128)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    keep_memory(TRAINING_BLOCK)
    import torch

    from morered_gui.diffusion.config import NetworkConfig
    from morered_gui.diffusion.network import MoreRedNetwork
    from morered_gui.diffusion.schnetpack_backend import SchNetPackNetwork

    torch.set_num_threads(1)
    config = NetworkConfig(n_features=options.features)
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randint(1, 9, (options.batch_size, 18), generator=generator)
    positions = 2.0 * torch.randn(options.batch_size, 18, 3, generator=generator)

    def seconds(network: torch.nn.Module) -> float:
        optimiser = torch.optim.AdamW(network.parameters())
        times = []
        for _ in range(options.steps + 2):
            began = time.perf_counter()
            output = network(numbers, positions)
            (output.noise.square().mean() + output.time.square().mean()).backward()
            optimiser.step()
            optimiser.zero_grad()
            times.append(time.perf_counter() - began)
        return statistics.median(times[2:])

    eager = MoreRedNetwork(config)
    rows = {
        "SchNetPack 2.2": seconds(SchNetPackNetwork(config)),
        "dense, eager": seconds(eager),
        "dense, compiled": seconds(torch.compile(eager, dynamic=False)),
    }
    for name, value in rows.items():
        ratio = rows["SchNetPack 2.2"] / value
        print(f"{name:16s} {value:6.3f} s per step, {ratio:4.1f} times as fast")  # noqa: T201


if __name__ == "__main__":
    main()
