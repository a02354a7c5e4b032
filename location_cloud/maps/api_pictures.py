"""HTTP operations of pictures: icon sheets, finer picture tiles, static maps."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

import shapely

from location_cloud.capability import Bytes, Cache, Operation, Reply
from location_cloud.errors import BadQuery, NotFound
from location_cloud.http.context import RequestCall
from location_cloud.maps import schema_pictures as schema
from location_cloud.maps import service, service_pictures, service_staticmap, service_styles
from location_cloud.maps.asked import LANGUAGES, readable_set, readable_sets
from location_cloud.maps.service_staticmap import Order
from location_cloud.maps.staticmap import Area, Marker, Path
from location_cloud.maps.staticmap_words import (
    MOST_POINTS,
    Points,
    check_color,
    check_icon,
    parse_area,
    parse_markers,
    parse_path,
    read_polyline,
)
from location_cloud.maps.style import Language
from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.crs import Crs, as_wgs84
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import parse_geometry
from location_cloud.tile_sets import MEDIA_TYPES, TileAt

PNG, JPG, WEBP = MEDIA_TYPES["png"], MEDIA_TYPES["jpg"], MEDIA_TYPES["webp"]


def get_sprite(call: RequestCall, params: schema.InSprite, body: None) -> Reply:
    """A file of the icon sheet."""
    found = service_pictures.read_sprite(params.file)
    if found is None:
        raise NotFound(
            f"there is no {params.file}", hint="there are icons.json, icons.png, icons@2x.json, icons@2x.png"
        )
    return Reply(found, media_type="application/json" if params.file.endswith("json") else PNG)


def get_fine_tile(call: RequestCall, params: schema.InFineTile, body: None) -> Reply:
    """A picture tile with two pixels for one."""
    tile_set = service_pictures.twice_as_fine(readable_set(call, params.set))
    tile = service.get_tile(tile_set, TileAt(params.z, params.x, params.y, params.form, crs=params.crs))
    media_type = MEDIA_TYPES[params.form]
    headers = {"Cache-Control": tile_set.cache}
    if tile is None:
        return Reply(b"", 204, media_type, headers=headers)
    return Reply(tile.body, 200, media_type, tile.etag, headers)


def get_static_map(call: RequestCall, params: schema.InStaticMap, body: None) -> Reply:
    """A static map written in an address."""
    move = partial(_in_wgs84, crs=params.crs)
    width, height = map(int, params.size.split("x"))
    order = Order(
        width,
        height,
        params.scale,
        params.format,
        params.center,
        params.zoom,
        params.bbox,
        tuple(marker for text in params.markers for marker in parse_markers(text, move)),
        tuple(parse_path(text, move) for text in params.path),
        tuple(parse_area(text, move) for text in params.area),
        params.padding,
        params.scale_bar,
        params.attribution,
    )
    return _draw(call, order, params.style, params.lang)


def post_static_map(call: RequestCall, params: schema.InNothing, body: schema.StaticMapBody) -> Reply:
    """A static map written in a body. The web layer has moved its positions to WGS-84, but not encoded polylines."""
    order = Order(
        body.width,
        body.height,
        body.scale,
        body.format,
        _checked(body.location) if body.location else None,
        body.zoom,
        _box(body.bbox) if body.bbox else None,
        tuple(
            Marker(
                _checked(each.location),
                each.label,
                check_color("markers", each.color),
                check_icon("markers", each.icon),
            )
            for each in body.markers
        ),
        tuple(path for each in body.paths for path in _paths(each, params.crs)),
        tuple(_area(each) for each in body.areas),
        body.padding,
        body.scale_bar,
        body.attribution,
    )
    return _draw(call, order, body.style, body.lang)


def _draw(call: RequestCall, order: Order, style: str, language: str) -> Reply:
    service_staticmap.check_order(order)
    service_styles.check_style(style)
    chosen = cast(Language, language or call.language(LANGUAGES))
    drawn = service_pictures.readable(readable_sets(call), call.world, call.tenant, style, chosen)
    picture = service_staticmap.draw_static_map(drawn, order)
    return Reply(picture.body, media_type=MEDIA_TYPES[order.form], etag=picture.etag)


def _in_wgs84(points: Points, crs: Crs) -> Points:
    try:
        return [(float(lon), float(lat)) for lon, lat in as_wgs84(points, crs)]
    except SpatialError as error:
        raise BadQuery(str(error), hint="points are lon,lat in degrees") from None


def _checked(position: list[float]) -> tuple[float, float]:
    return _in_wgs84([(position[0], position[1])], "wgs84")[0]


def _box(numbers: list[float]) -> Bbox:
    try:
        return Bbox(*numbers)
    except SpatialError as error:
        raise BadQuery(f"bbox: {error}", hint="west, south, east, north in degrees") from None


def _paths(body: schema.PathBody, crs: Crs) -> list[Path]:
    if (body.geometry is None) == (not body.polyline):
        raise BadQuery("a path has one of geometry and polyline", hint="give a GeoJSON LineString, or a polyline")
    color = check_color("paths", body.color)
    if body.geometry is None:
        points = _in_wgs84(read_polyline("paths", body.polyline, body.precision), crs)
        if len(points) < 2:
            raise BadQuery(f"paths: the polyline has {len(points)} point", hint="a path needs two")
        return [Path(points, color, body.width)]
    lines = _parts(body.geometry, "LineString", "paths")
    return [Path(shapely.get_coordinates(line), color, body.width) for line in lines]


def _area(body: schema.AreaBody) -> Area:
    polygons = _parts(body.geometry, "Polygon", "areas")
    rings = tuple(shapely.get_coordinates(ring) for polygon in polygons for ring in shapely.get_rings(polygon))
    return Area(rings, check_color("areas", body.fill), check_color("areas", body.color), body.width)


def _parts(geometry: dict[str, Any], kind: str, where: str) -> list[Any]:
    try:
        parts = list(shapely.get_parts(parse_geometry(geometry, MOST_POINTS)))
    except SpatialError as error:
        raise BadQuery(f"{where}: {error}", hint=f"geometry is a GeoJSON {kind} or Multi{kind}") from None
    if not parts or any(part.geom_type != kind for part in parts):
        raise BadQuery(f"{where}: a {geometry.get('type')}", hint=f"geometry is a GeoJSON {kind} or Multi{kind}")
    return parts


OPERATIONS = (
    Operation(
        "maps.sprite",
        "GET",
        "/sprites/{file}",
        "The icons of the styles: index and picture.",
        get_sprite,
        schema.InSprite,
        Bytes(PNG),
        "maps:read",
        cache=Cache.LONG,
        errors=(404,),
        other_media=("application/json",),
    ),
    Operation(
        "maps.fine_tile",
        "GET",
        "/tiles/{set}/{z}/{x}/{y}@2x.{form}",
        "A picture tile with two pixels for one.",
        get_fine_tile,
        schema.InFineTile,
        Bytes(PNG),
        "maps:read",
        deadline_s=10.0,
        cache=Cache.SHORT,
        errors=(404, 501),
        other_media=(JPG, WEBP),
    ),
    Operation(
        "maps.static_map",
        "GET",
        "/v1/staticmap",
        "A picture of the map with markers, paths and areas.",
        get_static_map,
        schema.InStaticMap,
        Bytes(PNG),
        "maps:read",
        cost=5,
        deadline_s=10.0,
        cache=Cache.SHORT,
        errors=(404, 413, 501),
        other_media=(JPG, WEBP),
    ),
    Operation(
        "maps.static_map_of",
        "POST",
        "/v1/staticmap",
        "The same from a body: GeoJSON lines and areas, encoded polylines.",
        post_static_map,
        schema.InNothing,
        Bytes(PNG),
        "maps:read",
        Body=schema.StaticMapBody,
        cost=5,
        deadline_s=10.0,
        errors=(404, 413, 501),
        other_media=(JPG, WEBP),
        max_body_bytes=4_000_000,
    ),
)
