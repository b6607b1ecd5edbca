"""The page in a browser that is not ours, with the network off.

Runs where Chromium is installed, or MORERED_CHROMIUM names it, and processes may be started
without a network (``unshare --net``, as root).
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from morered_gui.app.html_export import write_html
from morered_gui.core import Frame, Provenance, Trajectory
from tests.app.molecules import WATER

CHROMIUM = os.environ.get("MORERED_CHROMIUM") or shutil.which("chromium")
OFFLINE = ["unshare", "--net"]
PROBE = """<script>addEventListener("load", () => {
  const movie = moreredMovie, seen = [];
  movie.pause();
  for (let k = 0; k < movie.frames; k++) {
    movie.show(k);
    seen.push(movie.model.selectedAtoms({}).map((atom) => atom.bonds));
  }
  document.title = "@" + JSON.stringify([navigator.onLine, movie.model.getNumFrames(), seen]) + "@";
});</script></body>"""


def can_go_offline() -> bool:
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*OFFLINE, "true"], check=False, capture_output=True).returncode == 0


def water_that_falls_apart(n_frames: int) -> Trajectory:
    made = Trajectory(WATER, Provenance("jt", model="qm9-jt"))
    for k in range(n_frames):
        x = WATER.positions.copy()
        x[2] += 4.0 * (k == n_frames - 1)
        made.append(Frame(k, x, t=float(n_frames - k)))
    return made


@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")
@pytest.mark.parametrize("perceived", [False, True])
def test_that_chromium_plays_the_page_without_a_network(tmp_path: Path, perceived: bool) -> None:
    if not can_go_offline():
        pytest.skip("a process without a network can't be started here")
    path = tmp_path / "run.html"
    write_html(path, water_that_falls_apart(20), perceived=perceived)
    path.write_text(path.read_text().replace("</body>", PROBE))
    flags = ["--headless", "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    done = subprocess.run(
        [
            *(*OFFLINE, str(CHROMIUM), *flags, f"--user-data-dir={tmp_path / 'profile'}"),
            *("--virtual-time-budget=20000", "--dump-dom", path.as_uri()),
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
    )
    found = re.search(r"<title>@(.*)@</title>", done.stdout)
    assert found, done.stderr[-2000:]
    online, frames, bonds = json.loads(found[1])
    whole = [[1, 2], [0], [0]]
    assert (online, frames) == (False, 20)
    assert bonds == [whole] * 19 + [[[1], [0], []] if perceived else whole]
