from pathlib import Path
from morered_gui.bench.results import Results


def write_report(results: Results, folder: Path) -> Path:
    return folder / "report.html"
