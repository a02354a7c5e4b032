"""The documents of a Web Map Tile Service: capabilities, and reports of what went wrong.

Source: OGC 07-057r7, WMTS Implementation Standard 1.0.0; OGC 06-121r3, OWS Common 1.1.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from location_cloud.errors import BadQuery, CloudError
from location_cloud.maps.matrices import (
    HALF_WORLD_M,
    MatrixSet,
    Scale,
    first_level,
    limits_in,
    sets_of,
)
from location_cloud.tile_sets import MEDIA_TYPES, Box, Form, Matrix, TileSet

MEDIA_TYPE: Final = "application/xml"

VERSION: Final = "1.0.0"

STYLE: Final = "default"
"""The one style of every layer; another look is another layer."""

ANY_FORMAT: Final = "tiles"
"""What Tianditu calls the format of its tiles: here the first of the layer."""

NAMESPACES: Final = {
    "xmlns": "http://www.opengis.net/wmts/1.0",
    "xmlns:ows": "http://www.opengis.net/ows/1.1",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": (
        "http://www.opengis.net/wmts/1.0 http://schemas.opengis.net/wmts/1.0/wmtsGetCapabilities_response.xsd"
    ),
    "version": VERSION,
}

TIANDITU_EPSG: Final[Mapping[Matrix, int]] = {"w": 900913, "c": 4490}
"""The numbers by which clients of Tianditu know its reference systems."""

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 document may hold; a title out of an archive may."""

STATUSES: Final = {"OperationNotSupported": 501, "NoApplicableCode": 500}
"""HTTP statuses of exception codes, 400 for all others. Source: OGC 07-057r7, tables 20 and 24."""


class WmtsError(BadQuery):
    """A question of this protocol that cannot be answered.

    code, locator: what the protocol calls it, and where. http_status: 0 = the code's.
    """

    def __init__(self, code: str, locator: str, detail: str, hint: str = "", http_status: int = 0) -> None:
        super().__init__(detail, hint)
        self.ows_code = code
        self.locator = locator
        self.http_status = http_status or STATUSES.get(code, 400)


@dataclass(frozen=True)
class Layer:
    """A tile set as the document tells it. template: address of its tiles with {TileMatrixSet}... for a form."""

    tile_set: TileSet
    title: str
    bounds: Box
    template: Callable[[Form], str]

    @property
    def forms(self) -> tuple[Form, ...]:
        """What a map program can draw."""
        return drawable(self.tile_set)


Attributes: TypeAlias = dict[str, str]


def drawable(tile_set: TileSet) -> tuple[Form, ...]:
    """The forms that a map program can draw: all but bytes that need a program of their own."""
    return tuple(form for form in tile_set.forms if form != "bin")


# --- capabilities ---------------------------------------------------------------------------------


def capabilities(title: str, layers: Sequence[Layer], kvp: str, rest: str, scale: Scale = "ogc") -> bytes:
    """The capabilities document.

    kvp: address that parameters are written behind, ending with ? or &. rest: address of the document itself.
    scale: which scale denominators it tells; "tianditu" is for clients that count 96 pixels to the inch, and names
    Web Mercator as Tianditu does. The tiles are the same.
    """
    root = Element("Capabilities", NAMESPACES)
    service = _add(root, "ows:ServiceIdentification")
    _add(service, "ows:Title", title)
    _add(service, "ows:ServiceType", "OGC WMTS")
    _add(service, "ows:ServiceTypeVersion", VERSION)
    operations = _add(root, "ows:OperationsMetadata")
    _operation(operations, "GetCapabilities", kvp, rest)
    _operation(operations, "GetTile", kvp, rest.rpartition("/wmts/")[0] + "/wmts/")
    contents = _add(root, "Contents")
    for layer in layers:
        _layer(contents, layer)
    for matrix_set in _matrix_sets(layers):
        _tile_matrix_set(contents, matrix_set, scale)
    _add(root, "ServiceMetadataURL", attributes={"xlink:href": rest})
    return _written(root)


def _operation(parent: Element, name: str, kvp: str, rest: str) -> None:
    get = _add(_add(_add(parent, "ows:Operation", attributes={"name": name}), "ows:DCP"), "ows:HTTP")
    for encoding, address in (("KVP", kvp), ("RESTful", rest)):
        one = _add(get, "ows:Get", attributes={"xlink:href": address})
        values = _add(_add(one, "ows:Constraint", attributes={"name": "GetEncoding"}), "ows:AllowedValues")
        _add(values, "ows:Value", encoding)


def _layer(contents: Element, layer: Layer) -> None:
    one = _add(contents, "Layer")
    _add(one, "ows:Title", layer.title)
    if layer.tile_set.attribution:
        _add(one, "ows:Abstract", layer.tile_set.attribution)
    west, south, east, north = layer.bounds
    box = _add(one, "ows:WGS84BoundingBox")
    _add(box, "ows:LowerCorner", f"{west:.9g} {south:.9g}")
    _add(box, "ows:UpperCorner", f"{east:.9g} {north:.9g}")
    _add(one, "ows:Identifier", layer.tile_set.name)
    style = _add(one, "Style", attributes={"isDefault": "true"})
    _add(style, "ows:Identifier", STYLE)
    for form in layer.forms:
        _add(one, "Format", MEDIA_TYPES[form])
    for matrix_set in sets_of(layer.tile_set):
        link = _add(one, "TileMatrixSetLink")
        _add(link, "TileMatrixSet", matrix_set.name)
        _limits(_add(link, "TileMatrixSetLimits"), layer, matrix_set)
    for form in layer.forms:
        address = {"format": MEDIA_TYPES[form], "resourceType": "tile", "template": layer.template(form)}
        _add(one, "ResourceURL", attributes=address)


def _limits(parent: Element, layer: Layer, matrix_set: MatrixSet) -> None:
    last = min(layer.tile_set.max_zoom, matrix_set.last_level)
    for level in range(max(layer.tile_set.min_zoom, matrix_set.first_level), last + 1):
        limits = limits_in(matrix_set.matrix, level, layer.bounds)
        one = _add(parent, "TileMatrixLimits")
        _add(one, "TileMatrix", str(level))
        _add(one, "MinTileRow", str(limits.min_row))
        _add(one, "MaxTileRow", str(limits.max_row))
        _add(one, "MinTileCol", str(limits.min_column))
        _add(one, "MaxTileCol", str(limits.max_column))


def _matrix_sets(layers: Iterable[Layer]) -> list[MatrixSet]:
    """The matrix sets that the layers use."""
    found = {matrix_set for layer in layers for matrix_set in sets_of(layer.tile_set)}
    return sorted(found, key=lambda each: (each.matrix != "w", each.tile_px, each.name))


def _tile_matrix_set(contents: Element, matrix_set: MatrixSet, scale: Scale) -> None:
    one = _add(contents, "TileMatrixSet")
    _add(one, "ows:Title", matrix_set.title)
    _add(one, "ows:Identifier", matrix_set.name)
    epsg = matrix_set.epsg if scale == "ogc" else TIANDITU_EPSG[matrix_set.matrix]
    crs = f"urn:ogc:def:crs:EPSG::{epsg}"
    box = _add(one, "ows:BoundingBox", attributes={"crs": crs})
    low, high = ((-HALF_WORLD_M,) * 2, (HALF_WORLD_M,) * 2) if matrix_set.matrix == "w" else ((-90, -180), (90, 180))
    _add(box, "ows:LowerCorner", _numbers(low))
    _add(box, "ows:UpperCorner", _numbers(high))
    _add(one, "ows:SupportedCRS", crs)
    if matrix_set.well_known and scale == "ogc":
        _add(one, "WellKnownScaleSet", f"urn:ogc:def:wkss:OGC:1.0:{matrix_set.well_known}")
    for level in range(matrix_set.first_level, matrix_set.last_level + 1):
        limits = limits_in(matrix_set.matrix, level, (-180.0, -90.0, 180.0, 90.0))
        matrix = _add(one, "TileMatrix")
        _add(matrix, "ows:Identifier", str(level))
        _add(matrix, "ScaleDenominator", repr(matrix_set.scale_denominator(level, scale)))
        _add(matrix, "TopLeftCorner", _numbers(matrix_set.corner))
        _add(matrix, "TileWidth", str(matrix_set.tile_px))
        _add(matrix, "TileHeight", str(matrix_set.tile_px))
        _add(matrix, "MatrixWidth", str(limits.max_column + 1))
        _add(matrix, "MatrixHeight", str(limits.max_row + 1))


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{value:.15g}" for value in values)


# --- reading a question ---------------------------------------------------------------------------


def parse_parameters(given: Mapping[str, str]) -> dict[str, str]:
    """Parameters by lower-case name, as clients write them in any case. Raises WmtsError if one comes twice."""
    found: dict[str, str] = {}
    for name, value in given.items():
        if name.lower() in found:
            raise WmtsError("InvalidParameterValue", name, f"{name} is given twice", "names are the same in any case")
        found[name.lower()] = value
    return found


def required(parameters: Mapping[str, str], name: str) -> str:
    """The parameter of that name, any case. Raises WmtsError if it is missing or empty."""
    value = parameters.get(name.lower(), "")
    if not value:
        raise WmtsError("MissingParameterValue", name, f"{name} is missing", "see the capabilities document")
    return value


def parse_number(text: str, name: str) -> int:
    """A level, row or column. Raises WmtsError if it is none."""
    if not re.fullmatch("[0-9]{1,10}", text):
        raise WmtsError("InvalidParameterValue", name, f"{name}={text[:40]} is not a number", "it is counted from 0")
    return int(text)


def parse_form(tile_set: TileSet, text: str) -> Form:
    """The form of that media type. Raises WmtsError if the layer does not have it."""
    for form in drawable(tile_set):
        if text.lower() in (MEDIA_TYPES[form], ANY_FORMAT):
            return form
    offered = ", ".join(MEDIA_TYPES[form] for form in drawable(tile_set))
    raise WmtsError("InvalidParameterValue", "Format", f"{tile_set.name} has no {text[:40]}", f"there are: {offered}")


def parse_matrix(tile_set: TileSet, text: str) -> Matrix:
    """The matrix of that matrix set; "w" and "c" name the grid whatever the tiles' size.

    Raises WmtsError if the layer is not cut so.
    """
    for matrix_set in sets_of(tile_set):
        if text in (matrix_set.name, matrix_set.matrix):
            return matrix_set.matrix
    offered = ", ".join(matrix_set.name for matrix_set in sets_of(tile_set))
    raise WmtsError(
        "InvalidParameterValue", "TileMatrixSet", f"{tile_set.name} is not cut by {text[:40]}", f"there are: {offered}"
    )


def check_place(tile_set: TileSet, matrix: Matrix, level: int, row: int, column: int) -> None:
    """Raises WmtsError for a level that the layer does not have, TileOutOfRange for a tile off the grid."""
    first = first_level(matrix)
    if not first <= level <= tile_set.max_zoom:
        raise WmtsError(
            "InvalidParameterValue",
            "TileMatrix",
            f"TileMatrix={level}: {tile_set.name} has none of that name in {matrix}",
            f"there are {first} to {tile_set.max_zoom}",
            404,  # GDAL takes it for an empty tile and goes on
        )
    whole = limits_in(matrix, level, (-180.0, -90.0, 180.0, 90.0))
    for name, value, most in (("TileRow", row, whole.max_row), ("TileCol", column, whole.max_column)):
        if value > most:
            raise WmtsError("TileOutOfRange", name, f"{name}={value}", f"at level {level} it goes from 0 to {most}")


# --- reports --------------------------------------------------------------------------------------


def report(error: CloudError) -> tuple[int, bytes]:
    """Status and ExceptionReport of a failure."""
    code, locator, status = "NoApplicableCode", "", error.status
    if isinstance(error, WmtsError):
        code, locator, status = error.ows_code, error.locator, error.http_status
    elif error.status in (400, 404):
        code = "InvalidParameterValue"
        faults = error.extra.get("errors")
        locator = str(faults[0]["where"]) if isinstance(faults, list) and faults else ""
    root = Element(
        "ExceptionReport",
        {"xmlns": "http://www.opengis.net/ows/1.1", "version": "1.1.0", "xml:lang": "en"},
    )
    attributes = {"exceptionCode": code, **({"locator": _legal(locator)} if locator else {})}
    exception = _add(root, "Exception", attributes=attributes)
    for text in (error.detail, error.hint):
        if text:
            _add(exception, "ExceptionText", text)
    return status, _written(root)


# --- writing --------------------------------------------------------------------------------------


def _add(parent: Element, name: str, text: str = "", attributes: Attributes | None = None) -> Element:
    one = SubElement(parent, name, {key: _legal(value) for key, value in (attributes or {}).items()})
    one.text = _legal(text) or None
    return one


def _legal(text: str) -> str:
    return NOT_XML.sub("\ufffd", text)


def _written(root: Element) -> bytes:
    indent(root, " ")
    written: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return written
