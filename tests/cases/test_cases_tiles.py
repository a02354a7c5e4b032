"""Cases and components on the map: what is open is there, with its lamp; what is over or removed is not."""

from __future__ import annotations

from tests.cases.conftest import PLACE
from tiles.mercator import tiles_in_bbox


def tile(centre, name):
    found = tiles_in_bbox(*PLACE, *PLACE, 14)
    return centre("GET", f"/tiles/{name}/14/{found.x_min}/{found.y_min}.mvt").data


def test_open_cases_are_on_the_map_until_they_are_over(centre):
    assert tile(centre, "cases") == b""
    case = centre.report()
    assert b"reported" in tile(centre, "cases")
    assert b"green" in tile(centre, "cases")
    centre.act(case, "accept")
    assert b"accepted" in tile(centre, "cases")
    centre.act(case, "reject", role="leader")
    assert tile(centre, "cases") == b""


def test_components_are_on_the_map_until_they_are_removed(centre):
    lamp = centre.ask("POST", "/v1/components?county=230602", {"class": "0118", "at": PLACE, "owner": "lighting"}, 201)
    assert lamp["id"].encode() in tile(centre, "components")
    centre.ask("PATCH", f"/v1/components/{lamp['id']}", {"state": "removed"}, If_Match="*")
    assert tile(centre, "components") == b""


def test_a_tenant_sees_its_own_alone(centre, other_centre):
    centre.report()
    assert tile(other_centre, "cases") == b""
