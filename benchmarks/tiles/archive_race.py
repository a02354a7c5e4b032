"""Archives: a city's pyramid written as PMTiles and MBTiles, imported, and read tile by tile, beside the reference.

The peer is the `pmtiles` package (pure Python, BSD), the format's own reference, and SQLite for MBTiles.
python -m benchmarks.tiles --only archive EXTRACT.osm.pbf    (half a minute; more the first time)
"""

from __future__ import annotations

import itertools
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pmtiles.reader import MmapSource, Reader
from pmtiles.tile import Compression, TileType
from pmtiles.writer import Writer

from benchmarks.routing.figures import Report, short
from benchmarks.tiles.city import BENCH, City
from location_cloud.maps import archives
from location_cloud.maps.archive_cover import wanted_tiles
from location_cloud.maps.archive_stream import PackedTiles, pack_tiles
from location_cloud.maps.archive_writer import Caption, PmtilesWriter
from location_cloud.maps.service_archives import add
from location_cloud.maps.store_mbtiles import MbtilesWriter
from location_cloud.tile_sets import Tile, TileAt
from tiles.encode import encode_tiles, stack_layers
from tiles.pmtiles import tiles_of

ZOOMS = range(10, 17)
ROUNDS = 3
WRITTEN_S = 10.0
"""The goal for two cores, generation included."""

ASKED = 5_000
REFERENCE_ASKED = 200
"""The reference reads its directories anew for each tile."""


class Silent:
    """Progress that nobody watches."""

    def step(self, title: str, total: int = 0) -> None:
        """Nothing."""

    def advance(self, units: int = 1) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Row:
    """One line of the table. seconds: of each round."""

    what: str
    seconds: tuple[float, ...]
    tiles: int
    megabytes: float = 0.0

    @property
    def middle(self) -> float:
        """Seconds of the middle round."""
        return statistics.median(self.seconds)


def race(city: City, report: Report) -> None:
    """The table of what writing, importing and reading the archives of a city took, and its goals."""
    with tempfile.TemporaryDirectory(dir=BENCH) as folder:
        rows = measure(city, Path(folder), ROUNDS)
    report.head("archives z10-16", "s", "spread", "tiles/s", "MB")
    for row in rows:
        spread = f"{short(min(row.seconds))}-{short(max(row.seconds))}"
        size = f"{row.megabytes:.1f}" if row.megabytes else ""
        report.row(row.what, short(row.middle), spread, f"{row.tiles / row.middle:,.0f}", size)
    report.limit(f"{city.name}: pyramid z10-16 generated and written as gzip PMTiles", rows[0].middle, WRITTEN_S, "s")


def measure(city: City, folder: Path, rounds: int) -> list[Row]:
    """Each line of the table; the first one is a whole city from its index to a PMTiles file."""
    layers = city.indexes
    stack = stack_layers(layers)

    def make(places: NDArray[np.int64]) -> list[Tile | None]:
        body, start = encode_tiles(stack, places)
        whole, cuts = body.tobytes(), start.tolist()
        return [Tile(whole[a:b]) if b > a else None for a, b in itertools.pairwise(cuts)]

    def stream() -> Iterator[PackedTiles]:
        numbers = np.concatenate([wanted_tiles(z, city.bounds, None, layers) for z in ZOOMS])
        return pack_tiles(make, numbers, "mvt", Silent())

    ours, mbtiles, theirs = (folder / each for each in ("ours.pmtiles", "ours.mbtiles", "reference.pmtiles"))
    packed = list(stream())  # also compiles
    count = sum(len(numbers) for numbers, _ in packed)
    rows = [
        _timed("generate, gzip and write PMTiles", rounds, count, ours, lambda: _write_ours(ours, stream())),
        _timed("generate, gzip and write MBTiles", rounds, count, mbtiles, lambda: _write_mbtiles(mbtiles, stream())),
        _timed("  write PMTiles alone, tiles at hand", rounds, count, ours, lambda: _write_ours(ours, packed)),
        _timed("  the same by the reference", rounds, count, theirs, lambda: _write_reference(theirs, packed)),
    ]
    home = folder / "home"
    rows.append(_timed("import: copy, unpack and check every tile", rounds, count, ours, lambda: _import(home, ours)))
    return [*rows, *_reading(home, theirs, mbtiles, packed, rounds)]


def _import(home: Path, file: Path) -> None:
    add(home, "city", file, Silent())


def _timed(what: str, rounds: int, tiles: int, file: Path | None, work: Callable[[], None]) -> Row:
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return Row(what, tuple(seconds), tiles, file.stat().st_size / 1e6 if file else 0.0)


def _write_ours(file: Path, stream: Any) -> None:
    file.unlink(missing_ok=True)
    with PmtilesWriter(file) as writer:
        for numbers, bodies in stream:
            writer.add(numbers, bodies)
        writer.finish(Caption("mvt", True, None, None, {}))


def _write_mbtiles(file: Path, stream: Any) -> None:
    file.unlink(missing_ok=True)
    with MbtilesWriter(file) as writer:
        for numbers, bodies in stream:
            if numbers:
                z, x, y = tiles_of(np.array(numbers, np.int64))
                writer.add(list(zip(z.tolist(), x.tolist(), y.tolist(), strict=True)), bodies)
        writer.finish({"name": "city", "format": "pbf"})


def _write_reference(file: Path, packed: list[PackedTiles]) -> None:
    with file.open("wb") as opened:
        writer = Writer(opened)
        for numbers, bodies in packed:
            for number, body in zip(numbers, bodies, strict=True):
                writer.write_tile(number, body)
        writer.finalize({"tile_type": TileType.MVT, "tile_compression": Compression.GZIP}, {})


def _reading(home: Path, theirs: Path, mbtiles: Path, packed: list[PackedTiles], rounds: int) -> list[Row]:
    numbers = np.array([number for chunk, _ in packed for number in chunk])
    chosen = np.random.default_rng(7).choice(numbers, ASKED)
    places = list(zip(*(each.tolist() for each in tiles_of(chosen)), strict=True))
    read = archives.offered(home)["city"].read
    ats = [TileAt(*place) for place in places]
    with theirs.open("rb") as opened, closing(sqlite3.connect(mbtiles)) as database:
        reader = Reader(MmapSource(opened))
        select = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        flipped = [(z, x, (1 << z) - 1 - y) for z, x, y in places]
        for place, at, row in zip(places[:50], ats, flipped, strict=False):
            tile = read(at)
            assert tile is not None
            assert tile.body == reader.get(*place) == database.execute(select, row).fetchone()[0]
        return [
            _timed("read a random tile: ours", rounds, ASKED, None, lambda: _each(read, ats)),
            _timed(
                "  by the reference",
                rounds,
                REFERENCE_ASKED,
                None,
                lambda: [reader.get(*place) for place in places[:REFERENCE_ASKED]] and None,
            ),
            _timed(
                "  MBTiles by SQLite",
                rounds,
                ASKED,
                None,
                lambda: [database.execute(select, row).fetchone() for row in flipped] and None,
            ),
        ]


def _each(read: Callable[[TileAt], Tile | None], ats: list[TileAt]) -> None:
    for at in ats:
        read(at)
