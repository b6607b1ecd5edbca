"""What has been found bound to proteins: inhibitors, drugs, cofactors, sugars, nucleotides.

From the Chemical Component Dictionary of the Protein Data Bank (Westbrook et al. 2015, doi
10.1093/bioinformatics/btu789; in the public domain), as the package biotite ships it.
"""

import re
import warnings
from collections.abc import Iterator, Set

import numpy as np
from rdkit import Chem

from morered_gui.chem.errors import rdkit_messages
from morered_gui.core import ExpectedError

TERM = re.compile(r"([A-Z][a-z]?)(\d*)")


def ligands(elements: Set[int], sizes: range, rng: np.random.Generator) -> Iterator[Chem.Mol]:
    """Released components of these elements and numbers of heavy atoms, in random order, each once.

    Raises ExpectedError where biotite is missing.
    """
    try:
        from biotite.structure.info import get_ccd
    except ImportError as error:
        raise ExpectedError(
            "the ligands of the Protein Data Bank need biotite: pip install 'morered-gui[train]'"
        ) from error
    table = get_ccd()["chem_comp"]
    rows = zip(
        *(table[name].as_array() for name in ("id", "formula", "pdbx_release_status")), strict=True
    )
    wanted = [
        str(name)
        for name, formula, status in rows
        if status == "REL" and _fits(str(formula), elements, sizes)
    ]
    for k in rng.permutation(len(wanted)):
        mol = component(wanted[k])
        if mol is not None:
            yield mol


def component(name: str) -> Chem.Mol | None:
    """A component by its name, hydrogens implicit; None where RDKit takes it for no molecule."""
    from biotite.interface.rdkit import to_mol
    from biotite.structure import BadStructureError
    from biotite.structure.info import residue

    with rdkit_messages(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # missing coordinates; bonds are all that counts here
        try:
            mol = to_mol(residue(name, allow_missing_coord=True), explicit_hydrogen=True)
            return Chem.RemoveHs(mol)  # makes sure of the valences, too
        except (BadStructureError, KeyError, ValueError):  # RDKit's are ValueErrors
            return None


def _fits(formula: str, elements: Set[int], sizes: range) -> bool:
    """Whether a formula such as "C8 H9 N O2" has only these elements and such a size."""
    numbers = Chem.GetPeriodicTable()
    counts = {symbol: int(count or 1) for symbol, count in TERM.findall(formula)}
    try:
        known = all(numbers.GetAtomicNumber(symbol) in elements for symbol in counts)
    except RuntimeError:  # no element
        return False
    return known and sum(counts.values()) - counts.get("H", 0) in sizes
