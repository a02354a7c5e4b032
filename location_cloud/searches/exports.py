"""A search for other tools: GPX for receivers, KML for globes, GeoJSON, and CalTopo's kind of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.errors import CloudError
from location_cloud.searches.cells import Floats
from location_cloud.searches.model import Search
from location_cloud.searches.model_plan import Plan
from location_cloud.searches.model_segments import Segments
from location_cloud.searches.patterns import area_lines
from location_cloud.spatial.geojson import as_feature

Json = dict[str, Any]

SIMULATED = "SIMULATED 演练"
"""Stands in every title of an exercise."""

GPX, KML = "http://www.topografix.com/GPX/1/1", "http://www.opengis.net/kml/2.2"

MOST_LINES = 200
"""Assignments whose lines to walk are written: a receiver holds about so many tracks."""


@dataclass(frozen=True)
class Exported:
    """What goes out: the search, its segments with the chance in each (n,), its newest plan. None = there is none."""

    search: Search
    segments: Segments | None
    poa: Floats
    plan: Plan | None

    @property
    def title(self) -> str:
        """What to call it; says so if it is simulated."""
        name = self.search.title or f"Search {self.search.id}"
        return f"{SIMULATED} {name}" if self.search.is_simulated else name


def as_gpx(out: Exported) -> bytes:
    """GPX 1.1: the planning point, the find, segment outlines, and lines to walk in assigned segments."""
    root = Element("gpx", {"xmlns": GPX, "version": "1.1", "creator": "location-cloud"})
    SubElement(SubElement(root, "metadata"), "name").text = out.title
    for name, (lon, lat) in _points(out):
        point = SubElement(root, "wpt", _at(lon, lat))
        SubElement(point, "name").text = f"{SIMULATED} {name}" if out.search.is_simulated else name
    for place, shape in _shapes(out):
        assert out.segments is not None, "it has shapes"
        for ring in shapely.get_rings(shape):
            _track(root, f"Segment {out.segments.names[place]}", np.asarray(ring.coords)[:, :2])
    for assignment, line in _lines(out):
        _track(root, f"{assignment['id']} {assignment['team'] or assignment['resource']}", line)
    return _xml(root)


def as_kml(out: Exported) -> bytes:
    """KML 2.2: the same, with the chance of each segment and who searches it."""
    root = Element("kml", {"xmlns": KML})
    document = SubElement(root, "Document")
    SubElement(document, "name").text = out.title
    for name, (lon, lat) in _points(out):
        mark = _placemark(document, name, "")
        SubElement(SubElement(mark, "Point"), "coordinates").text = f"{lon:.7f},{lat:.7f}"
    folder = SubElement(document, "Folder")
    SubElement(folder, "name").text = "Segments"
    for place, shape in _shapes(out):
        assert out.segments is not None, "it has shapes"
        mark = _placemark(folder, out.segments.names[place], _told(out, place))
        holder = SubElement(mark, "MultiGeometry")
        for part in shapely.get_parts(shape):
            polygon = SubElement(holder, "Polygon")
            _boundary(polygon, "outerBoundaryIs", part.exterior)
            for hole in part.interiors:
                _boundary(polygon, "innerBoundaryIs", hole)
    ways = SubElement(document, "Folder")
    SubElement(ways, "name").text = "Lines"
    for assignment, line in _lines(out):
        mark = _placemark(ways, assignment["id"], assignment["team"] or assignment["resource"])
        SubElement(SubElement(mark, "LineString"), "coordinates").text = _positions(line)
    return _xml(root)


def as_collection(out: Exported) -> Json:
    """GeoJSON: points, segments with their chance and assignments, lines to walk; `role` tells them apart."""
    features = [as_feature(shapely.Point(at), {"role": "point", "name": name}) for name, at in _points(out)]
    for place, shape in _shapes(out):
        assert out.segments is not None, "it has shapes"
        told = {
            "role": "segment",
            "id": out.segments.names[place],
            "area_m2": float(out.segments.area_m2[place]),
            "poa": float(out.poa[place]),
            "assignments": [_public(each) for each in _assigned(out, place)],
        }
        features.append(as_feature(shape, told))
    for assignment, line in _lines(out):
        features.append(as_feature(shapely.LineString(line), {"role": "line", **_public(assignment)}))
    return {
        "type": "FeatureCollection",
        "name": out.title,
        "simulated": out.search.is_simulated,
        "features": features,
    }


def as_caltopo(out: Exported) -> Json:
    """GeoJSON as CalTopo's import reads it: markers, shapes, and assignments of class Assignment.

    Source: properties as CalTopo and SARTopo export them (class, title, stroke, fill, letter, number, teamSize...).
    """
    features = [
        as_feature(
            shapely.Point(at), {"class": "Marker", "title": name, "marker-symbol": "point", "marker-color": "#FF0000"}
        )
        for name, at in _points(out)
    ]
    for place, shape in _shapes(out):
        assert out.segments is not None, "it has shapes"
        name, description = out.segments.names[place], _told(out, place)
        look = {"stroke": "#FF0000", "stroke-width": 2, "fill": "#FF0000", "fill-opacity": 0.1}
        assigned = _assigned(out, place)
        if not assigned:
            features.append(as_feature(shape, {"class": "Shape", "title": name, "description": description, **look}))
        for each in assigned:
            told = {
                "class": "Assignment",
                "title": f"{name} {each['resource']}",
                "letter": name,
                "number": each["id"],
                "resourceType": "GROUND",
                "priority": "HIGH" if each["pos"] >= 0.05 else "MEDIUM" if each["pos"] >= 0.01 else "LOW",
                "responsivePOD": _level(each["pod"]),
                "unresponsivePOD": _level(each["pod"]),
                "status": "PREPARED",
                "timeAllocated": f"{each['hours']:.1f}",
                "description": description,
            }
            features.append(as_feature(shape, told))
    return {"type": "FeatureCollection", "features": features}


# --- parts -------------------------------------------------------------------------------------------------------


def _points(out: Exported) -> list[tuple[str, tuple[float, float]]]:
    found = [(f"{out.search.ipp_type} (IPP)", out.search.ipp)]
    if out.search.find is not None:
        found.append(("Find", out.search.find.location))
    return found


def _shapes(out: Exported) -> Sequence[tuple[int, BaseGeometry]]:
    return [] if out.segments is None else list(enumerate(out.segments.polygons))


def _assigned(out: Exported, place: int) -> list[Json]:
    if out.plan is None or out.segments is None:
        return []
    return [
        each
        for each in out.plan.assignments
        if each["place"] == place and each["segments_version"] == out.segments.version
    ]


def _lines(out: Exported) -> list[tuple[Json, Floats]]:
    """Lines of assignments at the spacing that their coverage needs, in degrees; none where one leg would do more."""
    if out.plan is None or out.segments is None:
        return []
    found: list[tuple[Json, Floats]] = []
    lattice = out.search.lattice
    for place, shape in _shapes(out):
        for each in _assigned(out, place):
            spacing = each["W_m"] / max(each["coverage"], 1e-6)
            for part in shapely.get_parts(shape):
                ring = lattice.xy_m(np.asarray(part.exterior.coords)[:, :2])
                if len(found) >= MOST_LINES or spacing > np.sqrt(shapely.Polygon(ring).area):
                    continue
                try:
                    line = area_lines(ring, spacing).line_m
                except CloudError:  # too many legs for anybody to walk
                    continue
                found.append((each, lattice.lonlat(line)))
    return found


def _public(assignment: Mapping[str, Any]) -> Json:
    return {name: value for name, value in assignment.items() if name not in ("place", "segments_version")}


def _told(out: Exported, place: int) -> str:
    assert out.segments is not None, "it has shapes"
    lines = [f"POA {out.poa[place]:.2%}, {out.segments.area_m2[place] / 1e6:.3f} km2"]
    lines += [
        f"{each['team'] or each['resource']}: {each['hours']:.1f} h, C {each['coverage']:.2f}, POD {each['pod']:.0%}"
        for each in _assigned(out, place)
    ]
    return "; ".join(([SIMULATED] if out.search.is_simulated else []) + lines)


def _level(pod: float) -> str:
    return "HIGH" if pod >= 0.7 else "MEDIUM" if pod >= 0.4 else "LOW"


def _at(lon: float, lat: float) -> dict[str, str]:
    return {"lat": f"{lat:.7f}", "lon": f"{lon:.7f}"}


def _track(root: Element, name: str, lonlat: Floats) -> None:
    track = SubElement(root, "trk")
    SubElement(track, "name").text = name
    segment = SubElement(track, "trkseg")
    for lon, lat in lonlat.tolist():
        SubElement(segment, "trkpt", _at(lon, lat))


def _placemark(holder: Element, name: str, description: str) -> Element:
    mark = SubElement(holder, "Placemark")
    SubElement(mark, "name").text = name
    if description:
        SubElement(mark, "description").text = description
    return mark


def _boundary(polygon: Element, name: str, ring: BaseGeometry) -> None:
    line = SubElement(SubElement(polygon, name), "LinearRing")
    SubElement(line, "coordinates").text = _positions(np.asarray(ring.coords)[:, :2])


def _positions(lonlat: Floats) -> str:
    return " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in lonlat.tolist())


def _xml(root: Element) -> bytes:
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
