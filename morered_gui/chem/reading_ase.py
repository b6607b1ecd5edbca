"""Everything that ASE reads, and the way from ASE's atoms to structures."""

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.perception import COVALENT_RADII, with_perceived_bonds
from morered_gui.core.structure import Structure

if TYPE_CHECKING:
    from ase import Atoms

# These run code or ask a server when they are opened: never from a file of unknown origin.
REFUSED = frozenset({"bundletrajectory", "mysql", "postgresql", "gpw", "py"})
NONE = "none"  # an empty info field would swallow the next one
BONDED_FACTOR = 1.3  # times the sum of covalent radii, as in chem.validity
KNOWN = "xyz, extxyz, mol, sdf, mol2, pdb, smi, and what ASE reads (cif, traj, gen, ...)"


def ase_structures(path: Path) -> Iterator[Callable[[], Structure]]:
    """The images of a file in ASE's formats; raises MoleculeError where it has none of them."""
    from ase.io import iread  # a second, which a first window has no use for

    kind = _format(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about details of crystals that don't matter here
            for atoms in iread(path, index=":", format=kind):
                yield partial(structure_from_atoms, atoms)
    except MoleculeError:
        raise
    except Exception as error:  # some eighty foreign parsers: nobody has listed their errors
        reason = str(error).strip().splitlines()
        raise MoleculeError(
            f"{path.name} can't be read as {kind}: {reason[0] if reason else type(error).__name__}"
        ) from error


def structure_from_atoms(atoms: "Atoms", name: str | None = None) -> Structure:
    """Bonds from the info "bonds" where this program wrote it, else perceived.

    The charge is the info "charge" (or "total_charge"), else the sum of ASE's initial charges
    if that is a whole number, else 0.

    Raises MoleculeError for crystals (bonds that leave the cell), no atoms, NaN, and the like.
    """
    if len(atoms) == 0:
        raise MoleculeError("the file has a molecule with 0 atoms")
    if not np.all(np.isfinite(atoms.positions)):
        raise MoleculeError("the coordinates contain NaN or infinite values")
    _refuse_crystals(atoms)
    try:
        bare = Structure(
            atoms.numbers,
            atoms.positions,
            charge=_charge(atoms),
            name=_name(atoms.info) if name is None else name,
        )
        return _with_own_bonds(bare, atoms) or with_perceived_bonds(bare)
    except MoleculeError:
        raise
    except OverflowError as error:
        raise MoleculeError(
            "a number in the bonds or formal charges is beyond all bounds; correct it"
        ) from error
    except (ValueError, TypeError, IndexError) as error:
        raise MoleculeError(f"the molecule is not consistent: {error}") from error


def encoded_bonds(structure: Structure) -> dict[str, str]:
    """Bonds with orders, and charged atoms, as info fields: ``0-1-1 1-2-1.5`` and ``2:-1``."""
    pairs = zip(structure.bonds.tolist(), structure.orders.tolist(), strict=True)
    bonds = " ".join(f"{i}-{j}-{order:g}" for (i, j), order in pairs)
    charges = enumerate(np.asarray(structure.formal_charges).tolist())
    charged = " ".join(f"{k}:{charge}" for k, charge in charges if charge)
    return {"bonds": bonds or NONE} | ({"formal_charges": charged} if charged else {})


def _with_own_bonds(bare: Structure, atoms: "Atoms") -> Structure | None:
    text, charged = atoms.info.get("bonds"), str(atoms.info.get("formal_charges", ""))
    if not isinstance(text, str):
        return None
    rows = [word.split("-") for word in text.split() if word != NONE]
    charges = np.zeros(len(bare), dtype=np.int64)
    for word in charged.split():
        atom, _, charge = word.partition(":")
        charges[int(atom)] = int(charge)
        if int(atom) < 0:
            raise ValueError("a formal charge names an atom that does not exist")
    return Structure(
        bare.numbers,
        bare.positions,
        np.array([[int(i), int(j)] for i, j, _ in rows], dtype=np.int64),
        np.array([float(order) for _, _, order in rows]),
        formal_charges=charges,
        charge=bare.charge,
        name=bare.name,
    )


def _charge(atoms: "Atoms") -> int:
    given = atoms.info.get("charge", atoms.info.get("total_charge"))
    if given is None:
        return summed_charge(atoms.arrays.get("initial_charges", 0.0))
    if not float(given).is_integer():  # NaN and infinity are not
        raise MoleculeError(f"the charge {given} of the file is not a whole number")
    return int(float(given))


def summed_charge(partial_charges: ArrayLike) -> int:
    """Of the molecule; 0 where the sum is not whole: those are partial charges of a force field."""
    total = float(np.asarray(partial_charges).sum())
    return int(total) if total.is_integer() else 0


def _name(info: dict[str, Any]) -> str:
    return str(info.get("name", info.get("title", ""))).strip()


def _refuse_crystals(atoms: "Atoms") -> None:
    """A box around a whole molecule is no crystal; a bond through its wall is one."""
    if not atoms.pbc.any():
        return
    from ase.neighborlist import neighbor_list

    shifts = neighbor_list(  # type: ignore[no-untyped-call]
        "S", atoms, BONDED_FACTOR * COVALENT_RADII[atoms.numbers]
    )
    if np.any(shifts):
        raise MoleculeError(
            "the file describes a periodic crystal or a molecule that its cell cuts; "
            "export one whole molecule from it as xyz or sdf"
        )


def _format(path: Path) -> str:
    from ase.io.formats import filetype, ioformats

    try:
        kind = str(filetype(str(path)))
    except Exception as error:  # it looks into compressed files too, and these fail in many ways
        raise MoleculeError(f"the format of {path.name} is not known ({error})") from error
    known = kind in ioformats and ioformats[kind].can_read
    if not known or kind in REFUSED:
        raise MoleculeError(f"the format of {path.name} is not known; this program reads {KNOWN}")
    return kind
