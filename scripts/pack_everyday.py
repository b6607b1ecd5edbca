"""Put the finished chunks of the everyday data set into packs that are committed.

python scripts/pack_everyday.py data/everyday-chunks
python scripts/pack_everyday.py data/drugs-chunks --test-set drugs

Packs are full but for the last one, which is written anew when there are more chunks. Beside them
goes the plan, if the folder has a longer one than the program.
"""

import argparse
import lzma
from itertools import batched
from pathlib import Path

from morered_gui.training.everyday.packs import packs_folder, write_pack

CHUNKS_PER_PACK = 25


def main() -> None:
    """Write the packs, in the order of the plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the chunks are")
    parser.add_argument("--test-set", default="", help="whose chunks they are: drugs, small, ions")
    options = parser.parse_args()
    source: Path = options.folder
    chunks = sorted(source.glob("chunk-0-*.npz"))
    folder = packs_folder(options.test_set)
    folder.mkdir(exist_ok=True)
    pack_plan(source / "plan-0.tsv", folder / "plan-0.tsv.xz")
    for n, part in enumerate(batched(chunks, CHUNKS_PER_PACK)):
        path = folder / f"minima-{n:03d}.npz"
        write_pack(part, path)
        print(f"{path}: {len(part)} chunks, {path.stat().st_size / 1e6:.2f} MB")


def pack_plan(plan: Path, packed: Path) -> None:
    """Compress a plan, unless the packed one is at least as long."""
    if not plan.exists():
        return
    text = plan.read_bytes()
    if not packed.exists() or len(lzma.decompress(packed.read_bytes())) < len(text):
        packed.write_bytes(lzma.compress(text, preset=9 | lzma.PRESET_EXTREME))
        print(f"{packed}: {packed.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
