"""The questions about pictures: tiles of a style as PNG, JPEG or WebP, and any view of it, drawn on this machine."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import orjson

from location_cloud.capability import Cache
from location_cloud.errors import CloudError, NotFound
from location_cloud.maps.packing import unpack
from location_cloud.maps.picture_cache import Pictures
from location_cloud.maps.render import Job, PictureForm, Style, View, mercator, tile_view
from location_cloud.maps.service import list_sets
from location_cloud.maps.service_styles import IMAGERY, MADE_FROM_STYLE, choose_sets, picture_style
from location_cloud.maps.sprites import draw_sheet
from location_cloud.maps.style import SCOPE, TRAFFIC, Language, load_palette
from location_cloud.tile_sets import Form, Tile, TileAt, TileSet

if TYPE_CHECKING:
    from location_cloud.storage.world import World

PICTURE_SETS: Mapping[str, str] = {"light": "light", "dark": "dark", "traffic-map": "traffic", "satellite": "satellite"}
"""Tile set -> style. The name `traffic` belongs to the vector set."""

FORMS: tuple[Form, ...] = ("png", "jpg", "webp")

TILE_PX = 256
DRAWN_PX = 512
"""Tiles are drawn four at a time: 512 CSS pixels, the size that MapLibre's zooms mean, cut into four of 256.

A drawing of 256 costs two thirds of one of 512, and labels meet at more edges.
"""

MAX_ZOOM = 19

LANGUAGE: Language = "zh-CN"
"""Of the labels on picture tiles: an address of a tile has no room for a choice. Names without Chinese stay local."""

LIVE = (Cache.NEVER, Cache.REVALIDATE)
"""Sets with such a rule may change at any time: their tiles' validators name the picture, too."""

QUALITY = 85

DRAWING = 1
"""Raised when pictures come out differently though styles and data are the same."""


@dataclass(frozen=True)
class Drawn:
    """What pictures are drawn from, as one tenant sees it. sets: by source name in the styles."""

    world: World
    tenant: str
    sets: Mapping[str, TileSet]
    style: str
    language: Language = LANGUAGE
    crs: str = "wgs84"

    @property
    def pictures(self) -> Pictures:
        """The process that draws, and what it drew."""
        return cast(Pictures, self.world.overlay["maps"])


def picture_sets(world: World, tenant: str, base: TileSet) -> dict[str, TileSet]:
    """The tile sets of pictures, one a style. base: the vector set whose bounds and words they take."""
    return {name: _offer(world, tenant, base, name, style) for name, style in PICTURE_SETS.items()}


def _offer(world: World, tenant: str, base: TileSet, name: str, style: str) -> TileSet:
    return TileSet(
        name=name,
        title=load_palette(style)["title"],
        forms=FORMS,
        read=partial(read_picture, world, tenant, style, 1),
        max_zoom=MAX_ZOOM,
        bounds=base.bounds,
        core=base.core,
        attribution=base.attribution,
        systems=base.systems,
        tile_px=TILE_PX,
        cache=Cache.REVALIDATE if style == TRAFFIC else Cache.SHORT,
        scope=load_palette(style)["scope"],
        extra={MADE_FROM_STYLE: style},
    )


def twice_as_fine(tile_set: TileSet) -> TileSet:
    """The same set of pictures with two pixels for one. Raises NotFound for a set that is not drawn from a style."""
    if MADE_FROM_STYLE not in tile_set.extra:
        raise NotFound(
            f"{tile_set.name} has no @2x tiles", hint=f"sets drawn from a style have: {', '.join(PICTURE_SETS)}"
        )
    world, tenant, style, _ = tile_set.read.args  # type: ignore[attr-defined]  # the partial made in _offer
    return replace(tile_set, read=partial(read_picture, world, tenant, style, 2), tile_px=2 * TILE_PX)


def read_picture(world: World, tenant: str, style: str, ratio: int, at: TileAt) -> Tile:
    """The tile as a picture. Raises NotInstalled without the extra [render], and as `Renderer.draw`."""
    scopes = (SCOPE, load_palette(style)["scope"])
    sets = choose_sets(each for each in list_sets(world, tenant).values() if each.scope in scopes)
    drawn = Drawn(world, tenant, sets, style, crs=at.crs)
    scale = 2 if at.z else 1
    z, x, y = (at.z - 1, at.x // 2, at.y // 2) if at.z else (0, 0, 0)
    view = tile_view(z, x, y, DRAWN_PX, ratio if at.z else ratio / 2)
    job = Job(_style(drawn, view), view, cast(PictureForm, at.form), quality=QUALITY, parts=scale)
    group = (job.style.key, at.form, ratio, z, x, y, bool(at.z))

    def make() -> dict[Any, bytes]:
        bodies = drawn.pictures.renderer.draw(job, partial(_read, drawn))
        return {(group, number): body for number, body in enumerate(bodies)}

    number = (at.y % 2) * 2 + at.x % 2 if at.z else 0
    body = drawn.pictures.kept.find_or_make((group, number), group, make)
    return Tile(body, name_picture(drawn, group, number))


def draw_view(drawn: Drawn, view: View, form: PictureForm, over: list[dict[str, Any]]) -> Tile:
    """Any view as one picture, with its validator. Raises as `read_picture`."""
    job = Job(_style(drawn, view), view, form, over, QUALITY)
    body = drawn.pictures.renderer.draw(job, partial(_read, drawn))[0]
    return Tile(body, name_picture(drawn, job.style.key, form, asdict(view), over))


def name_picture(drawn: Drawn, *made_from: Any) -> str:
    """The validator of a picture: what it was made from, not its bytes.

    OpenGL places letters by the order in which they were first needed: a few pixels of the same picture differ by up
    to 4 of 255 between two processes, which is no reason to send it again.
    """
    parts = [DRAWING, drawn.world.snapshot.id, made_from]
    return hashlib.blake2b(orjson.dumps(parts, option=orjson.OPT_SERIALIZE_NUMPY), digest_size=12).hexdigest()


def _style(drawn: Drawn, view: View) -> Style:
    """The style under a name that says everything it depends on: the tenant, which scenes there are (`stamp` in the
    set's extra), and live tiles in the view, too.
    """
    style = picture_style(drawn.sets, drawn.style, drawn.language, drawn.crs)
    digest = hashlib.blake2b(f"{style.key} {drawn.tenant}".encode(), digest_size=12)
    for key in style.document["sources"]:
        tile_set = drawn.sets[key]
        digest.update(f"{tile_set.name} {tile_set.extra.get('stamp', '')}".encode())
        if tile_set.cache in LIVE:
            for at in _covering(tile_set, view):
                tile = _tile(drawn, key, at)
                digest.update(b"" if tile is None else tile.etag.encode() or tile.body)
    return Style(digest.hexdigest(), style.document)


def _covering(tile_set: TileSet, view: View) -> Iterator[TileAt]:
    """The tiles of a set that a view shows; none of a set that begins deeper."""
    z = min(tile_set.max_zoom, math.floor(view.zoom + 1e-9))
    if z < tile_set.min_zoom:
        return iter(())
    x, y = mercator(view.lon, view.lat)
    half_x, half_y = (side / 2 / DRAWN_PX / 2**view.zoom for side in (view.width_px, view.height_px))
    last = 2**z - 1
    edges = [(x - half_x) * 2**z, (x + half_x) * 2**z, (y - half_y) * 2**z, (y + half_y) * 2**z]
    west, east, north, south = (
        max(0, min(last, math.floor(edge + tiny))) for edge, tiny in zip(edges, (1e-9, -1e-9) * 2, strict=True)
    )
    return (TileAt(z, column, row) for row in range(north, south + 1) for column in range(west, east + 1))


def _read(drawn: Drawn, address: str) -> bytes | None:
    """What the process that draws asks for: `tiles/SOURCE/CRS/Z/X/Y` or `sprites/NAME`; None = nothing there."""
    kind, _, rest = address.partition("/")
    if kind == "sprites":
        return read_sprite(rest)
    source, _, z, x, y = rest.split("/")
    tile = _tile(drawn, source, TileAt(int(z), int(x), int(y)))
    if tile is None:
        return None
    return unpack(tile.body) if tile.encoding == "gzip" else tile.body


def _tile(drawn: Drawn, source: str, at: TileAt) -> Tile | None:
    """The source's tile; None also where it cannot be read: a picture without one of its layers is better than none."""
    tile_set = drawn.sets[source]
    form: Form = "mvt" if source != IMAGERY else next(form for form in ("jpg", "webp", "png") if form in tile_set.forms)
    crs = drawn.crs if drawn.crs in tile_set.systems else "wgs84"
    try:
        return tile_set.read(replace(at, form=form, crs=crs)) if at.z >= tile_set.min_zoom else None
    except CloudError:
        return None


def read_sprite(file: str) -> bytes | None:
    """The icon sheet's index or picture: `icons.json`, `icons@2x.png`; None if there is no such file."""
    stem, _, ending = file.rpartition(".")
    name, _, ratio = stem.partition("@")
    if name != "icons" or ratio not in ("", "2x") or ending not in ("json", "png"):
        return None
    index, picture = draw_sheet(2 if ratio else 1)
    return orjson.dumps(index) if ending == "json" else picture


def readable(sets: Iterable[TileSet], world: World, tenant: str, style: str, language: Language) -> Drawn:
    """What a picture is drawn from, of the sets that the caller may read."""
    return Drawn(world, tenant, choose_sets(sets), style, language)


def attribution(drawn: Drawn) -> str:
    """Whom the map's data come from, of all its sources."""
    return "; ".join(dict.fromkeys(each.attribution for each in drawn.sets.values() if each.attribution))
