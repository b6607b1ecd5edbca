"""The claims of the paper, each as a benchmark with a table, a figure and a few sentences."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from morered_gui.bench import claim_rows
from morered_gui.bench.claim_rows import Row
from morered_gui.bench.protocol import Entry, Protocol, parse_entries
from morered_gui.bench.results import Results
from morered_gui.bench.words import listed
from morered_gui.core import ExpectedError
from morered_gui.core.files import replacing
from morered_gui.diffusion.checkpoint import ModelError, find_model
from morered_gui.training.claim_models import MODELS, jt_names, level_names, mlff_names

NOISE_LEVELS = (10, 25, 50, 100, 200, 300, 400, 600, 900)
JSON, TABLE, FIGURE = "claim.json", "table.md", "figure.svg"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One of them.

    Attributes:
        name: on the command line.
        title: of table and figure.
        asks: the question, in a sentence.
        protocol: the benchmark, but for data and entries.
        methods: that are compared where none is named; those that lack a model are left out.
        data: training file with the references, where none is named.
        rows: the table from the results.
        says: what the numbers say, in sentences.
    """

    name: str
    title: str
    asks: str
    protocol: Mapping[str, Any]
    methods: tuple[str, ...]
    data: Path
    rows: Callable[[Results], list[Row]]
    says: Callable[[Sequence[Row]], list[str]]


_ALL = (
    Claim(
        name="robustness",
        title="Who breaks first",
        asks="From which noise level on does each method lead astray, and how does it fail?",
        protocol={
            "starts": tuple(f"t{t}" for t in NOISE_LEVELS),
            "molecules": 100,
            "batch_size": 50,
            "max_steps": 1500,
        },
        methods=(
            "jt@qm9-jt",
            "as@qm9-ddpm",
            "itp@qm9-ddpm",
            "fast@qm9-fast",
            "mmff94",
            "gfn2-xtb",
            "mlff@qm9-mlff",
        ),
        data=Path("data/qm9.npz"),
        rows=claim_rows.by_noise,
        says=claim_rows.who_breaks,
    ),
    Claim(
        name="efficiency",
        title="How much data",
        asks="How good are networks trained on so many quantum-chemical calculations?",
        protocol={"starts": ("t100", "mmff94"), "molecules": 100, "batch_size": 50},
        methods=(
            *(f"jt@{MODELS / name}" for name in jt_names()),
            *(f"mlff@{MODELS / name}" for name in mlff_names()),
        ),
        data=Path("data/qm9-gfn2.npz"),
        rows=claim_rows.by_calculations,
        says=claim_rows.what_data_buys,
    ),
    Claim(
        name="level",
        title="Which level of theory",
        asks="What do RMSD and energies of one level say of networks trained on another?",
        protocol={
            "starts": ("mmff94", "t100"),
            "molecules": 100,
            "batch_size": 50,
            "energies": True,
        },
        methods=(*(f"fast@{MODELS / name}" for name in level_names()), "mmff94", "gfn2-xtb"),
        data=Path("data/qm9.npz"),
        rows=claim_rows.by_level,
        says=claim_rows.what_levels_do,
    ),
    Claim(
        name="dft",
        title="DFT energies",
        asks="How far above the DFT minimum do the results lie, in the energy of that level?",
        protocol={"starts": ("mmff94",), "molecules": 50, "dft": True},
        methods=(
            "fast@qm9-fast",
            "jt@qm9-jt",
            "mmff94",
            "gfn2-xtb",
            "fast+xtb@qm9-fast",
            "mlff@qm9-mlff",
        ),
        data=Path("data/qm9.npz"),
        rows=claim_rows.by_dft,
        says=claim_rows.what_dft_says,
    ),
)
CLAIMS: Mapping[str, Claim] = {claim.name: claim for claim in _ALL}


def find_claim(name: str) -> Claim:
    """A claim by its name; raises ExpectedError that names those that there are."""
    if name not in CLAIMS:
        raise ExpectedError(f"there is no claim '{name}'; there are: {', '.join(CLAIMS)}")
    return CLAIMS[name]


def claim_protocol(
    claim: Claim, methods: Sequence[str], **options: Any
) -> tuple[Protocol, list[str]]:
    """The benchmark of a claim, and why some of its own methods are left out.

    Args:
        claim: which.
        methods: as ``parse_entries`` takes them; those of the claim where there are none.
        options: of the protocol, instead of the claim's; None for the claim's.

    Raises ExpectedError where no method is left, or one that is named can't run.
    """
    left_out: list[str] = []
    entries = list(parse_entries(methods, [])) if methods else _own_entries(claim, left_out)
    if not entries:
        raise ExpectedError(f"name the methods of '{claim.name}', such as --method jt@FOLDER")
    given = {key: value for key, value in options.items() if value is not None}
    settings = {"data": claim.data, **claim.protocol, **given}
    return Protocol(entries=tuple(entries), **settings), left_out


def _own_entries(claim: Claim, left_out: list[str]) -> list[Entry]:
    entries = []
    for text in claim.methods:
        entry = Entry.parse(text)
        try:
            if entry.model:
                find_model(entry.model)
        except ModelError as error:
            left_out.append(f"{text}: {error}")
        else:
            entries.append(entry)
    return entries


def write_claim(claim: Claim, results: Results, folder: Path, left_out: Sequence[str]) -> list[str]:
    """Write claim.json, table.md and figure.svg into the folder; returns what they say."""
    from morered_gui.bench.claim_figures import FIGURES  # matplotlib

    rows = claim.rows(results)
    said = claim.says(rows)
    left_out = [*left_out, *_gaps(results)]
    content = {
        "claim": claim.name,
        "asks": claim.asks,
        "says": said,
        "left_out": left_out,
        "rows": rows,
        **results.about,
        "entries": dict(results.entries),
    }
    with replacing(folder / JSON) as part:
        part.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    with replacing(folder / TABLE) as part:
        part.write_text(_page(claim, results.about, rows, said, left_out), encoding="utf-8")
    with replacing(folder / FIGURE) as part:
        part.write_text(FIGURES[claim.name](rows), encoding="utf-8")
    return said


def _gaps(results: Results) -> list[str]:
    """Runs that have no score, and why."""
    refused = [
        f"{n} of {entry} from {start}: {reason}"
        for start, entry, reason, n in results.reasons_left_out
    ]
    lost = [f"{x.key}, lost: {x.reason.strip().splitlines()[-1]}" for x in results.lost]
    return refused + lost


def _page(
    claim: Claim,
    about: Mapping[str, Any],
    rows: Sequence[Row],
    said: Sequence[str],
    left_out: Sequence[str],
) -> str:
    heads = list(rows[0]) if rows else []
    lines = [f"# {claim.title}", "", claim.asks, "", *said, ""]
    lines += [f"Left out: {reason}." for reason in left_out] + [""] * bool(left_out)
    lines += [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    lines += [f"| {' | '.join(_cell(row[head]) for head in heads)} |" for row in rows]
    lines += ["", f"![{claim.title}]({FIGURE})", "", "```", about["command"] or "(from Python)"]
    lines += ["```", "", f"Finished {about['finished']}, commit {_commits(about)}."]
    return "\n".join(lines) + "\n"


def _commits(about: Mapping[str, Any]) -> str:
    made_by = [one["program"]["commit"] for one in (about, *about.get("earlier", ()))]
    return listed(list(dict.fromkeys(commit or "unknown" for commit in made_by)))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
