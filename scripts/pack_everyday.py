"""Put the finished chunks of the everyday data set into packs that are committed.

python scripts/pack_everyday.py data/everyday-chunks

Packs are full but for the last one, which is written anew when there are more chunks.
"""

import argparse
from itertools import batched
from pathlib import Path

from morered_gui.core.bundled import bundled
from morered_gui.training.everyday.packs import write_pack

CHUNKS_PER_PACK = 25


def main() -> None:
    """Write the packs, in the order of the plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the chunks are")
    chunks = sorted(parser.parse_args().folder.glob("chunk-0-*.npz"))
    folder = bundled("resources") / "everyday"
    folder.mkdir(exist_ok=True)
    for n, part in enumerate(batched(chunks, CHUNKS_PER_PACK)):
        path = folder / f"minima-{n:03d}.npz"
        write_pack(part, path)
        print(f"{path}: {len(part)} chunks, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
