"""The maps as a Web Map Tile Service 1.0.0, for GIS desktops: by parameters (KVP) and by addresses (REST)."""

from __future__ import annotations

from functools import partial

from location_cloud.capability import Bytes, Cache, Operation, Reply
from location_cloud.errors import CloudError, NotFound
from location_cloud.http.context import RequestCall
from location_cloud.maps import schema_wmts, service, wmts
from location_cloud.maps.asked import LANGUAGES, answer_tile, readable_set, readable_sets
from location_cloud.maps.matrices import PIXEL_M, Scale
from location_cloud.maps.wmts import Layer, WmtsError
from location_cloud.spatial.crs import CRS_NAMES, Crs
from location_cloud.tile_sets import MEDIA_TYPES, Form, TileAt, TileSet

TITLES = {"zh-CN": "位置云地图", "en": "Maps of the location cloud"}

TEMPLATE = "/wmts/1.0.0/{layer}/default/{{TileMatrixSet}}/{{TileMatrix}}/{{TileRow}}/{{TileCol}}.{form}"

DOCUMENT = "/wmts/1.0.0/WMTSCapabilities.xml"
TIANDITU_DOCUMENT = "/wmts/tianditu/1.0.0/WMTSCapabilities.xml"


def ask(call: RequestCall, params: schema_wmts.InKvp, body: None) -> Reply:
    """What the parameters ask for."""
    given = wmts.parse_parameters(params.given)
    service_name, request = wmts.required(given, "Service"), wmts.required(given, "Request")
    if service_name.upper() != "WMTS":
        raise WmtsError("InvalidParameterValue", "Service", f"Service={service_name[:40]}", "here is a WMTS only")
    if request.lower() == "gettile":
        return _tile_of(call, given, _crs(given, params.crs))
    if request.lower() == "getcapabilities":
        return _document(call, _scale(given), _crs(given, params.crs), given.get("lang", ""), given)
    raise WmtsError("OperationNotSupported", request[:40], f"there is no {request[:40]}", "GetCapabilities and GetTile")


def get_capabilities(call: RequestCall, params: schema_wmts.InCapabilities, body: None) -> Reply:
    """The capabilities document."""
    return _document(call, params.scale, params.crs, params.lang, {})


def get_tianditu_capabilities(call: RequestCall, params: schema_wmts.InCapabilities, body: None) -> Reply:
    """The capabilities document with the scale denominators that Tianditu writes."""
    return _document(call, "tianditu", params.crs, params.lang, {})


def get_tile(call: RequestCall, params: schema_wmts.InRestTile, body: None) -> Reply:
    """One tile by its address."""
    tile_set = _layer(call, params.layer)
    matrix = wmts.parse_matrix(tile_set, params.matrix_set)
    wmts.check_place(tile_set, matrix, params.level, params.row, params.column)
    at = TileAt(params.level, params.column, params.row, params.form, matrix, params.crs)
    return answer_tile(call, tile_set.name, at)


def _tile_of(call: RequestCall, given: dict[str, str], crs: Crs) -> Reply:
    if (version := given.get("version", wmts.VERSION)) != wmts.VERSION:
        raise WmtsError("InvalidParameterValue", "Version", f"Version={version[:40]}", f"it is {wmts.VERSION}")
    tile_set = _layer(call, wmts.required(given, "Layer"))
    if (style := given.get("style", "")) not in ("", wmts.STYLE):
        raise WmtsError("InvalidParameterValue", "Style", f"Style={style[:40]}", f"there is: {wmts.STYLE}")
    form = wmts.parse_form(tile_set, wmts.required(given, "Format"))
    matrix = wmts.parse_matrix(tile_set, wmts.required(given, "TileMatrixSet"))
    level, row, column = (
        wmts.parse_number(wmts.required(given, name), name) for name in ("TileMatrix", "TileRow", "TileCol")
    )
    wmts.check_place(tile_set, matrix, level, row, column)
    return answer_tile(call, tile_set.name, TileAt(level, column, row, form, matrix, crs))


def _layer(call: RequestCall, name: str) -> TileSet:
    try:
        return readable_set(call, name)
    except NotFound as error:
        raise WmtsError("InvalidParameterValue", "Layer", f"there is no layer {name[:64]}", error.hint) from error


def _scale(given: dict[str, str]) -> Scale:
    scale = given.get("scale", "ogc").lower()
    for known in PIXEL_M:
        if scale == known:
            return known
    raise WmtsError("InvalidParameterValue", "Scale", f"scale={scale[:40]}", f"there are: {', '.join(PIXEL_M)}")


def _crs(given: dict[str, str], default: Crs) -> Crs:
    crs = given.get("crs", default).lower()
    for known in CRS_NAMES:
        if crs == known:
            return known
    raise WmtsError("InvalidParameterValue", "Crs", f"crs={crs[:40]}", f"there are: {', '.join(CRS_NAMES)}")


def _document(call: RequestCall, scale: Scale, crs: Crs, lang: str, given: dict[str, str]) -> Reply:
    versions = given.get("acceptversions", "")
    if versions and wmts.VERSION not in versions.split(","):
        raise WmtsError(
            "VersionNegotiationFailed", "AcceptVersions", f"AcceptVersions={versions[:40]}", f"it is {wmts.VERSION}"
        )
    language = lang if lang in LANGUAGES else call.language(LANGUAGES)
    carried: dict[str, str] = {} if crs == "wgs84" else {"crs": crs}
    kvp = service.with_parameters(call.link("/wmts"), carried | ({} if scale == "ogc" else {"scale": scale}))
    path = DOCUMENT if scale == "ogc" else TIANDITU_DOCUMENT
    text = wmts.capabilities(
        TITLES[language],
        [
            Layer(
                each,
                service.title_of(each, language),
                service.bounds_of(each, crs),
                partial(_template, call, each.name, carried),
            )
            for readable in readable_sets(call)
            if wmts.drawable(readable) and (each := service.drawn_in(readable, crs)) is not None
        ],
        kvp + ("&" if "?" in kvp else "?"),
        service.with_parameters(call.link(path), carried),
        scale,
    )
    return Reply(text, media_type=wmts.MEDIA_TYPE)


def _template(call: RequestCall, name: str, carried: dict[str, str], form: Form) -> str:
    return service.with_parameters(call.link(TEMPLATE.format(layer=name, form=form)), carried)


def as_error(error: CloudError) -> Reply:
    """A failure as an ExceptionReport."""
    status, text = wmts.report(error)
    return Reply(text, status, wmts.MEDIA_TYPE)


TILES = tuple(media_type for form, media_type in MEDIA_TYPES.items() if form != "bin")

OPERATIONS = (
    Operation(
        "wmts.ask",
        "GET",
        "/wmts",
        "GetCapabilities and GetTile of WMTS 1.0.0 by parameters (KVP).",
        ask,
        schema_wmts.InKvp,
        Bytes(wmts.MEDIA_TYPE),
        "maps:read",
        cache=Cache.REVALIDATE,
        errors=(204, 404, 422, 501),
        other_media=TILES,
        as_error=as_error,
        error_media=wmts.MEDIA_TYPE,
    ),
    Operation(
        "wmts.capabilities",
        "GET",
        DOCUMENT,
        "The capabilities document of WMTS 1.0.0.",
        get_capabilities,
        schema_wmts.InCapabilities,
        Bytes(wmts.MEDIA_TYPE),
        "maps:read",
        cache=Cache.REVALIDATE,
        as_error=as_error,
        error_media=wmts.MEDIA_TYPE,
    ),
    Operation(
        "wmts.tianditu_capabilities",
        "GET",
        TIANDITU_DOCUMENT,
        "The same with scale denominators of 96 pixels an inch, as Tianditu writes them.",
        get_tianditu_capabilities,
        schema_wmts.InCapabilities,
        Bytes(wmts.MEDIA_TYPE),
        "maps:read",
        cache=Cache.REVALIDATE,
        as_error=as_error,
        error_media=wmts.MEDIA_TYPE,
    ),
    Operation(
        "wmts.tile",
        "GET",
        "/wmts/1.0.0/{layer}/{style}/{matrix_set}/{level}/{row}/{column}.{form}",
        "A tile of WMTS 1.0.0 by its address (REST).",
        get_tile,
        schema_wmts.InRestTile,
        Bytes("application/vnd.mapbox-vector-tile"),
        "maps:read",
        cache=Cache.SHORT,
        errors=(204, 404, 422),
        other_media=TILES[1:],
        as_error=as_error,
        error_media=wmts.MEDIA_TYPE,
    ),
)
