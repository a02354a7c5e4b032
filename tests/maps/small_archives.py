"""Small archives for tests: tiles of one point each, written as PMTiles or MBTiles."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import mapbox_vector_tile

from location_cloud.maps.archive_writer import Caption, PmtilesWriter
from tiles.packed import pack
from tiles.pmtiles import tile_id

PLACES = ((0, 0, 0), (1, 1, 0), (2, 2, 1), (2, 3, 1), (3, 5, 2))
"""What `write_pmtiles` writes if nothing else is asked for."""

BOX = (0.0, 10.0, 60.0, 70.0)


def vector_tile(name: str) -> bytes:
    """An MVT tile with a point of that name."""
    point = {"geometry": "POINT(10 10)", "properties": {"name": name}}
    return mapbox_vector_tile.encode([{"name": "things", "features": [point]}])


def write_pmtiles(
    file: Path, places: Iterable[tuple[int, int, int]] = PLACES, text: str = "", metadata: dict | None = None
) -> Path:
    """An archive of vector tiles that name their place, or all the same text."""
    layers = [{"id": "things", "fields": {"name": "String"}, "minzoom": 0, "maxzoom": 3}]
    told = {"name": "Small", "attribution": "me", "vector_layers": layers} if metadata is None else metadata
    with PmtilesWriter(file) as writer:
        for place in places:
            writer.add([tile_id(*place)], [pack(vector_tile(text or "/".join(map(str, place))))])
        writer.finish(Caption("mvt", True, BOX, (30.0, 50.0, 2), told))
    return file


def write_mbtiles(file: Path, rows: Iterable[tuple[object, ...]], **metadata: str) -> Path:
    """An MBTiles file with these rows: zoom_level, tile_column, tile_row, tile_data."""
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE metadata (name text, value text)")
    connection.execute("CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob)")
    connection.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())
    connection.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    connection.commit()
    connection.close()
    return file
