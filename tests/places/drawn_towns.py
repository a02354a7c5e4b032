"""Small towns drawn as text, through the real reader and the real sections."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.capability import Import
from location_cloud.places.dataset import SECTION as PLACES
from location_cloud.storage.osm import read_osm


class Quiet:
    def step(self, title: str, total: int = 0) -> None: ...

    def advance(self, units: int = 1) -> None: ...


@dataclass(frozen=True)
class BuiltWorld:
    """The two sections that places needs, as a request sees them."""

    sections: dict[str, Any]
    live: Any = None
    overlay: Any = None

    def section(self, section: Any) -> Any:
        return self.sections[section.name]


def build_world(file: Path, folder: Path) -> BuiltWorld:
    extract, sources = read_osm([file], None, Quiet())
    import_ = Import("test", extract, sources, folder, None, (), Quiet())
    for section in (AREAS, PLACES):
        (folder / section.name).mkdir()
        section.build(import_, folder / section.name)
        section.check(folder / section.name)
    return BuiltWorld({section.name: section.load(folder / section.name) for section in (AREAS, PLACES)})


TOWN = """
n 1 125.0000 46.5000
n 2 125.0100 46.5000
n 3 125.0200 46.5000
n 4 125.0000 46.5050
n 5 125.0200 46.5050
n 6 125.3000 46.4000
n 7 125.3100 46.4000
w 101 1,2 highway=primary name=团结大街 name:en=Unity_Avenue
w 102 2,3 highway=primary name=团结大街
w 103 4,5 highway=residential name=萨尔图大街
w 104 6,7 highway=residential name=团结大街
n 11 125.0010 46.5003 addr:street=团结大街 addr:housenumber=2
n 12 125.0050 46.5003 addr:street=团结大街 addr:housenumber=10
n 13 125.0012 46.4997 addr:street=团结大街 addr:housenumber=1
n 14 125.0090 46.4997 addr:street=团结大街 addr:housenumber=9甲
n 15 125.3050 46.4003 addr:street=团结大街 addr:housenumber=202
n 16 125.0150 46.5003 addr:street=团结大街 addr:housenumber=257
n 17 24.9400 60.1700 addr:street=Main_Street addr:housenumber=12 addr:city=Springfield addr:postcode=00100
n 18 24.9450 60.1700 addr:street=Main_Street addr:housenumber=12a addr:city=Springfield addr:postcode=00100
n 19 25.9450 61.1700 addr:street=Main_Street addr:housenumber=12 addr:city=Shelbyville addr:postcode=00200
n 31 125.0030 46.5010 amenity=hospital name=大庆市第一医院
n 32 125.0180 46.5010 amenity=hospital name=油田总医院
n 33 125.0100 46.5060 shop=books name=书香书店 name:en=Fragrant_Books
n 34 125.0400 46.5100 man_made=petroleum_well ref=北5-9-572
n 35 125.0410 46.5100 man_made=petroleum_well ref=北5-95-72
n 36 24.9410 60.1710 amenity=cafe name=Café_Ångström
n 37 24.9420 60.1715 railway=station name=Springfield_Central_Station
n 38 24.9400 60.1720 place=town name=Springfield
"""

ROAD_NUMBERS = """
n 1 8.6000 49.4000
n 2 8.6100 49.4000
n 3 8.6200 49.4000
n 4 8.6300 49.4100
n 5 8.6400 49.4100
w 201 1,2 highway=motorway ref=A_5
w 202 2,3 highway=primary ref=B_3;B_37 name=Rohrbacher_Straße
w 203 4,5 highway=secondary ref=L_600
w 204 1,4 highway=residential name=Luisenstraße
w 205 1,5 highway=residential name=Am_Steg
w 206 3,4 highway=residential name=Burggasse
w 207 3,5 highway=motorway ref=G10 name=绥满高速公路
w 208 2,5 highway=footway ref=W_7
n 11 8.6000 49.4001 addr:street=Luisenstraße addr:housenumber=600
n 12 8.6000 49.4001 addr:street=Am_Steg addr:housenumber=5
n 13 8.6200 49.4001 addr:street=Burggasse addr:housenumber=3
n 14 8.6100 49.4001 addr:street=Rohrbacher_Straße addr:housenumber=12
n 15 8.6110 49.4001 addr:street=Rohrbacher_Straße addr:housenumber=20
n 21 8.6100 49.4030 amenity=hospital name=Silmäsairaala
n 22 8.6100 49.4060 amenity=hospital name=赛拉拉医院
n 23 8.6100 49.4090 shop=clothes name=C
"""


SPACED = ("name", "addr:", "ref", "old_name", "alt_name")
"""Keys in whose values _ stands for a space."""

MEMBERS = {"n": "node", "w": "way", "r": "relation"}


def osm_of(lines: str) -> str:
    """The drawing as OSM XML: n id lon lat key=value, w id nodes key=value, r id role:n1,role:w2 key=value."""
    parts = []
    for line in sorted(lines.strip().splitlines(), key=lambda line: ("nwr".index(line[0]), int(line.split()[1]))):
        kind, number, *rest = line.split()
        tags = "".join(
            f'<tag k="{key}" v="{value.replace("_", " ") if key.startswith(SPACED) else value}"/>'
            for key, value in (part.split("=", 1) for part in rest if "=" in part)
        )
        if kind == "n":
            parts.append(f'<node id="{number}" version="1" lon="{rest[0]}" lat="{rest[1]}">{tags}</node>')
        elif kind == "w":
            refs = "".join(f'<nd ref="{ref}"/>' for ref in rest[0].split(","))
            parts.append(f'<way id="{number}" version="1">{refs}{tags}</way>')
        else:
            members = (part.rpartition(":") for part in rest[0].split(","))
            listed = "".join(
                f'<member type="{MEMBERS[name[0]]}" ref="{name[1:]}" role="{role}"/>' for role, _, name in members
            )
            parts.append(f'<relation id="{number}" version="1">{listed}{tags}</relation>')
    return f'<osm version="0.6">{"".join(parts)}</osm>'
