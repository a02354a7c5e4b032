"""What an administrative area is: its level, its row, and where its position was taken from."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

LEVELS = ("country", "province", "city", "district", "town", "village")
"""From the largest to the smallest; an area's level is a position in here."""

RANKS = {"country": 2, "province": 4, "city": 5, "district": 6, "town": 8, "village": 10}
"""OSM admin_level that each level has in China (OSM wiki, Tag:boundary=administrative, table for China)."""

POSITIONS = ("none", "boundary", "populated place", "surrounding area")
"""Where an area's position comes from: inside its boundary, GeoNames, or only that of the area around it."""


@dataclass(frozen=True)
class AreaRow:
    """One area while the section is built.

    code: statistical code ("230602"), or "osm:r<id>" / "osm:w<id>". rank: depth as an OSM admin_level.
    parent: code of the parent, "" = not known or none. within: codes of the areas that a unit without boundary
    lies in. lonlat: degrees or None. accuracy_m: radius in metres that holds the area.
    source: key into the section's sources. osm: the OSM object that gave or confirmed the boundary, else "".
    """

    code: str
    name: str
    level: str
    rank: int
    source: str
    name_en: str = ""
    admin_level: int = 0
    parent: str = ""
    within: tuple[str, ...] = ()
    geometry: BaseGeometry | None = None
    lonlat: tuple[float, float] | None = None
    accuracy_m: float = 0.0
    position: str = "none"
    osm: str = ""


def level_of(admin_level: int) -> str:
    """The level that an OSM admin_level is closest to, by the table for China.

    Countries use the numbers differently (8 is a municipality in Germany and in Finland): admin_level stays beside it.
    """
    if admin_level <= 2:
        return "country"
    if admin_level <= 4:
        return "province"
    if admin_level == 5:
        return "city"
    if admin_level <= 7:
        return "district"
    return "town" if admin_level <= 9 else "village"
