"""Whether every drive costs exactly what a slow, obvious search says: random pairs on real extracts.

    python benchmarks/exact.py [--pairs 10000] FILE.osm.pbf ...      the demo extract without files

For each file, and for each way of moving: as many random pairs of places as asked, a seventh of them for each of seven
profiles; first with the snapshot's weights, then after every road was weighed anew at random. Each drive must have the
cost that an edge-based Dijkstra over the roads finds, must break no rule, and each of its edges must cost what the edge
costs. Prints a table; ends with status 1 at the first difference.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from location_cloud.directions.dataset import SECTION as DIRECTIONS  # noqa: E402  (the tests lie beside the package)
from location_cloud.roads.dataset import SECTION as ROADS  # noqa: E402
from tests.directions.conftest import RoadWorlds  # noqa: E402
from tests.directions.plain import PlainOracle, broken_rules, compare, reweighed  # noqa: E402

PROFILES = ("car", "truck", "emergency", "bus", "bicycle", "foot", "wheelchair")
TARGETS = 100
"""Ends asked of each start: one slow search serves them all."""


def main(files: list[Path], pairs: int) -> None:
    """Compares everything and prints the table."""
    print("| extract | weights | pairs | drives found, all equal | no way, both agree | rules tried, none broken | s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for file in files:
        with tempfile.TemporaryDirectory() as folder:
            worlds = RoadWorlds(lambda name, at=folder: Path(tempfile.mkdtemp(prefix=name, dir=at)))
            world = worlds.of_file(file)
            for is_anew in (False, True):
                started = time.perf_counter()
                found = apart = tried = 0
                for number, name in enumerate(PROFILES):
                    profile = world.section(DIRECTIONS).profiles[name]
                    network = world.section(DIRECTIONS).networks[name]
                    if is_anew:
                        network = reweighed(world, network, number)
                    oracle = PlainOracle(world.section(ROADS), profile, network)
                    chance = random.Random(f"{file.name} {name} {is_anew}")
                    sources = -(-pairs // (len(PROFILES) * TARGETS))
                    drives, none = compare(world, network, chance, sources, TARGETS, oracle)
                    rules, broken = broken_rules(world, network, oracle)
                    assert not broken, broken
                    found, apart, tried = found + drives, apart + none, tried + rules
                weights = "random" if is_anew else "snapshot"
                seconds = time.perf_counter() - started
                print(
                    f"| {file.name} | {weights} | {found + apart} | {found} | {apart} | {tried} | {seconds:.0f} |",
                    flush=True,
                )
            worlds.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Whether every drive costs exactly what a slow search says.")
    parser.add_argument("files", nargs="*", type=Path, default=[ROOT / "data/demo/helsinki-centre.osm.pbf"])
    parser.add_argument("--pairs", type=int, default=10_000, help="pairs of places for each file and kind of weights")
    asked = parser.parse_args()
    main(asked.files, asked.pairs)
