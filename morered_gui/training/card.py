"""The card of a trained model: what it is, in words, beside its weights."""

from pathlib import Path

from morered_gui.core.elements import symbol
from morered_gui.core.files import replacing
from morered_gui.diffusion.checkpoint import ModelConfig

CARD = "README.md"
MARK = "<!-- Written by morered train; without this line it is left alone. -->"


def write_card(folder: Path, config: ModelConfig, n_parameters: int) -> None:
    """Write README.md anew, unless somebody has written one by hand."""
    path = folder / CARD
    if path.exists() and MARK not in path.read_text(encoding="utf-8"):
        return
    with replacing(path) as part:
        part.write_text(_text(config, n_parameters), encoding="utf-8")


def _text(config: ModelConfig, n_parameters: int) -> str:
    made, network = config.training, config.network
    data, settings = made["data"], made["config"]
    charges = " ".join(f"{c:+d}" if c else "0" for c in config.charges)
    rows = {
        "Methods": ", ".join(f"`{m}`" for m in config.methods) or "a time network of others",
        "Network": f"{network.kind}{', elastic' if network.elastic else ''}; PaiNN body, "
        f"{network.n_features} features, {network.n_interactions} interactions, "
        f"cut-off {network.cutoff:g} Å, {n_parameters:,} parameters",
        "Data": f"{data.get('name', 'unknown')}: {made['structures']:,} structures "
        f"({data.get('source', 'source unknown')})",
        "Split": made["split"],
        "Level of theory": config.level_of_theory,
        "Elements, charges": f"{' '.join(symbol(z) for z in config.elements)}; {charges}",
        "Largest molecule": f"{config.max_atoms} atoms",
        "Training": f"{made['steps']:,} steps of {settings['batch_size']} structures in "
        f"{made['hours']:.2f} hours; {made['skipped_batches']} batches skipped",
        "Validation": ", ".join(f"{name} {value:g}" for name, value in made["validation"].items()),
    }
    lines = [f"# {config.name}", "", MARK, "", config.summary or "No summary was given.", ""]
    lines += ["| | |", "| --- | --- |", *(f"| {name} | {said} |" for name, said in rows.items())]
    return "\n".join(lines) + "\n"
