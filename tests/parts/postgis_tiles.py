"""Layers in PostGIS tables, and their tiles by ST_AsMVT under our rule: oracle of tests and peer of benchmarks."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray

from tiles.features import CodedColumn, LayerFeatures
from tiles.shapes import as_shapely

_HALF_WORLD_M = 20037508.342789244  # of EPSG:3857
_MAX_LATITUDE_DEG = 85.05112877980659


class PostgisTiles:
    """A connection to filled tables."""

    def __init__(self, url: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        self._statement = ""

    def fill(self, layers: Iterable[LayerFeatures]) -> None:
        """One table a layer, with a spatial index, vacuumed; those of before are dropped."""
        pieces = []
        for number, layer in enumerate(layers):
            pieces.append(self._fill_layer(f"layer_{number}", layer))
        self.connection.execute("VACUUM ANALYZE")
        self._statement = "SELECT " + " || ".join(pieces)

    def tile(self, z: int, x: int, y: int) -> bytes:
        """All layers of one tile, concatenated in their order."""
        found = self.connection.execute(self._statement, {"z": z, "x": x, "y": y}, prepare=True, binary=True).fetchone()
        return bytes(found[0]) if found else b""

    def _fill_layer(self, table: str, layer: LayerFeatures) -> str:
        count = len(layer.ids)
        names = list(layer.attributes)
        columns = [values_of(layer.attributes[name]) for name in names]
        types = [_type_of(column) for column in columns]
        wkb = shapely.to_wkb(shapely.set_srid(_mercator(as_shapely(layer)), 3857), hex=True, include_srid=True)
        zooms = [np.broadcast_to(np.asarray(zoom), count).tolist() for zoom in (layer.min_zoom, layer.max_zoom)]
        quoted = [f'"{name}"' for name in names]
        declared = "".join(f", {name} {kind}" for name, kind in zip(quoted, types))
        with self.connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cursor.execute(
                f"CREATE TABLE {table} (fid bigint, mz smallint, xz smallint, geom geometry(Geometry, 3857){declared})"
            )
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in zip(layer.ids.tolist(), *zooms, wkb.tolist(), *columns):
                    copy.write_row(row)
            cursor.execute(f"CREATE INDEX ON {table} USING gist (geom)")
        attributes = "".join(f", {name}" for name in quoted)
        return (
            f"COALESCE((SELECT ST_AsMVT(t, '{layer.name}', 4096, 'g', 'fid') FROM (SELECT fid{attributes},"
            " ST_AsMVTGeom(geom, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), 4096, 64, true) AS g"
            f" FROM {table} WHERE geom && ST_TileEnvelope(%(z)s, %(x)s, %(y)s, margin => 64.0 / 4096)"
            " AND mz <= %(z)s AND xz >= %(z)s) t WHERE g IS NOT NULL), ''::bytea)"
        )


def _mercator(geometries: NDArray[np.object_]) -> Any:
    def project(lonlat: Any) -> Any:
        latitude = np.radians(np.clip(lonlat[:, 1], -_MAX_LATITUDE_DEG, _MAX_LATITUDE_DEG))
        return np.column_stack([lonlat[:, 0] / 180, np.arcsinh(np.tan(latitude)) / np.pi]) * _HALF_WORLD_M

    return shapely.transform(geometries, project)


def values_of(column: Any) -> list[Any]:
    """The n values of an attribute, None for nothing."""
    if isinstance(column, CodedColumn):
        known: Sequence[Any] = [*column.values, None]  # the last one answers for code -1
        return [known[code] for code in column.codes.tolist()]
    values = column.tolist() if isinstance(column, np.ndarray) else list(column)
    return [None if value != value else value for value in values]  # NaN is nothing


def _type_of(values: list[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return "boolean"
    if kinds <= {int}:
        return "bigint"
    return "double precision" if kinds <= {int, float} else "text"
