"""Compounds that have names: drug candidates, pesticides, dyes, natural products, intermediates.

What PubChem knows of the substances of the registries (Kim et al. 2023, doi 10.1093/nar/gkac956),
as the package chemicals (MIT) tabulates it.
"""

from collections.abc import Iterator

import numpy as np
from rdkit import Chem

from morered_gui.training.everyday.sources import compound_smiles, largest_part


def compounds(sizes: range, rng: np.random.Generator) -> Iterator[Chem.Mol]:
    """Those of such numbers of heavy atoms, in random order; of salts the largest part.

    The table has no stereo; a molecule may come more than once.
    """
    texts = compound_smiles()
    for k in rng.permutation(len(texts)):
        part = largest_part(texts[k])
        if part is not None and part.GetNumHeavyAtoms() in sizes:
            yield part
