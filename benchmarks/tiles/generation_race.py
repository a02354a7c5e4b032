"""One tile at a time, uncached, one core: ours beside PostGIS' ST_AsMVT with the same layers under the same rule."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks.routing.figures import Report, Spent, short
from benchmarks.tiles.city import City
from tests.parts.postgis import start_postgis
from tests.parts.postgis_tiles import PostgisTiles
from tiles.encode import encode_tile, stack_layers
from tiles.mercator import tiles_in_bbox

ZOOMS = range(10, 17)
TILES, ROUNDS, SEED = 100, 3, 7
P50_MS, P99_MS, FASTER, FASTER_LOW = 0.7, 3.0, 8.0, 100.0
POSTGIS = ("shared_buffers=1GB", "max_parallel_workers_per_gather=0", "work_mem=64MB")

Draw = Callable[[int, int, int], bytes]


def race(city: City, report: Report) -> None:
    """The table of all zooms and its goals."""
    stack = stack_layers(city.indexes)
    encode_tile(stack, 0, 0, 0)  # loads compiled code
    with start_postgis(*POSTGIS) as url:
        print("    filling PostGIS ...", file=sys.stderr, flush=True)
        peer = PostgisTiles(url)
        peer.fill(city.features())
        version = peer.connection.execute("SELECT postgis_lib_version()").fetchone()
        report.head(
            "zoom (tiles)",
            *("ours p50 ms", "spread", "p99 ms", "bytes p50"),
            *(f"PostGIS {version and version[0]} p50 ms", "spread", "p99 ms", "bytes p50"),
            "times faster",
        )
        for z in ZOOMS:
            _race_zoom(city, z, lambda *at: encode_tile(stack, *at), peer.tile, report)
    report.say()
    report.say(
        f"A seeded sample of {TILES} tiles a zoom (all where there are fewer), {ROUNDS} rounds, ours, theirs in turn; "
        "extent 4096, buffer 64, all attributes and ids, not packed. PostGIS: warm, prepared, binary, over a unix "
        f"socket, {', '.join(POSTGIS)}, no JIT; the first zoom of each feature is a column."
    )


def _race_zoom(city: City, z: int, ours: Draw, theirs: Draw, report: Report) -> None:
    tiles = list(tiles_in_bbox(*city.bounds, z).tiles())
    chosen = np.random.default_rng(SEED).permutation(len(tiles))[:TILES]
    spent = Spent(), Spent()
    sizes: tuple[list[int], list[int]] = [], []
    for round_ in range(-1, ROUNDS):  # the first one warms up
        for number in chosen:
            for side, draw in enumerate((ours, theirs)):
                began = time.perf_counter()
                data = draw(*tiles[number])
                took_ms = (time.perf_counter() - began) * 1000
                if round_ >= 0:
                    spent[side].add(round_, took_ms)
                    sizes[side].append(len(data))
    mine, other = spent
    report.row(
        f"z{z} ({len(chosen)})",
        *(short(mine.p50), mine.spread, short(mine.p99), f"{statistics.median(sizes[0]):,.0f}"),
        *(short(other.p50), other.spread, short(other.p99), f"{statistics.median(sizes[1]):,.0f}"),
        f"{other.p50 / mine.p50:,.0f}",
    )
    report.limit(f"{city.name}, z{z}: p50", mine.p50, P50_MS, "ms")
    report.limit(f"{city.name}, z{z}: p99", mine.p99, P99_MS, "ms")
    wanted = FASTER_LOW if z <= 11 else FASTER
    report.compare(f"{city.name}, z{z}: PostGIS' p50 to ours", other.p50, mine.p50, wanted)
