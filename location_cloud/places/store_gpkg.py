"""Reads an operator's GeoPackage (OGC 12-128r19), which is an SQLite file.

Read as what it is: GDAL opens whatever the bytes are, and a VRT called x.gpkg would make it read other files.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import shapely
from numpy.typing import NDArray

from location_cloud.errors import BadInput
from location_cloud.places.model_own import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, RawRows
from location_cloud.spatial.crs import unproject
from location_cloud.spatial.errors import SpatialError

MOST_BYTES = 4 << 30

AT_ONCE = 50_000
"""Rows fetched at once."""

MOST_CELL_BYTES = 100_000_000
"""Of one value: the outline of a country has less, and SQLite can make a gigabyte of a few bytes."""

MOST_CHARS = 1 << 30
"""Of all texts of a layer, for the same reason."""

PARTS = ("gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
"""Tables that say what the others are."""

TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
"""Stored ones: views and virtual tables may be any program."""

ENVELOPE_BYTES = (0, 32, 48, 48, 64)
"""Of a geometry's header by its envelope code (12-128r19, clause 2.1.3)."""

WORLD = {4326, 4490, 0, -1}
"""Numbers of systems whose degrees are taken as they are: WGS-84, CGCS2000, and "not stated"."""

MOST_COLLECTIONS = 200
"""In one geometry. GEOS reads collections inside one another by recursion and ends the process at some thousands."""

_COLLECTION = re.compile(
    rb"\x01(?:[\x04-\x07]\0\0|[\xec-\xef]\x03\0|[\xd4-\xd7]\x07\0|[\xbc-\xbf]\x0b\0).|"
    rb"\0.\0(?:\0[\x04-\x07]|\x03[\xec-\xef]|\x07[\xd4-\xd7]|\x0b[\xbc-\xbf])",
    re.DOTALL,
)
"""How a collection begins in WKB: the order of its bytes, its kind with or without Z and M, flags of EWKB."""

SQLITE = b"SQLite format 3\0"


def read_gpkg(path: Path, layer: str | None = None) -> RawRows:
    """The rows of a layer; the only one if none is named.

    Raises BadInput if it is no GeoPackage or has no such layer, BadInput if it is too large.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise BadInput(f"{path}: {size:,} bytes, at most {MOST_BYTES:,}")
    with path.open("rb") as file:
        if file.read(len(SQLITE)) != SQLITE:
            raise BadInput(f"{path}: not a GeoPackage; its bytes are of another kind of file")
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_CELL_BYTES)
            database.text_factory = lambda data: data.decode("utf-8", "replace")
            return _read(path, database, layer)
    except sqlite3.Error as error:
        raise BadInput(f"{path}: cannot be read as a GeoPackage: {error}") from error


def _read(path: Path, database: sqlite3.Connection, layer: str | None) -> RawRows:
    tables = {row[0] for row in database.execute(TABLES)}
    if PARTS[0] not in tables:
        raise BadInput(f"{path}: not a GeoPackage; it has no table {PARTS[0]}")
    if database.execute(f"SELECT 1 FROM sqlite_master WHERE name IN {PARTS} AND rootpage = 0").fetchone():
        raise BadInput(f"{path}: {', '.join(PARTS)} must be tables; a view may be any program")
    table = _layer(path, database, tables, layer)
    geometry, system = None, 0
    if PARTS[1] in tables:
        found = "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?"
        geometry, system = database.execute(found, (table,)).fetchone() or (None, 0)
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({_quoted(table)})")]  # stored ones only
    if geometry and geometry not in columns:
        raise BadInput(f"{path}: layer {table} has no column {str(geometry)[:60]!r}, which should be its geometry")
    if len(columns) > MOST_COLUMNS:
        raise BadInput(f"{path}: {len(columns):,} columns, at most {MOST_COLUMNS:,}; leave out what is not needed")
    most, characters = min(MOST_ROWS, MOST_CELLS // max(len(columns), 1)), 0
    texts = [name for name in columns if name != geometry]
    wanted = ", ".join(map(_quoted, [*texts, *([geometry] if geometry else [])]))
    cursor = database.execute(f"SELECT {wanted} FROM {_quoted(table)}")
    raw = RawRows("row", note=f"read layer {table}")
    raw.columns = {name: [] for name in texts}
    points: list[NDArray[np.float64]] = []
    while rows := cursor.fetchmany(AT_ONCE):
        raw.number += range(len(raw) + 1, len(raw) + len(rows) + 1)
        if len(raw) > most:
            raise BadInput(f"{path}: more than {most:,} rows of {len(columns)} columns in {table}; split it")
        by_column = list(zip(*rows, strict=True))
        for name, values in zip(texts, by_column):
            raw.columns[name] += (made := [_as_text(value) for value in values])
            characters += sum(map(len, made))
        if characters > MOST_CHARS:
            raise BadInput(f"{path}: more than {MOST_CHARS:,} characters of text in {table}; split it")
        if geometry:
            points.append(_points(by_column[-1]))
    if geometry:
        raw.lonlat = _in_world(path, np.concatenate([np.zeros((0, 2)), *points]), system, database, raw)
    return raw


def _layer(path: Path, database: sqlite3.Connection, tables: set[str], layer: str | None) -> str:
    listed = database.execute("SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes')")
    known = sorted({str(row[0]) for row in listed} & tables)
    if layer is None and len(known) == 1:
        return str(known[0])
    if layer in known:
        return str(layer)
    told = ", ".join(known) or "none"
    asked = f"no layer {layer!r}" if layer else "several layers" if known else "no layer"
    raise BadInput(f"{path}: {asked}; name one with --layer: {told}")


def _points(blobs: tuple[Any, ...]) -> NDArray[np.float64]:
    """(n, 2) a point inside each geometry, NaN where there is none."""
    shapes: NDArray[np.object_] = np.asarray(
        shapely.from_wkb(np.array([_wkb(blob) for blob in blobs], object), on_invalid="ignore"), object
    )
    shapes[shapely.is_empty(shapes)] = None
    other = shapely.get_type_id(shapes) > 0
    shapes[other] = shapely.point_on_surface(shapes[other])
    return np.stack([shapely.get_x(shapes), shapely.get_y(shapes)], axis=1)


def _wkb(blob: Any) -> bytes | None:
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8:
        return None
    code = (blob[3] >> 1) & 7
    if code >= len(ENVELOPE_BYTES):
        return None
    wkb = blob[8 + ENVELOPE_BYTES[code] :]
    if (
        _COLLECTION.match(wkb)
        and sum(1 for _ in islice(_COLLECTION.finditer(wkb), MOST_COLLECTIONS)) == MOST_COLLECTIONS
    ):
        return None
    return wkb


def _in_world(
    path: Path, points: NDArray[np.float64], system: int, database: sqlite3.Connection, raw: RawRows
) -> NDArray[np.float64]:
    if system in WORLD:
        return points
    owner, number = database.execute(
        "SELECT organization, organization_coordsys_id FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (system,)
    ).fetchone() or ("", 0)
    if str(owner).upper() == "EPSG" and number in WORLD:
        return points
    good = np.isfinite(points).all(axis=1)
    try:
        if str(owner).upper() != "EPSG":
            raise BadInput(f"{path}: its coordinate system {system} is none of EPSG; convert it to WGS-84 before")
        points[good] = unproject(points[good], int(number))
    except SpatialError as error:
        raise BadInput(f"{path}: its coordinates cannot be converted from EPSG:{number}: {error}") from error
    raw.note += f", converted from EPSG:{number}"
    return points


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, bytes):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
