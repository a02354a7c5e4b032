"""A page of features as GeoJSON: all its positions are written at once, none of them becomes a Python number.

Source: RFC 7946; OGC 17-069r4, 7.15-7.16 and 8.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice, pairwise
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from location_cloud.feature_sets import Page
from location_cloud.features.systems import placed

Json = dict[str, Any]

DECIMALS = 8
"""Of positions: a millimetre in degrees."""

POINT, LINE, POLYGON = 0, 1, 3
"""Types of shapely that are written from their arrays; the other ones are texts of GEOS."""

AT_ONCE = 64
"""Features that are written together: of so few Python's search for garbage (every 700 new containers) never learns. It
took half the time of ten thousand."""


def as_collection(page: Page, system: str, links: Sequence[Json], matched: int | None, now: datetime) -> bytes:
    """The page as a feature collection. matched: how many are meant in all, None = not told."""
    counted = {} if matched is None else {"numberMatched": matched}
    head = orjson.dumps(
        {
            "type": "FeatureCollection",
            "timeStamp": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            **counted,
            "numberReturned": len(page.ids),
            "links": links,
        }
    )
    features = as_features(page, system)
    parts = [_dumped(some)[1:-1] for some in iter(lambda: list(islice(features, AT_ONCE)), [])]
    return b"".join((head[:-1], b',"features":[', b",".join(parts), b"]}"))


def as_feature(page: Page, system: str, links: Sequence[Json]) -> bytes:
    """The one feature of a page."""
    return _dumped({**next(as_features(page, system)), "links": links})


def as_features(page: Page, system: str) -> Iterator[Json]:
    """Each feature, its positions still in arrays. Raises Unprocessable where the system cannot show one."""
    geometries = as_geometries(placed(shapely.orient_polygons(page.geometries), system))
    for id_, geometry, told in zip(page.ids, geometries, page.properties, strict=True):
        properties = orjson.Fragment(told) if isinstance(told, bytes) else told
        yield {"type": "Feature", "id": id_, "geometry": geometry, "properties": properties}


def as_geometries(shapes: NDArray[np.object_]) -> Iterator[Any]:
    """Shapes as GeoJSON geometries, None for none and for empty ones; positions of plain types as slices of one array.

    Rings are turned as they are in the shapes.
    """
    kinds = np.where(shapely.is_empty(shapes), -1, shapely.get_type_id(shapes))
    written = {
        POINT: _points(shapes[kinds == POINT]),
        LINE: _lines(shapes[kinds == LINE]),
        POLYGON: _polygons(shapes[kinds == POLYGON]),
    }
    others = _others(shapes[~np.isin(kinds, (-1, *written))])
    for kind in kinds.tolist():
        yield None if kind < 0 else next(written.get(kind, others))


def _points(shapes: NDArray[np.object_]) -> Iterator[Json]:
    for lonlat in _rounded(shapely.get_coordinates(shapes)):
        yield {"type": "Point", "coordinates": lonlat}


def _lines(shapes: NDArray[np.object_]) -> Iterator[Json]:
    if not len(shapes):
        return
    _, positions, (starts,) = shapely.to_ragged_array(shapes, include_z=False)
    lonlat = _rounded(positions)
    for first, last in pairwise(starts.tolist()):
        yield {"type": "LineString", "coordinates": lonlat[first:last]}


def _polygons(shapes: NDArray[np.object_]) -> Iterator[Json]:
    if not len(shapes):
        return
    _, positions, (ring_starts, starts) = shapely.to_ragged_array(shapes, include_z=False)
    lonlat, ring = _rounded(positions), ring_starts.tolist()
    for first, last in pairwise(starts.tolist()):
        rings = [lonlat[ring[each] : ring[each + 1]] for each in range(first, last)]
        yield {"type": "Polygon", "coordinates": rings}


def _others(shapes: NDArray[np.object_]) -> Iterator[Any]:
    for text in shapely.to_geojson(shapely.transform(shapes, _rounded)).tolist():
        yield orjson.Fragment(text)


def _rounded(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.ascontiguousarray(np.round(positions, DECIMALS))


def _dumped(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY)
