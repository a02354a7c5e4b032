"""Is a closed way a surface or only a ring? OSM leaves it to the tags.

Source: OSM wiki, "Key:area" and the feature pages of the keys below (closed ways that stand for an area by default).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.extract import TagTable


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

_TELLING = {"area", *_ALWAYS, *_LINES, *_SOME}


def find_area_tags(tags: TagTable) -> NDArray[np.bool_]:
    """(n,) which closed ways with these tags stand for surfaces."""
    row = np.repeat(np.arange(len(tags)), tags.length)
    code = tags.code[tags.places].astype(np.int64)
    is_telling = np.fromiter((text in _TELLING for text in tags.text), bool, len(tags.text))
    telling = is_telling[code[:, 0]]
    row, code = row[telling], code[telling]
    # What a tag says is asked once for each different one.
    pairs, which = np.unique(code[:, 0] * len(tags.text) + code[:, 1], return_inverse=True)
    said = [_says(tags.text[pair // len(tags.text)], tags.text[pair % len(tags.text)]) for pair in pairs.tolist()]
    verdict = np.array(said, np.int8)[which]
    found = np.zeros(len(tags), bool)
    found[row[verdict == _SURFACE]] = True
    found[row[verdict == _YES]] = True
    found[row[verdict == _NO]] = False
    return found


_NOTHING, _SURFACE, _YES, _NO = range(4)
"""What a tag says: nothing; that a closed way is a surface; so in words, whatever others say; that it is none."""


def _says(key: str, value: str) -> int:
    if key == "area":
        return {"yes": _YES, "no": _NO}.get(value, _NOTHING)
    if value == "no":
        return _NOTHING
    if key in _SOME:
        return _SURFACE if value in _SOME[key] else _NOTHING
    return _NOTHING if value in _LINES.get(key, ()) else _SURFACE
