"""A force field of this project's own network as a relaxer."""

from typing import Any

import numpy as np
import torch
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes

from morered_gui.core import Provenance
from morered_gui.diffusion.checkpoint import ModelFolder
from morered_gui.diffusion.devices import choose_device
from morered_gui.diffusion.energy import EnergyNetwork
from morered_gui.diffusion.memory import INFERENCE_BLOCK, keep_memory
from morered_gui.relaxers.calculators import FMAX, CalculatorRelaxer
from morered_gui.relaxers.methods import Method, describe
from morered_gui.relaxers.versions import versions_of


class NetworkCalculator(Calculator):
    """An ASE calculator: energy in eV, forces in eV/Å, for one molecule at a time."""

    implemented_properties = ["energy", "forces"]  # noqa: RUF012 - a list in ASE

    def __init__(self, network: EnergyNetwork, device: torch.device) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.network, self.device = network, device

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Any = ("energy", "forces"),
        system_changes: Any = all_changes,
    ) -> None:
        """See ASE."""
        super().calculate(atoms, properties, system_changes)  # type: ignore[no-untyped-call]
        assert self.atoms is not None
        numbers = np.asarray(self.atoms.numbers, dtype=np.int64)
        x = self.atoms.positions - self.atoms.positions.mean(0)  # for single precision
        with torch.no_grad():
            energy, forces = self.network(
                torch.as_tensor(numbers[None], device=self.device),
                torch.as_tensor(x[None], dtype=torch.float32, device=self.device),
            )
        references = float(self.network.reference_energy(numbers))
        self.results = {
            "energy": float(energy[0]) + references,
            "forces": forces[0].cpu().double().numpy(),  # MPS has no double precision,
        }


def build_mlff(method: Method, folder: ModelFolder, device: str) -> CalculatorRelaxer:
    """L-BFGS on the network's energy surface; raises ModelError where it is none."""
    keep_memory(INFERENCE_BLOCK)
    chosen = choose_device(device)
    network = folder.load_energy_network().to(chosen)
    provenance = Provenance(
        method=method.name,
        model=folder.config.name,
        model_hash=folder.weights_hash(),
        level_of_theory=folder.config.level_of_theory,
        options={"optimiser": "LBFGS", "fmax": FMAX, "device": str(chosen)},
        versions=versions_of("torch", "ase"),
    )
    return CalculatorRelaxer(
        lambda _: NetworkCalculator(network, chosen), describe(folder).capabilities, provenance
    )
