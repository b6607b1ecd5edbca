"""The page, and the command that writes it."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from morered_gui.bench.protocol import Entry, Protocol, parse_entries
from morered_gui.bench.report import report_page
from morered_gui.bench.results import Results
from morered_gui.bench.workers import Lost
from morered_gui.cli.main import app
from morered_gui.core import ExpectedError

BAD_INPUT = 2
STARTS = ("t50", "mmff94", "etkdg", "reference")


def bench(*words: object) -> Result:
    return CliRunner().invoke(app, ["bench", *(str(word) for word in words)])


@pytest.fixture(scope="module")
def folder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the command itself, by the network that ships."""
    folder = tmp_path_factory.mktemp("bench")
    starts = [word for start in STARTS for word in ("--start", start)]
    done = bench(
        "--data", data, "--split", "validation", "--molecules", 5, "--method", "fast",
        "--method", "jt@qm9-jt", "--evaluations", "1,3", "--max-steps", 4, "--seed", 0,
        "--seed", 1, *starts, "--output", folder / "out", "--starts-folder", folder / "starts",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "RMSD / Å" in done.stderr and str(folder / "out" / "report.html") in done.stderr
    return folder / "out"


class References(HTMLParser):
    """Collects all attributes that make a browser fetch something, and the names of elements."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        names = {"src", "href", "xlink:href", "data", "action", "srcset", "poster"}
        self.fetched += [value or "" for name, value in attrs if name in names]


def test_that_the_page_asks_for_nothing_from_outside(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    found = References()
    found.feed(page)
    assert "svg" in found.elements and "table" in found.elements
    assert not found.elements & {"script", "link", "iframe", "object", "embed", "base"}
    outside = [x for x in found.fetched if not x.startswith(("#", "data:image/png;base64,"))]
    assert outside == []
    assert not re.search(r"@import|url\((?!#)", page)
    # Addresses stand there as names of XML vocabularies only.
    assert {m for m in re.findall(r"https?://[^\s\"'<)]+", page) if "w3.org" not in m} == set()


def test_that_the_page_shows_the_figures_of_the_results(folder: Path) -> None:
    page = (folder / "report.html").read_text()
    results = Results.load(folder / "results.json")
    for row in results.summaries:
        assert row.rmsd is not None and f"{row.rmsd.median:.3f}" in page
        assert row.start.replace("'", "&#39;") in page
    text = re.sub(r"<[^>]+>", " ", page)
    assert "The reference itself is moved" in text and "evaluations" in text
    assert results.entries["fast"]["model_hash"][:12] in page
    assert {s.seed for s in results.scores} == {0, 1}
    # MMFF94 and the reference do not differ from seed to seed, and 'fast' draws nothing.
    assert {s.seed for s in results.scores if s.entry == "fast" and s.start == "mmff94"} == {0}


def test_that_names_can_not_break_the_page(folder: Path) -> None:
    results = Results.load(folder / "results.json")
    evil = "</style><script>alert(1)</script>"
    data = {**results.about["data"], "name": evil}
    forged = Results(
        about={**results.about, "data": data, "command": evil},
        entries=results.entries,
        scores=results.scores,
        curves=results.curves,
        left_out=results.left_out,
        lost=[Lost("run/fast/t50/0/0", f"Traceback\n{evil}")],
    )
    page = report_page(forged)
    assert "<script" not in page and "Not complete" in page


def test_that_a_page_without_any_score_can_be_written(folder: Path) -> None:
    full = Results.load(folder / "results.json")
    empty = Results(
        about=full.about, entries=full.entries, scores=[], curves=[], left_out=[], lost=[]
    )
    assert "How this was made" in report_page(empty)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--start", "t"], "there is no start"),
        (["--method", "magic"], "there is no method"),
        (["--method", "ddpm"], "does not relax"),
        (["--method", "fast@nowhere"], "there is no model"),
        (["--model", "nowhere"], "there is no model"),
        (["--method", "fast", "--method", "fast"], "named once"),
        (["--seed", "1", "--seed", "1"], "named once"),
        (["--evaluations", "1,x"], "takes numbers"),
        (["--evaluations", "-3"], "not negative"),
        (["--molecules", "500"], "12 structures, not 500"),
        (["--split", "test", "--molecules", "1"], "0 structures"),
    ],
)
def test_that_bad_requests_give_one_line(
    data: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    done = bench(
        "--data", data, "--split", "validation", "--molecules", 1, "--start", "t50",
        "--output", tmp_path / "out", *words,
    )  # fmt: skip
    assert done.exit_code == BAD_INPUT
    assert said in done.stderr and done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_that_a_folder_with_other_results_is_refused_in_words(folder: Path, data: Path) -> None:
    before = (folder / "records.jsonl").read_bytes()
    done = bench("--data", data, "--split", "validation", "--molecules", 4, "--output", folder)
    assert done.exit_code == BAD_INPUT and "molecules: 5 there, 4 now" in done.stderr
    assert (folder / "records.jsonl").read_bytes() == before


def test_that_results_of_another_format_are_refused(tmp_path: Path) -> None:
    for text in (json.dumps({"format": 1}), "[]", "{"):
        (tmp_path / "results.json").write_text(text)
        with pytest.raises(ExpectedError):
            Results.load(tmp_path / "results.json")


def test_that_models_go_to_the_methods_that_they_serve() -> None:
    both = parse_entries(["fast", "jt"], ["qm9-jt"])
    assert [str(e) for e in both] == ["fast@qm9-jt", "jt@qm9-jt"]
    assert parse_entries(["jt"], []) == (Entry(method="jt"),)
    with pytest.raises(ExpectedError, match="none of the methods"):
        parse_entries(["as"], ["qm9-jt"])


def test_that_a_protocol_without_methods_is_refused(data: Path) -> None:
    with pytest.raises(ExpectedError, match="at least one"):
        Protocol(data=data, entries=())
