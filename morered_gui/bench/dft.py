"""B3LYP/6-31G(2df,p) energies as those of QM9, by PySCF.

QM9 was computed with Gaussian 09, and three things have to be as there (checked against U0 - ZPVE,
docs/claims.md):

* the local correlation in B3LYP is VWN's formula III (``b3lypg``);
* the two d exponents are the double and the half of those of 6-31G* (0.8), from Frisch, Pople and
  Binkley 1984, doi 10.1063/1.447079. The tables of many programs have those of 6-311G there;
* d functions are Cartesian (6), f functions pure (7), which PySCF does not offer together.

The Coulomb and exchange integrals are fitted (``def2-universal-jkfit``).
"""

import hashlib
import json
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import units

from morered_gui.core import ExpectedError, Structure
from morered_gui.core.elements import symbol
from morered_gui.core.files import replacing
from morered_gui.relaxers.lapack import lend_lapack

if TYPE_CHECKING:
    from morered_gui.core.arrays import FloatArray

LEVEL_OF_THEORY = "B3LYP/6-31G(2df,p)"
# Part of each key in the cache: raised when energies are computed in another way.
VERSION = 2
DIGITS = 5  # of positions in Å, for the cache: 1e-5 Å is less than 1e-6 kcal/mol near a minimum
D_EXPONENTS = (1.6, 0.4)
F_EXPONENT = {6: 0.8, 7: 1.0, 8: 1.4, 9: 1.85}
P_EXPONENT_H = 1.1
CONVERGENCE = 1e-5  # Hartree from cycle to cycle: 0.001 kcal/mol in the end
# PySCF's levels: (50, 194) and (75, 302) points at a carbon atom, before pruning.
COARSE_GRID, FINE_GRID = 1, 3
LEAST_OCCUPATION = 1e-9  # of natural orbitals of the first guess
FITTING_BASIS = "def2-universal-jkfit"
ELEMENTS = frozenset({1, *F_EXPONENT})


class DftError(ExpectedError):
    """There is no energy for a structure; the message says why."""


def require_pyscf() -> None:
    """Raise ExpectedError where PySCF is not installed."""
    if find_spec("pyscf") is None:
        raise ExpectedError(
            "DFT energies need PySCF, which there is for Linux and macOS: "
            "pip install 'morered-gui[dft]'"
        )


def energy(structure: Structure, *, fitted: bool = True) -> float:
    """The energy of a closed shell in eV, on one thread.

    ``fitted=False`` computes all integrals, which takes longer.

    Raises:
        DftError: it has other elements than H C N O F, or does not converge.
    """
    lend_lapack()  # PySCF's own matrix products take twice the time
    from pyscf import gto, lib

    unknown = sorted(set(structure.numbers.tolist()) - ELEMENTS)
    if unknown:
        names = ", ".join(symbol(z) for z in unknown)
        raise DftError(f"the basis is there for H, C, N, O and F, not for {names}")
    with lib.with_omp_threads(1):
        molecule = gto.M(
            atom=list(zip(structure.symbols, structure.positions.tolist(), strict=True)),
            basis={symbol(z): _basis(z) for z in set(structure.numbers.tolist())},
            charge=structure.charge,
            cart=True,
            verbose=0,
        )
        run = _kohn_sham(molecule, fitted)
        found = _converged(run)
    return found * float(units.Hartree)


def _converged(run: Any) -> float:
    """Hartree; raises DftError.

    The density is found on a coarse grid and its energy then taken on a fine one, which takes
    a third of the time: what the coarse grid does to the density counts by its square.
    """
    run.grids.level = COARSE_GRID
    run.kernel()
    density = run.make_rdm1()
    run.grids = type(run.grids)(run.mol)
    run.grids.level = FINE_GRID
    found = float(run.energy_tot(density))
    if not run.converged or not np.isfinite(found):
        raise DftError(f"{LEVEL_OF_THEORY} did not converge")
    return found


def _basis(number: int) -> list[Any]:
    """6-31G(2df,p) of an element in PySCF's form: [l, [exponent, coefficient], ...]."""
    from pyscf import gto

    valence = list(gto.basis.load("6-31g", symbol(number)))
    if number == 1:
        return [*valence, [1, [P_EXPONENT_H, 1.0]]]
    d_shells = [[2, [exponent, 1.0]] for exponent in D_EXPONENTS]
    return [*valence, *d_shells, [3, [F_EXPONENT[number], 1.0]]]


def _kohn_sham(molecule: Any, fitted: bool) -> Any:
    """Kohn-Sham in the 6D 7F subspace of a Cartesian basis.

    Matrices that SCF sees are those of the subspace; densities are taken to the Cartesian basis to
    compute integrals, and potentials back.
    """
    from pyscf import df, dft, lib

    class SubspaceRKS(dft.rks.RKS):  # type: ignore[misc]
        """PySCF's own, between the two bases."""

        def __init__(self) -> None:
            super().__init__(molecule, xc="b3lypg")
            self.to_cartesian = _subspace(molecule)
            self.conv_tol, self.conv_check = CONVERGENCE, False
            self._before: tuple[Any, Any] = (0, 0)
            if fitted:
                self.fit = df.DF(molecule, auxbasis=FITTING_BASIS)
                self.direct_scf = False

        def get_hcore(self, mol: Any = None) -> Any:
            return self._inside(super().get_hcore(mol))

        def get_ovlp(self, mol: Any = None) -> Any:
            return self._inside(super().get_ovlp(mol))

        def get_init_guess(self, *args: Any, **options: Any) -> Any:
            guess = np.asarray(super().get_init_guess(*args, **options))
            overlap = self.to_cartesian.T @ molecule.intor("int1e_ovlp")
            projection = np.linalg.solve(self.get_ovlp(), overlap)
            return _with_orbitals(projection @ guess @ projection.T, self.get_ovlp())

        def get_veff(self, mol: Any = None, dm: Any = None, *_: Any, **options: Any) -> Any:
            density = _outside(self.make_rdm1() if dm is None else dm, self.to_cartesian)
            potential = super().get_veff(mol, density, *self._before)
            self._before = (density, potential)
            kept = {"ecoul": potential.ecoul, "exc": potential.exc, "vj": None, "vk": None}
            return lib.tag_array(self._inside(np.asarray(potential)), **kept)

        def get_jk(self, mol: Any = None, dm: Any = None, hermi: int = 1, *args: Any,
                   **options: Any) -> Any:  # fmt: skip
            if fitted:
                return self.fit.get_jk(dm, hermi, *args, **options)
            return super().get_jk(mol, dm, hermi, *args, **options)

        def _inside(self, matrix: Any) -> Any:
            return self.to_cartesian.T @ matrix @ self.to_cartesian

    return SubspaceRKS()


def _with_orbitals(density: "FloatArray", overlap: "FloatArray") -> Any:
    """A density [n, n] with its natural orbitals; exchange from these takes a tenth of the time."""
    from pyscf import lib

    values, vectors = np.linalg.eigh(overlap)
    root = (vectors * np.sqrt(values)) @ vectors.T
    occupations, natural = np.linalg.eigh(root @ density @ root)
    kept = occupations > LEAST_OCCUPATION
    orbitals = np.linalg.solve(root, natural[:, kept])
    return lib.tag_array(density, mo_coeff=orbitals, mo_occ=occupations[kept])


def _outside(density: Any, to_cartesian: "FloatArray") -> Any:
    """A density [n, n] and its orbitals in the Cartesian basis."""
    from pyscf import lib

    outside = to_cartesian @ np.asarray(density) @ to_cartesian.T
    orbitals = to_cartesian @ density.mo_coeff
    return lib.tag_array(outside, mo_coeff=orbitals, mo_occ=density.mo_occ)


def _subspace(molecule: Any) -> "FloatArray":
    """[Cartesian functions, those of 6D 7F]."""
    from pyscf.gto.mole import cart2sph
    from scipy.linalg import block_diag

    blocks: list[Any] = []
    for shell in range(molecule.nbas):
        l_ = molecule.bas_angular(shell)
        one = cart2sph(l_) if l_ > 2 else np.eye((l_ + 1) * (l_ + 2) // 2)
        blocks += [one] * molecule.bas_nctr(shell)
    return np.asarray(block_diag(*blocks))


@dataclass(frozen=True)
class DftEnergies:
    """Energies that are kept in a folder, one file for each structure."""

    folder: Path

    def of(self, structure: Structure) -> float:
        """In eV; raises DftError."""
        path = self.folder / f"{self._key(structure)}.json"
        if path.exists():
            return float(json.loads(path.read_text(encoding="utf-8"))["energy"])
        began = time.process_time()
        found = energy(structure)
        note = {
            "energy": found,
            "formula": structure.formula,
            "seconds": round(time.process_time() - began, 1),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part:
            part.write_text(json.dumps(note) + "\n", encoding="utf-8")
        return found

    def above(self, structure: Structure, reference: Structure) -> float | None:
        """Of a structure above another one of the same molecule, kcal/mol; None without one."""
        try:
            difference = self.of(structure) - self.of(reference)
        except DftError:  # the table counts it as missing
            return None
        return difference / float(units.kcal / units.mol)

    def _key(self, structure: Structure) -> str:
        positions = np.round(structure.positions - structure.positions.mean(0), DIGITS)
        said = [VERSION, structure.charge, structure.numbers.tolist(), (positions + 0.0).tolist()]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]
