"""The question of a static map: a view, what lies on it, and how the picture is written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.maps.render import PictureForm, View
from location_cloud.maps.service import find_view
from location_cloud.maps.service_pictures import Drawn, attribution, draw_view
from location_cloud.maps.staticmap import (
    LONELY_ZOOM,
    MAX_LAT,
    Area,
    Marker,
    Path,
    all_points,
    attribution_line,
    fit_view,
    lay_over,
    scale_bar,
)
from location_cloud.maps.style import BASE
from location_cloud.spatial.bbox import Bbox
from location_cloud.tile_sets import Tile

MOST_PX = 2048
"""Longest side, CSS pixels."""

MOST_PIXELS = 9_500_000
"""Of the finished picture: 2,048 by 2,048 at scale 1.5, 1,024 by 1,024 at scale 3. 38 MB while it is drawn."""

MOST_POINTS = 50_000
"""Of all paths and areas together; with the most of one (`staticmap_words`), surfaces take 3 s at worst."""


@dataclass(frozen=True)
class Order:
    """A static map. center with zoom, or box, or neither: then what lies on it decides, else the city."""

    width_px: int
    height_px: int
    scale: int = 1
    form: PictureForm = "png"
    center: tuple[float, float] | None = None
    zoom: float | None = None
    box: Bbox | None = None
    markers: tuple[Marker, ...] = ()
    paths: tuple[Path, ...] = ()
    areas: tuple[Area, ...] = ()
    padding_px: int = 40
    has_scale_bar: bool = True
    has_attribution: bool = True


def check_order(order: Order) -> Order:
    """The order. Raises BadQuery for contradictions, TooLarge over a ceiling; before any work."""
    if order.center is not None and order.box is not None:
        raise BadQuery("center and bbox are both given", hint="give center and zoom, or bbox, or neither")
    if order.zoom is not None and order.center is None:
        raise BadQuery("zoom is given without center", hint="give center, or leave zoom out")
    if min(order.width_px, order.height_px) < 1:
        raise BadQuery(f"size={order.width_px}x{order.height_px}", hint="a picture has a pixel at least")
    if max(order.width_px, order.height_px) > MOST_PX:
        raise TooLarge(f"size={order.width_px}x{order.height_px}: the longest side is {MOST_PX}", hint="ask for less")
    pixels = order.width_px * order.height_px * order.scale**2
    if pixels > MOST_PIXELS:
        raise TooLarge(f"the picture would have {pixels:,} pixels; the most is {MOST_PIXELS:,}", hint="lower the scale")
    points = len(all_points((), order.paths, order.areas))
    if points > MOST_POINTS:
        raise TooLarge(f"paths and areas have {points:,} points; the most is {MOST_POINTS:,}", hint="simplify them")
    return order


def draw_static_map(drawn: Drawn, order: Order) -> Tile:
    """The picture and its validator. Raises as `check_order` and `service_pictures.draw_view`."""
    check_order(order)
    view = choose_view(drawn, order)
    over = lay_over(view, order.markers, order.paths, order.areas)
    if order.has_scale_bar:
        over += scale_bar(view)
    if order.has_attribution and (text := attribution(drawn)):
        over += attribution_line(view, text)
    return draw_view(drawn, view, order.form, over)


def choose_view(drawn: Drawn, order: Order) -> View:
    """What is shown: its middle is never beyond the map's ends, where nothing can be drawn."""
    view = _choose_view(drawn, order)
    return replace(view, lat=max(-MAX_LAT, min(view.lat, MAX_LAT)))


def _choose_view(drawn: Drawn, order: Order) -> View:
    width, height, ratio = order.width_px, order.height_px, float(order.scale)
    if order.center is not None:
        return View(*order.center, LONELY_ZOOM if order.zoom is None else order.zoom, width, height, ratio)
    if order.box is not None:
        east = order.box.east + (360 if order.box.crosses_antimeridian else 0)
        corners = [(order.box.west, order.box.south), (east, order.box.north)]
        view = fit_view(corners, width, height, ratio, padding_px=0)
        return replace(view, lon=(view.lon + 180) % 360 - 180)
    points = all_points(order.markers, order.paths, order.areas)
    if len(points):
        return fit_view(points, width, height, ratio, padding_px=order.padding_px)
    if BASE in drawn.sets:
        lon, lat, zoom = find_view(drawn.sets[BASE])
        return View(lon, lat, float(zoom), width, height, ratio)
    return View(0.0, 0.0, 0.0, width, height, ratio)
