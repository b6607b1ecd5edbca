"""Does the sketcher keep molecules as they are? SMILES -> drawing -> Ketcher -> drawing -> SMILES.

    python scripts/sketcher_round_trip.py [--count 500] [--out FILE]

Takes molecules of the NCI's open database that RDKit ships (salts and charges among them),
their stereoisomers, and isotopically labelled ones; shows each in the real sketcher, reads it
back, and compares canonical SMILES. Prints how many of each kind came back unchanged, and each
that did not with the reason.
"""

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from rdkit import Chem, RDConfig
from rdkit.Chem import EnumerateStereoisomers as Stereo

from morered_gui.chem.drawing import drawn, mol_of_drawing, smiles_of_mol
from morered_gui.chem.errors import MoleculeError
from morered_gui.chem.smiles import mol_from_smiles
from morered_gui.gui.main import make_application
from morered_gui.gui.sketcher import Sketcher
from morered_gui.gui.theme import theme_of

NCI = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
HEAVY_ATOMS = 40  # at most
SECONDS = 120.0  # for one answer of the sketcher
SEED = 5


def main() -> int:
    """Print the report; exit code 1 where a molecule has changed."""
    arguments = _arguments()
    application = make_application()
    sketcher = Sketcher(theme_of(application.palette()))
    sketcher.resize(600, 600)
    sketcher.show()
    sketcher.start()
    _wait(lambda: sketcher.is_ready)
    lost: list[dict[str, str]] = []
    kinds: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for smiles in molecules(arguments.count):
        reason = _reason(sketcher, smiles)
        for kind in kinds_of(smiles):
            kinds[kind] += 1
            kept[kind] += not reason
        if reason:
            lost.append({"smiles": smiles, "reason": reason})
            print(f"{smiles}: {reason}")
    for kind, count in sorted(kinds.items()):
        print(f"{kind:10} {kept[kind]:4d} of {count:4d}")
    if arguments.out:
        report = {"kinds": dict(kinds), "kept": dict(kept), "lost": lost}
        arguments.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 1 if lost else 0


def molecules(count: int) -> Iterator[str]:
    """Different canonical SMILES, half of them with all stereo, one in ten with an isotope."""
    rng = random.Random(SEED)
    lines = NCI.read_text(encoding="utf-8").splitlines()
    rng.shuffle(lines)
    seen: set[str] = set()
    for line in lines:
        if len(seen) == count:
            return
        try:
            mol = mol_from_smiles(line.split()[0])
        except (MoleculeError, IndexError):
            continue
        if mol.GetNumHeavyAtoms() > HEAVY_ATOMS:
            continue
        if rng.random() < 0.5:
            mol = _stereoisomer(mol, rng)
        if rng.random() < 0.1:
            _label(mol, rng)
        smiles = smiles_of_mol(mol)
        if smiles not in seen:
            seen.add(smiles)
            yield smiles


def kinds_of(smiles: str) -> list[str]:
    """What there is to be kept."""
    mol = Chem.MolFromSmiles(smiles)
    found = {
        "all": True,
        "centres": "@" in smiles,
        "cis/trans": "/" in smiles or "\\" in smiles,
        "charged": any(a.GetFormalCharge() for a in mol.GetAtoms()),
        "aromatic": any(a.GetIsAromatic() for a in mol.GetAtoms()),
        "isotopes": any(a.GetIsotope() for a in mol.GetAtoms()),
        "salts": "." in smiles,
    }
    return [kind for kind, is_there in found.items() if is_there]


def _stereoisomer(mol: Chem.Mol, rng: random.Random) -> Chem.Mol:
    rand = rng.randrange(2**31)
    options = Stereo.StereoEnumerationOptions(maxIsomers=1, rand=rand)  # type: ignore[no-untyped-call]
    isomers = Stereo.EnumerateStereoisomers(mol, options=options)  # type: ignore[no-untyped-call]
    return next(iter(isomers), mol)


def _label(mol: Chem.Mol, rng: random.Random) -> None:
    atom = mol.GetAtomWithIdx(rng.randrange(mol.GetNumAtoms()))
    table = Chem.GetPeriodicTable()
    atom.SetIsotope(table.GetMostCommonIsotope(atom.GetAtomicNum()) + 1)


def _reason(sketcher: Sketcher, smiles: str) -> str:
    """Why the molecule has changed; empty where it has not."""
    try:
        block = drawn(mol_from_smiles(smiles))
        expected = smiles_of_mol(mol_of_drawing(block))
    except MoleculeError as error:
        return f"can't be drawn: {error}"
    if expected != smiles:
        return f"RDKit's own mol block makes it {expected}"
    try:
        back = smiles_of_mol(mol_of_drawing(_through(sketcher, block)))
    except MoleculeError as error:
        return f"comes back as no valid molecule: {error}"
    return "" if back == smiles else f"comes back as {back}"


def _through(sketcher: Sketcher, block: str) -> str:
    answers: list[str] = []
    page = sketcher.page()
    page.runJavaScript(
        f"(async (k) => {{ window.answer = null; await k.setMolecule({json.dumps(block)});"
        " window.answer = await k.getMolfile('v2000'); })(moreredSketch.ketcher())"
    )

    def arrived() -> bool:
        page.runJavaScript("window.answer || ''", 0, lambda a: answers.append(a) if a else None)
        return bool(answers)

    _wait(arrived)
    return answers[0]


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the sketcher does not answer")
        loop = QEventLoop()
        QTimer.singleShot(20, loop.quit)
        loop.exec()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--out", type=Path, help="also write the report as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
