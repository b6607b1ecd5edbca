"""A trajectory as one HTML page that plays anywhere, without a network."""

import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morered_gui.app.frame_bonds import bonds_of_frames
from morered_gui.app.made_by import TIME_TITLES, time_source
from morered_gui.chem import MoleculeError
from morered_gui.chem.conversion import bond_arrays, kekulised
from morered_gui.chem.writing import one_line, write_atomically
from morered_gui.core import Frame, Provenance, Structure, Trajectory
from morered_gui.core.bundled import asset

LIBRARY = "3Dmol-min.js"
PAGE, SCRIPT = "trajectory_page.html", "trajectory_page.js"
SECONDS_OF_PLAY = 8.0
SHORTEST_FRAME, LONGEST_FRAME = 33, 250  # ms
DECIMALS = 4
FRAME_HEIGHT = 520  # pixels, in a notebook


def write_html(path: Path | str, trajectory: Trajectory, *, perceived: bool = False) -> None:
    """Write a stand-alone page with 3Dmol.js inside it: slider, play and pause, caption.

    Bonds and their orders are those of the molecule in every frame, unless they are to be
    ``perceived`` in each. The page may load nothing: a content security policy forbids it.

    Raises:
        MoleculeError: the trajectory has no frame, or the disk refuses.
        FileNotFoundError: 3Dmol.js was not fetched when the program was built.
    """
    write_atomically(Path(path), page_of(trajectory, perceived=perceived))


def page_of(trajectory: Trajectory, *, perceived: bool = False) -> str:
    """The page of ``write_html`` as text."""
    if len(trajectory) == 0:
        raise MoleculeError("the trajectory has no frames to show")
    parts = {
        "@TITLE@": html.escape(one_line(trajectory.start.name) or trajectory.start.formula),
        "@SUBTITLE@": html.escape(subtitle(trajectory)),
        "@LIBRARY@": asset(LIBRARY).read_text(encoding="utf-8"),
        "@VIEWER@": _viewer(movie(trajectory, perceived=perceived)),
    }
    # In one pass: nothing that a part contains is taken for a place of another one.
    page = (Path(__file__).with_name(PAGE)).read_text(encoding="utf-8")
    pieces = [page]
    for place, text in parts.items():
        pieces = _filled(pieces, place, text)
    return "".join(pieces)


@dataclass(frozen=True, eq=False)
class InNotebook:
    """The page of ``write_html`` as the output of a notebook's cell.

        InNotebook(trajectory)

    It works without a network, in a frame that can't reach the notebook. Raises MoleculeError
    when it is shown, where the trajectory has no frame.
    """

    trajectory: Trajectory
    perceived: bool = False
    height: int = FRAME_HEIGHT

    def _repr_html_(self) -> str:
        page = html.escape(page_of(self.trajectory, perceived=self.perceived))
        return (
            f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="Trajectory" '
            f'style="width: 100%; height: {self.height}px; border: 0"></iframe>'
        )


def movie(trajectory: Trajectory, *, perceived: bool = False) -> dict[str, Any]:
    """What the page's script is given: atoms, positions per frame, captions.

    And the different sets of bonds, with the place of each frame's among them, where they are
    ``perceived``.
    """
    frames = list(trajectory)
    shift = frames[0].positions.mean(0)
    per_frame = 1000 * SECONDS_OF_PLAY / len(frames)
    bonds: dict[str, Any] = {}
    if perceived:
        found = bonds_of_frames(trajectory.start, (frame.positions for frame in frames))
        sets = {each: k for k, each in enumerate(dict.fromkeys(found))}
        bonds = {"bonds": list(sets), "bonds_of": [sets[each] for each in found]}
    return {
        **bonds,
        "atoms": viewer_atoms(trajectory.start),
        "positions": [(f.positions - shift).round(DECIMALS).ravel().tolist() for f in frames],
        "captions": [caption(frame, len(frames), trajectory.provenance) for frame in frames],
        "milliseconds": round(min(LONGEST_FRAME, max(SHORTEST_FRAME, per_frame))),
    }


def viewer_atoms(structure: Structure) -> list[dict[str, Any]]:
    """Atoms as 3Dmol.js takes them, each with its bonds and their Kekulé orders."""
    pairs, orders = bond_arrays(kekulised(structure))
    atoms: list[dict[str, Any]] = [
        {"elem": symbol, "index": k, "serial": k, "bonds": [], "bondOrder": []}
        for k, symbol in enumerate(structure.symbols)
    ]
    for (i, j), order in zip(pairs.tolist(), orders.tolist(), strict=True):
        for here, there in ((i, j), (j, i)):
            atoms[here]["bonds"].append(there)
            atoms[here]["bondOrder"].append(order)
    return atoms


def caption(frame: Frame, n_frames: int, made: Provenance) -> str:
    """What is said below a frame of a run that was made so."""
    parts = [f"step {frame.step} ({n_frames} frames)"]
    if frame.t is not None:
        name = TIME_TITLES[time_source(made)][1]
        parts.append(f"{name[:1].lower()}{name[1:]} = {frame.t:.1f}")
    if frame.energy is not None:
        parts.append(f"energy {frame.energy:.4f} eV")
    return " · ".join([*parts, f"{frame.seconds:.2f} s"])


def subtitle(trajectory: Trajectory) -> str:
    """Formula, and what made the trajectory."""
    made = trajectory.provenance
    parts = [trajectory.start.formula, made.method, made.model, made.level_of_theory]
    if trajectory.stop_reason is not None:
        parts.append(trajectory.stop_reason.sentence)
    return " · ".join([*filter(None, parts), f"seed {made.seed}"])


def _viewer(content: dict[str, Any]) -> str:
    """py3Dmol's part of the page, with the film inside its start-up."""
    import py3Dmol

    view = py3Dmol.view(width="100%", height="100%", js="")
    script = Path(__file__).with_name(SCRIPT).read_text(encoding="utf-8")
    # The page's own script has to stand before the call that draws for the first time.
    view.startjs += script.replace("@MOVIE@", script_json(content))
    return str(view.write_html())


def script_json(content: object) -> str:
    """JSON that can stand inside a script element: no tag can begin or end in it."""
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _filled(pieces: list[str], place: str, text: str) -> list[str]:
    """Put a text in a place of the template, whose pieces stand at even positions."""
    result: list[str] = []
    for k, piece in enumerate(pieces):
        if k % 2:
            result.append(piece)
            continue
        first, *others = piece.split(place)
        result.append(first)
        for other in others:
            result.extend([text, other])
    return result
