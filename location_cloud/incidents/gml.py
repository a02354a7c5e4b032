"""Geometries as GML 3 elements in EPSG:4326: latitude first."""

from __future__ import annotations

from xml.etree import ElementTree

import shapely
from shapely.geometry.base import BaseGeometry

GML = "http://www.opengis.net/gml"

CRS = "urn:ogc:def:crs:EPSG::4326"

MEMBERS = {
    "MultiLineString": "lineStringMember",
    "MultiPolygon": "polygonMember",
}


def as_gml(geometry: BaseGeometry) -> ElementTree.Element:
    """A point, line, polygon or several of them, with the coordinate system named."""
    element = _element(geometry)
    element.set("srsName", CRS)
    return element


def positions(geometry: BaseGeometry) -> str:
    """The points of a simple geometry: "lat lon lat lon ..." in degrees, 7 decimals."""
    return " ".join(f"{lat:.7f} {lon:.7f}" for lon, lat in shapely.get_coordinates(geometry).tolist())


def _element(geometry: BaseGeometry) -> ElementTree.Element:
    kind = geometry.geom_type
    element = ElementTree.Element(f"{{{GML}}}{kind}")
    if kind == "Point":
        _child(element, "pos").text = positions(geometry)
    elif kind == "LineString":
        _child(element, "posList").text = positions(geometry)
    elif kind == "Polygon":
        for ring in shapely.get_rings(geometry):
            side = "exterior" if not len(element) else "interior"
            _child(_child(_child(element, side), "LinearRing"), "posList").text = positions(ring)
    else:
        for part in shapely.get_parts(geometry):
            _child(element, MEMBERS[kind]).append(_element(part))
    return element


def _child(parent: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, f"{{{GML}}}{name}")
