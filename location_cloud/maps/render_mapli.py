"""Pictures drawn by MapLibre Native through mapli: the same program as on the phones, on a software OpenGL."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from location_cloud.maps.render import SCHEME, WORLD_PX, ReadTile, Style, View

FACE = "map labels"


class MapliBackend:
    """MapLibre Native. font: one face for every label; None = no labels. read: gives what the styles refer to.

    Raises ImportError without mapli or its libraries, mapli.MapliError without a usable EGL.
    """

    name = "mapli"

    def __init__(self, font: Path | None, read: ReadTile) -> None:
        import mapli  # heavy optional: the extra [render]

        self._font = font
        self._known: set[str] = set()

        def answer(request: Any) -> Any:
            body = read(request.url.removeprefix(f"{SCHEME}://"))
            return mapli.Response.no_content() if body is None else mapli.Response(body)

        mapli.register_scheme_handler(SCHEME, answer)
        self._pool = mapli.RenderPool(workers=1, max_renderers_per_worker=4)

    def draw(self, style: Style, view: View) -> bytes:
        """The view as PNG."""
        if style.key not in self._known:
            self._pool.register_style(style.key, json=with_font(addressed(style), self._font))
            self._known.add(style.key)
        if view.tile is not None and not (view.tile[0] == 0 and view.width_px < WORLD_PX):
            z, x, y = view.tile
            return self._pool.render_tile(style.key, z=z, x=x, y=y, tile_size=view.width_px, pixel_ratio=view.ratio)
        return self._pool.render(
            style.key,
            lon=view.lon,
            lat=view.lat,
            zoom=max(view.zoom, 0.0),
            width=view.width_px,
            height=view.height_px,
            pixel_ratio=view.ratio,
        )


def addressed(style: Style) -> dict[str, Any]:
    """The style with its key in every address, so that the answer can be that of the right tenant."""
    document = copy.deepcopy(style.document)
    mark = f"{SCHEME}://{style.key}/"
    for source in document["sources"].values():
        source["tiles"] = [address.replace(f"{SCHEME}://", mark) for address in source["tiles"]]
    if "sprite" in document:
        document["sprite"] = document["sprite"].replace(f"{SCHEME}://", mark)
    return document


def with_font(document: dict[str, Any], font: Path | None) -> dict[str, Any]:
    """The style with all its labels in that font; without a font, without labels.

    A style that names neither `glyphs` nor `font-faces` fails in MapLibre Native.
    """
    if font is None:
        layers = [layer for layer in document["layers"] if "text-field" not in layer.get("layout", {})]
        return {**document, "layers": layers}
    layers = [
        {**layer, "layout": {**layer["layout"], "text-font": [FACE]}}
        if "text-field" in layer.get("layout", {})
        else layer
        for layer in document["layers"]
    ]
    return {**document, "layers": layers, "font-faces": {FACE: font.absolute().as_uri()}}
