"""The questions about pictures: a tile, a preview, a box, an area; values of a point; statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.errors import BadQuery, TooLarge, Unprocessable
from location_cloud.imagery import installed
from location_cloud.imagery.covering import FULL
from location_cloud.imagery.drawing import Picture, check_look, draw, read
from location_cloud.imagery.expression import parse_expression
from location_cloud.imagery.handles import ALIGNED, COVERS
from location_cloud.imagery.model import HALF_WORLD_M, TILE_PX, Box
from location_cloud.imagery.model_look import PLAIN, Look
from location_cloud.imagery.model_mosaic import SceneSet, pixel_m, tile_box_m
from location_cloud.imagery.pictures import PictureForm, encode
from location_cloud.imagery.pretending import draw_elsewhere
from location_cloud.imagery.statistics import describe
from location_cloud.tile_sets import Tile, TileAt

STORED_FORM = {"webp": "webp", "jpeg": "jpg"}
"""Compression of a scene -> form of its tiles as they lie in the file."""

MAX_SIDE_PX = 4096
"""Of a preview or crop."""

MAX_LATITUDE_DEG = 85.05112877980659


def get_tile(scenes: SceneSet, at: TileAt, look: Look = PLAIN, tile_px: int = TILE_PX) -> Tile | None:
    """A tile; None where the set has nothing. at: within the grid.

    A tile that one scene fills is handed out as it lies in the file, if it has the asked form.
    Raises BadQuery, NotReady, NotInstalled.
    """
    z, x, y, form = at.z, at.x, at.y, at.form
    is_usual = at.matrix == "w" and at.crs in ("wgs84", "cgcs2000")
    if look is PLAIN and tile_px == TILE_PX and is_usual:
        stored = find_stored(scenes, at)
        if stored is not None:
            return stored if stored.body else None
    _check(scenes, look, form)
    if is_usual:
        picture = draw(scenes, look, tile_box_m(z, x, y), tile_px, tile_px)
    else:
        picture = draw_elsewhere(scenes, look, z, x, y, at.matrix, at.crs)
    if not picture.valid.any():
        return None
    etag = f"{scenes.stamp}-{z}-{x}-{y}-{form}-{tile_px}-{at.matrix}-{at.crs}-{look.digest}"
    return Tile(encode(picture, as_form(form), encoding_of(scenes, look) != ""), etag)


def find_stored(scenes: SceneSet, at: TileAt) -> Tile | None:
    """The tile as it lies in the file of the scene that shows alone there; without body if there is nothing; None if
    it must be drawn. at: in Web Mercator of WGS-84.
    """
    z, x, y, form = at.z, at.x, at.y, at.form
    if len(scenes.scenes) == 1:
        top = scenes.scenes[0]
        is_alone = True
    else:
        found = scenes.within(tile_box_m(z, x, y))
        if not found:
            return _NOTHING
        top, is_alone = found[0], len(found) == 1
    if STORED_FORM.get(top.compression) != form or not top.grid.min_zoom <= z <= top.grid.max_zoom:
        return None
    if not is_alone and COVERS.get(scenes.home, top).state(z, x, y) != FULL:
        return None
    body = ALIGNED.get(scenes.home, top).find(z, x, y)
    return _NOTHING if body is None else Tile(body, f"{top.key}-{z}-{x}-{y}")


_NOTHING = Tile(b"")


def preview(scenes: SceneSet, look: Look, max_side_px: int, form: PictureForm) -> bytes:
    """A picture of the whole set. Raises BadQuery, TooLarge, NotReady, NotInstalled."""
    return crop(scenes, look, mercator(scenes.bounds), max_side_px, form)


def crop(scenes: SceneSet, look: Look, box_m: Box, max_side_px: int, form: PictureForm) -> bytes:
    """A picture of a box in metres of Web Mercator, at most as large as the finest scene is there.

    Raises BadQuery, TooLarge, Unprocessable if nothing lies there, NotReady, NotInstalled.
    """
    _check(scenes, look, form)
    picture = draw(scenes, look, box_m, *picture_size(scenes, box_m, max_side_px))
    return _file(scenes, look, picture, form)


def crop_area(scenes: SceneSet, look: Look, area: BaseGeometry, max_side_px: int, form: PictureForm) -> bytes:
    """A picture of an area in degrees, transparent outside of it. Raises as `crop`."""
    _check(scenes, look, form)
    shape = mercator_shape(area)
    box_m = shape.bounds
    columns, rows = picture_size(scenes, box_m, max_side_px)
    picture = draw(scenes, look, box_m, columns, rows)
    inside = inside_of(shape, box_m, columns, rows)
    cut = np.where(inside[:, :, None], picture.pixels, np.uint8(0))
    return _file(scenes, look, Picture(cut, picture.valid & inside, picture.palette), form)


def values_at(scenes: SceneSet, look: Look, lonlat: tuple[float, float]) -> dict[str, Any]:
    """The values of a point: of the chosen bands or formulas in each scene there, the one on top first.

    Raises BadQuery, Unprocessable if no scene lies there.
    """
    check_look(scenes, look)
    west, south, east, north = mercator((*lonlat, *lonlat))
    step = pixel_m(scenes.max_zoom)
    column, row = math.floor((west + HALF_WORLD_M) / step), math.floor((HALF_WORLD_M - south) / step)
    left, top = column * step - HALF_WORLD_M, HALF_WORLD_M - row * step
    box_m = (left, top - step, left + step, top)
    rows = []
    for scene in scenes.within((west, south, east, north), look.order, look.taken):
        names, values, valid = _values(SceneSet(scenes.name, (scene,), scenes.home), look, box_m, 1, 1)
        if valid[0, 0]:
            found = [round(float(value), 6) for value in values[:, 0, 0]]
            rows.append({"scene": scene.id, "taken": scene.taken or None, "bands": names, "values": found})
    if not rows:
        raise Unprocessable(f"{scenes.name} has no data at {lonlat[0]},{lonlat[1]}", hint=_bounds_hint(scenes))
    return {"location": list(lonlat), **rows[0], "scenes": rows}


def statistics(
    scenes: SceneSet, look: Look, area: BaseGeometry | None, box_m: Box | None, max_side_px: int, bins: int
) -> dict[str, Any]:
    """Figures of the chosen bands or formulas within an area (degrees), a box, or the whole set.

    Taken from at most max_side_px x max_side_px pixels. Raises BadQuery, TooLarge, Unprocessable.
    """
    check_look(scenes, look)
    shape = None if area is None else mercator_shape(area)
    box = shape.bounds if shape is not None else box_m or mercator(scenes.bounds)
    columns, rows = picture_size(scenes, box, max_side_px)
    names, values, valid = _values(scenes, look, box, columns, rows)
    wanted = np.ones_like(valid) if shape is None else inside_of(shape, box, columns, rows)
    if not (valid & wanted).any():
        raise Unprocessable(f"{scenes.name} has no data there", hint=_bounds_hint(scenes))
    return {
        name: describe(band[valid & wanted], int(wanted.sum()), bins) for name, band in zip(names, values, strict=True)
    }


def _values(scenes: SceneSet, look: Look, box_m: Box, columns: int, rows: int) -> tuple[list[str], Any, Any]:
    """Names, (channels, rows, columns) values and (rows, columns) validity of bands or formulas, unstretched."""
    from_set = scenes.scenes[0].bands
    if look.expression:
        formula = parse_expression(look.expression, len(from_set))
        formula.check_work(columns * rows)
        found = read(scenes, look, box_m, columns, rows, formula.bands)
        values, finite = formula.evaluate(found.values)
        return [part.strip() for part in look.expression.split(";")], values, found.valid & finite
    bands = look.bands or tuple(range(1, len(from_set) + 1))
    found = read(scenes, look, box_m, columns, rows, bands)
    return [from_set[band - 1].name for band in bands], found.values, found.valid


# --- places and sizes -----------------------------------------------------------------------------


def mercator(box: Box) -> Box:
    """A box in degrees as metres of Web Mercator, cut at its ends. Source: EPSG method 1024."""
    west, south, east, north = box

    def northing(latitude: float) -> float:
        cut = max(-MAX_LATITUDE_DEG, min(latitude, MAX_LATITUDE_DEG))
        return math.asinh(math.tan(math.radians(cut))) * HALF_WORLD_M / math.pi

    return west / 180 * HALF_WORLD_M, northing(south), east / 180 * HALF_WORLD_M, northing(north)


def mercator_shape(area: BaseGeometry) -> BaseGeometry:
    """A shape in degrees as one in metres of Web Mercator. Raises BadQuery for one without an inside."""
    if area.geom_type not in ("Polygon", "MultiPolygon") or area.is_empty:
        raise BadQuery(f"geometry: a {area.geom_type} has no inside", hint="send a Polygon or MultiPolygon")

    def moved(lonlat: Any) -> Any:
        latitude = np.radians(np.clip(lonlat[:, 1], -MAX_LATITUDE_DEG, MAX_LATITUDE_DEG))
        return np.stack(
            [lonlat[:, 0] / 180 * HALF_WORLD_M, np.arcsinh(np.tan(latitude)) * HALF_WORLD_M / np.pi], axis=1
        )

    shape: BaseGeometry = shapely.transform(area, moved)
    return shape


def picture_size(scenes: SceneSet, box_m: Box, max_side_px: int) -> tuple[int, int]:
    """Columns and rows of a picture of a box: the finest scene's pixels, or less so that no side is too long."""
    if max_side_px > MAX_SIDE_PX:
        raise TooLarge(f"max_size={max_side_px}; the most is {MAX_SIDE_PX}", hint="ask for tiles instead")
    west, south, east, north = box_m
    if not (west < east and south < north):
        raise BadQuery("the box has no inside", hint="west,south,east,north; cut it in two at the antimeridian")
    step = max(pixel_m(scenes.max_zoom), max(east - west, north - south) / max_side_px)
    return max(1, round((east - west) / step)), max(1, round((north - south) / step))


def inside_of(shape: BaseGeometry, box_m: Box, columns: int, rows: int) -> Any:
    """(rows, columns) which pixels' middles lie in a shape, both in metres of Web Mercator."""
    rasterio = installed.rasterio()
    west, south, east, north = box_m
    transform = rasterio.Affine((east - west) / columns, 0, west, 0, (south - north) / rows, north)
    drawn = rasterio.features.rasterize([(shape, 1)], (rows, columns), transform=transform, dtype="uint8")
    if not drawn.any():  # smaller than a pixel: the one that it lies in
        drawn = rasterio.features.rasterize(
            [(shape, 1)], (rows, columns), transform=transform, dtype="uint8", all_touched=True
        )
    return drawn != 0


def encoding_of(scenes: SceneSet, look: Look) -> str:
    """How heights are packed into the colours of a picture, as MapLibre's raster-dem names it; "" if they are not."""
    if scenes.kind != "elevation" or look.expression:
        return ""
    if look.algorithm == "terrarium":
        return "terrarium"
    is_packed = look.algorithm == "terrainrgb" or not (look.algorithm or look.colormap or look.rescale)
    return "mapbox" if is_packed else ""


def forms(scenes: SceneSet) -> list[str]:
    """The forms of its tiles; the one that they are stored in comes first: it costs nothing."""
    stored = STORED_FORM.get(scenes.scenes[0].compression, "png")
    offered = ("png", "webp") if scenes.kind == "elevation" else ("png", "webp", "jpg")
    return sorted(offered, key=lambda form: form != stored)


def check_form(scenes: SceneSet, look: Look, form: str) -> None:
    """Raises BadQuery for a form in which what is drawn would be something else."""
    if form == "jpg" and encoding_of(scenes, look):
        raise BadQuery(
            "heights packed into colours do not survive JPEG", hint="ask for png or webp, or for a hillshade"
        )


def as_form(form: str) -> PictureForm:
    """The same text, known to be a form of pictures."""
    known: dict[str, PictureForm] = {"png": "png", "jpg": "jpg", "webp": "webp"}
    return known[form]


def _check(scenes: SceneSet, look: Look, form: str) -> None:
    check_look(scenes, look)
    check_form(scenes, look, form)


def _file(scenes: SceneSet, look: Look, picture: Picture, form: PictureForm) -> bytes:
    if not picture.valid.any():
        raise Unprocessable(f"{scenes.name} has no data there", hint=_bounds_hint(scenes))
    return encode(picture, form, encoding_of(scenes, look) != "")


def _bounds_hint(scenes: SceneSet) -> str:
    return "its bounds are " + ", ".join(f"{value:.5f}" for value in scenes.bounds)
