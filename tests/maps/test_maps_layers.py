from __future__ import annotations

import numpy as np
import pytest
import shapely
from maps.osm_of_tags import features, rows, square

from location_cloud.extract import RELATION, WAY, OsmAreas
from location_cloud.maps.osm_shapes import area_ids, line_ids, node_ids
from tiles.encode import encode_tile
from tiles.index import build_layer
from tiles.mercator import tiles_in_bbox

PRIMARY = {"highway": "primary", "surface": "asphalt"}
CHAIN = [[(125.0 + 0.01 * k, 46.5), (125.005 + 0.01 * k, 46.501), (125.01 + 0.01 * k, 46.5)] for k in range(5)]


def test_ids_say_what_they_number():
    areas = OsmAreas(np.array([7, 8]), np.array([WAY, RELATION]), np.empty(2, object), [{}, {}])
    assert area_ids(areas, np.arange(2)).tolist() == [72, 83]
    assert node_ids(np.array([9])).tolist() == [91]
    assert line_ids(np.array([10])).tolist() == [10]


def test_objects_that_nobody_uploaded_have_ids_that_browsers_can_hold():
    drawn = [*line_ids(np.array([-1])).tolist(), *node_ids(np.array([-1])).tolist()]
    assert all(0 < number < 2**53 for number in drawn)


@pytest.mark.parametrize(("side_deg", "zoom"), [(0.0001, 14), (0.0003, 13), (0.003, 10), (0.3, 7)])
def test_an_area_is_drawn_as_soon_as_it_can_be_seen(side_deg, zoom):
    made = features("land", areas=[({"landuse": "forest"}, square(side_deg))])
    assert made.min_zoom.tolist() == [zoom]


def test_the_size_of_an_area_counts_as_on_the_map():
    [row] = rows(features("water_polygons", areas=[({"natural": "water"}, square(0.1))]))
    mercator = shapely.transform(square(0.1), lambda lonlat: _web_mercator_m(lonlat))
    assert row["way_area"] == pytest.approx(mercator.area, rel=1e-3)


def _web_mercator_m(lonlat):
    radius_m = 6378137
    lat = np.radians(lonlat[:, 1])
    return np.column_stack([np.radians(lonlat[:, 0]), np.arcsinh(np.tan(lat))]) * radius_m


def test_ways_of_a_road_are_one_line_from_afar_and_themselves_at_hand():
    made = features("streets", ways=[(PRIMARY, line) for line in CHAIN])
    far = made.max_zoom == 12
    assert made.ids[~far].tolist() == [1, 2, 3, 4, 5]
    assert set(made.min_zoom[~far].tolist()) == {13}
    [joined] = made.geometries[far]
    assert shapely.get_num_geometries(joined) == 1
    assert [row for row, is_far in zip(rows(made), far) if is_far] == [{"kind": "primary"}]
    assert made.min_zoom[far].tolist() == [8]


def test_a_joined_line_ends_where_its_ways_end():
    made = features("streets", ways=[(PRIMARY, line) for line in CHAIN])
    line = shapely.get_geometry(made.geometries[-1], 0)
    ends = {tuple(np.round(shapely.get_coordinates(line)[at], 6)) for at in (0, -1)}
    assert ends == {(125.0, 46.5), (125.05, 46.5)}


def test_a_tunnel_is_not_joined_to_the_road_before_it():
    ways = [(PRIMARY, CHAIN[0]), ({**PRIMARY, "tunnel": "yes"}, CHAIN[1])]
    made = features("streets", ways=ways)
    far = [row for row, zoom in zip(rows(made), made.max_zoom) if zoom == 12]
    assert sorted(row.get("tunnel", False) for row in far) == [False, True]


def test_every_zoom_draws_each_road_once():
    index = build_layer(features("streets", ways=[(PRIMARY, line) for line in CHAIN]))
    for zoom in range(8, 17):
        seen = [encode_tile([index], *tile) for tile in tiles_in_bbox(125.0, 46.49, 125.05, 46.51, zoom).tiles()]
        assert any(seen), zoom
    shown = [((index.columns.min_zoom <= z) & (index.columns.max_zoom >= z)).sum() for z in (8, 12, 13, 16)]
    assert shown == [1, 1, 5, 5]


def test_an_extract_without_streets_has_an_empty_layer():
    assert len(build_layer(features("streets"))) == 0
