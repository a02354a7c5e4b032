"""Geometries written from arrays say what GEOS would say of them."""

from __future__ import annotations

import random

import numpy as np
import orjson
import pytest
import shapely
from shapely.geometry import box, mapping, shape

from location_cloud.features.writing import AT_ONCE, as_geometries


def written(shapes):
    found = orjson.dumps(list(as_geometries(np.array(shapes, object))), option=orjson.OPT_SERIALIZE_NUMPY)
    return orjson.loads(found)


def drawn(rng):
    lon, lat = round(rng.uniform(-180, 179), 6), round(rng.uniform(-90, 89), 6)
    square, hole = box(lon, lat, lon + 1, lat + 1), box(lon + 0.25, lat + 0.25, lon + 0.5, lat + 0.5)
    point, line = shapely.Point(lon, lat), shapely.LineString([(lon, lat), (lon + 1, lat), (lon + 1, lat + 1)])
    several = shapely.MultiPolygon([square, shapely.affinity.translate(hole, 5)])
    together = shapely.GeometryCollection([point, line])
    return rng.choice(
        [None, point, line, square, square.difference(hole), several, shapely.MultiPoint([point]), together]
    )


@pytest.mark.parametrize("seed", range(5))
def test_every_shape_is_written_as_it_is_and_in_its_place(seed):
    rng = random.Random(seed)
    shapes = [drawn(rng) for _ in range(3 * AT_ONCE)]
    for told, expected in zip(written(shapes), shapes, strict=True):
        if expected is None:
            assert told is None
        else:
            assert told["type"] == mapping(expected)["type"]
            assert shapely.equals_exact(shape(told), expected, tolerance=1e-7), seed


def test_heights_are_left_out_and_empty_shapes_are_none():
    told = written([shapely.LineString([(1, 2, 3), (4, 5, 6)]), shapely.Polygon(), shapely.Point(7, 8, 9)])
    assert told == [
        {"type": "LineString", "coordinates": [[1.0, 2.0], [4.0, 5.0]]},
        None,
        {"type": "Point", "coordinates": [7.0, 8.0]},
    ]


def test_no_shapes_are_no_geometries():
    assert written([]) == []
