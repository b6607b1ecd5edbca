"""The stand-alone page of a trajectory."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from morered_gui.app.html_export import (
    InNotebook,
    movie,
    page_of,
    script_json,
    viewer_atoms,
    write_html,
)
from morered_gui.chem import MoleculeError, structure_from_smiles
from morered_gui.core import Frame, Provenance, Trajectory
from morered_gui.core.bundled import asset

NAUGHTY = '</script><script>alert(1)</script> & "quotes" @MOVIE@ @LIBRARY@ <img src=x>'


def trajectory(n_frames: int = 5, name: str = "phenol") -> Trajectory:
    start = structure_from_smiles("Oc1ccccc1", name=name)
    made = Trajectory(start, Provenance("jt", model="qm9-jt", seed=7))
    for k in range(n_frames):
        made.append(Frame(k, start.positions + 0.1 * k, t=50.0 - k, seconds=k / 10))
    return made


def test_that_the_page_refers_to_nothing_outside_itself() -> None:
    page = page_of(trajectory()).replace(asset("3Dmol-min.js").read_text(encoding="utf-8"), "")
    assert "http:" not in page
    assert "https:" not in page
    assert not re.search(r"(src|href)\s*=", page.replace("tag.src = uri", ""))
    assert "default-src 'none'" in page


def test_that_the_library_is_inside_and_unchanged() -> None:
    assert asset("3Dmol-min.js").read_text(encoding="utf-8") in page_of(trajectory())


def test_that_a_notebook_shows_the_page_in_a_frame_of_its_own() -> None:
    frames: list[dict[str, str | None]] = []

    class Frames(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            frames.append({"tag": tag, **dict(attrs)})

    run = trajectory(name=NAUGHTY)
    Frames().feed(InNotebook(run, height=300)._repr_html_())
    (frame,) = frames  # nothing of the page is outside of it
    viewer = re.compile(r"_\d{9,}")  # py3Dmol gives each page a number of its own
    assert frame["tag"] == "iframe"
    assert viewer.sub("", frame["srcdoc"] or "") == viewer.sub("", page_of(run))
    assert frame["sandbox"] == "allow-scripts" and "300px" in (frame["style"] or "")
    with pytest.raises(MoleculeError):
        InNotebook(trajectory(0))._repr_html_()


def test_that_every_frame_is_there_with_its_caption() -> None:
    content = movie(trajectory(12))
    assert len(content["positions"]) == len(content["captions"]) == 12
    assert all(len(x) == 13 * 3 for x in content["positions"])
    assert "step 3" in content["captions"][3]
    assert "predicted t = 47.0" in content["captions"][3]
    json.loads(script_json(content))


def test_that_bonds_have_their_orders_from_the_molecule() -> None:
    atoms = viewer_atoms(trajectory().start)
    orders = sorted(o for atom in atoms for o in atom["bondOrder"])
    assert orders == [1.0] * 20 + [2.0] * 6
    for k, atom in enumerate(atoms):
        assert all(k in atoms[other]["bonds"] for other in atom["bonds"])


def test_that_perceived_bonds_come_and_go_with_the_frames() -> None:
    run = trajectory(3)
    apart = run.start.positions.copy()
    hydrogen = int(np.flatnonzero(run.start.numbers == 1)[-1])
    apart[hydrogen] += 10.0
    run.append(Frame(3, apart, t=5.0))
    content = movie(run, perceived=True)
    assert content["bonds_of"] == [0, 0, 0, 1]
    whole, broken = content["bonds"]
    assert len(whole) == 13 and len(broken) == 12
    assert sorted(order for *_, order in whole) == [1.0] * 10 + [2.0] * 3
    assert not any(hydrogen in bond[:2] for bond in broken)
    assert "bonds" not in movie(run)


def test_that_names_are_never_taken_for_markup() -> None:
    page = page_of(trajectory(name=NAUGHTY))
    assert "alert(1)</script>" not in page
    assert "<img" not in page.replace(asset("3Dmol-min.js").read_text(encoding="utf-8"), "")
    assert "&lt;img src=x&gt;" in page
    assert "@MOVIE@ @LIBRARY@" in page


def test_that_the_title_is_one_line_of_text_and_never_blank() -> None:
    assert "<h1>half a name</h1>" in page_of(trajectory(name="half\x07 a\nname"))
    assert "<h1>C6H6O</h1>" in page_of(trajectory(name=" \n"))


def test_that_the_file_is_written_whole(tmp_path: Path) -> None:
    write_html(tmp_path / "t.html", trajectory())
    assert (tmp_path / "t.html").read_text(encoding="utf-8").endswith("</html>\n")
    assert [p.name for p in tmp_path.iterdir()] == ["t.html"]
    with pytest.raises(MoleculeError, match="no frames"):
        write_html(tmp_path / "empty.html", trajectory(0))
    with pytest.raises(MoleculeError, match="can't be written"):
        write_html(tmp_path / "missing" / "t.html", trajectory())
