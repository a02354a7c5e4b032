"""A city with some of everything that is offered as features, written through the interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapely.geometry import box, mapping

HERE = (24.9458, 60.1690)
"""In the demo city."""

LAMP, POTHOLE = "0118", "E0112"

STREET = {"type": "LineString", "coordinates": [[24.9400, 60.1690], [24.9402, 60.1691]]}

HYDRANTS = 12


def grid(number: int, **more: Any) -> dict[str, Any]:
    """A unit grid, the n-th in a row from the west."""
    west = 125.1 + 0.001 * number
    shape = mapping(box(west, 46.6, west + 0.001, 46.601))
    return {"code": f"230602001001{number:03d}", "geometry": shape, "area_code": "230602001001", **more}


def populate(ask: Callable[..., Any]) -> None:
    """ask: (method, path, body) -> parsed answer; it fails for what is not answered well."""
    for number in range(HYDRANTS):
        place = {"type": "Point", "coordinates": [HERE[0] + number * 1e-4, HERE[1]]}
        properties = {"name": f"hydrant {number}", "bar": number / 2, "open": number % 3 == 0}
        ask("POST", "/v1/layers/hydrants/features", {"type": "Feature", "geometry": place, "properties": properties})
    triangle = {"type": "Polygon", "coordinates": [[[25.0, 60.2], [25.1, 60.2], [25.0, 60.3], [25.0, 60.2]]]}
    ask(
        "POST", "/v1/layers/ponds/features", {"type": "Feature", "geometry": triangle, "properties": {"name": "三角池"}}
    )
    ask(
        "POST",
        "/v1/incidents",
        {
            "kind": "hazard",
            "geometry": STREET,
            "starts_at": "2026-11-01T00:00:00Z",
            "ends_at": "2036-12-01T00:00:00Z",
            "description": "<b>ice & snow</b>",
        },
    )
    first = [grid(1, name="一号"), grid(2), grid(3)]
    ask("POST", "/v1/grids/unit/all/import", {"grids": first, "valid_from": "2026-01-01"})
    second = [grid(1, name="一号"), grid(2), grid(4)]
    ask("POST", "/v1/grids/unit/all/import", {"grids": second, "valid_from": "2026-05-01"})
    for number in range(3):
        at = [HERE[0] + number * 1e-3, HERE[1]]
        ask("POST", "/v1/components?county=230602", {"class": LAMP, "at": at, "owner": "lighting"})
        ask("POST", "/v1/cases", {"class": POTHOLE, "at": at, "source": "inspector", "description": f"hole {number}"})
