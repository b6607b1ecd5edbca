"""Small drawings in two dimensions."""

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from morered_gui.chem.conversion import to_rdkit
from morered_gui.chem.errors import rdkit_messages
from morered_gui.chem.smiles import mol_from_smiles
from morered_gui.core.structure import Structure


def picture_png(molecule: Structure | str, width: int, height: int, *, dark: bool) -> bytes:
    """A PNG of the structural formula, without hydrogens where they go without saying.

    The ground is transparent; ``dark`` draws for a dark one. Without bonds there are atoms only.
    Raises MoleculeError for a SMILES that is none.
    """
    mol = mol_from_smiles(molecule) if isinstance(molecule, str) else to_rdkit(molecule)
    with rdkit_messages():
        try:
            mol = Chem.RemoveHs(mol)
        except (Chem.MolSanitizeException, ValueError, RuntimeError):
            mol = Chem.Mol(mol)  # valences that RDKit refuses: drawn with all atoms
        rdDepictor.Compute2DCoords(mol)
        drawer = rdMolDraw2D.MolDraw2DCairo(width, height)
        options = drawer.drawOptions()
        if dark:
            rdMolDraw2D.SetDarkMode(options)
        options.setBackgroundColour((0.0, 0.0, 0.0, 0.0))
        options.padding = 0.06  # type: ignore[assignment]  # RDKit's stub is wrong
        rdMolDraw2D.PrepareAndDrawMolecule(drawer, mol)
        drawer.FinishDrawing()
        png: bytes = drawer.GetDrawingText()
    return png
