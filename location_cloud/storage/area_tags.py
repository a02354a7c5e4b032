"""Is a closed way a surface or only a ring? OSM leaves it to the tags.

Source: OSM wiki, "Key:area" and the feature pages of the keys below (closed ways that stand for an area by default).
"""

from __future__ import annotations

from location_cloud.extract import Tags


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ALWAYS = _words(
    "amenity area:highway boundary building building:part club craft golf healthcare historic indoor landuse leisure "
    "office place public_transport shop tourism military water wetland"
)
"""Keys whose closed ways are areas, but for the values below."""

_LINES = {
    "leisure": frozenset({"track", "slipway"}),
    "historic": frozenset({"citywalls"}),
    "indoor": frozenset({"wall", "door"}),
    "golf": frozenset({"hole", "path", "cartpath"}),
    "military": frozenset({"trench"}),
    "natural": frozenset({"coastline", "cliff", "ridge", "arete", "tree_row", "valley", "gorge", "earth_bank"}),
    "man_made": frozenset({"breakwater", "cutline", "dyke", "embankment", "groyne", "pipeline", "goods_conveyor"}),
    "aeroway": frozenset({"taxiway", "runway", "jet_bridge", "parking_position", "stopway"}),
}
"""Values that stay lines although their key makes areas."""

_SOME = {
    "highway": frozenset({"services", "rest_area", "platform", "elevator"}),
    "railway": frozenset({"station", "platform", "turntable", "roundhouse", "traverser"}),
    "waterway": frozenset({"riverbank", "dock", "boatyard", "dam", "fuel"}),
    "power": frozenset({"plant", "substation", "generator", "transformer", "switchgear"}),
    "barrier": frozenset({"city_wall_area", "hedge_area"}),
    "emergency": frozenset({"landing_site", "assembly_point", "ambulance_station"}),
    "attraction": frozenset({"animal", "maze"}),
}
"""Values that are areas although their key makes lines."""


def is_area(tags: Tags) -> bool:
    """Does a closed way with these tags stand for a surface?"""
    stated = tags.get("area")
    if stated in ("yes", "no"):
        return stated == "yes"
    for key, value in tags.items():
        if value == "no":
            continue
        if key in _SOME:
            if value in _SOME[key]:
                return True
        elif (key in _ALWAYS or key in _LINES) and value not in _LINES.get(key, ()):
            return True
    return False
