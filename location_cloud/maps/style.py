"""The map styles: one list of layers, a palette for each style, joined here into a MapLibre style document.

In `styles/layers.json` a layer is written as the MapLibre style specification has it, with these short forms:
`"@name"` is a colour of the palette, and a layer with a colour that the palette leaves out (null) is not drawn;
`kinds` and `at` (ground, tunnel, bridge) are filters; `width` (street, casing) is a street's width by
class and zoom; `label` is "name" for a name in the asked language, "plain" for another text; `"#name"` is an
expression made below from tables.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

import orjson

from location_cloud.maps.sprites import icon_document

Language: TypeAlias = Literal["zh-CN", "en", "local"]

STYLES = ("light", "dark", "traffic", "satellite")

FONT = ("Noto Sans CJK SC Regular", "Noto Sans Regular")
"""Where a page has neither, the browser's own font draws the labels."""

SPRITE = "icons"

SCOPE = "maps:read"

BASE, TRAFFIC = "base", "traffic"

STREET_ORDER = (
    ("pedestrian", "service", "busway", "living_street"),
    ("residential", "unclassified"),
    ("tertiary",),
    ("secondary",),
    ("primary",),
    ("trunk",),
    ("motorway",),
)
"""Later ones are drawn over earlier ones, and named before them."""

AT: Mapping[str, Any] = {
    "ground": ["all", ["!", ["to-boolean", ["get", "tunnel"]]], ["!", ["to-boolean", ["get", "bridge"]]]],
    "tunnel": ["to-boolean", ["get", "tunnel"]],
    "bridge": ["to-boolean", ["get", "bridge"]],
}

LINK_SHARE = 0.65
"""A slip road's width beside its road's."""


def compose_style(
    name: str,
    language: Language,
    sources: Mapping[str, Any],
    sprite: str = "",
) -> dict[str, Any]:
    """The style document.

    sources: the sources that there are, by their name in the style ("base", "traffic", "imagery"), as MapLibre wants
    them; layers of others are left out. sprite: address of the icons without its ending; "" = draw none.
    Raises KeyError for a style that is not in STYLES. Source: MapLibre style specification, version 8.
    """
    palette = load_palette(name)
    layers = [
        drawn
        for layer in _layer_list()["layers"]
        if layer.get("source", BASE) in sources or layer["type"] == "background"
        if (drawn := _compose_layer(layer, palette, language)) is not None
    ]
    used = {layer["source"] for layer in layers if "source" in layer}
    document: dict[str, Any] = {
        "version": 8,
        "name": name,
        "metadata": {"schema": "shortbread", "title": palette["title"]},
        "sources": {key: source for key, source in sources.items() if key in used},
        "layers": layers if sprite else [layer for layer in map(_without_icon, layers) if layer is not None],
    }
    if sprite:
        document["sprite"] = sprite
    return document


@cache
def load_palette(name: str) -> dict[str, Any]:
    """The palette with what it takes from another one, the scope that its pictures need, its share of street widths.

    Raises KeyError for an unknown name.
    """
    if name not in STYLES:
        raise KeyError(name)
    own = _load(name)
    base = load_palette(own["from"])["colors"] if "from" in own else {}
    return {
        "title": own["title"],
        "scope": own.get("scope", SCOPE),
        "street_share": own.get("street_share", 1),
        "colors": {**base, **own["colors"]},
    }


@cache
def _layer_list() -> dict[str, Any]:
    return _load("layers")


def _load(name: str) -> dict[str, Any]:
    text = (importlib.resources.files("location_cloud.maps") / f"styles/{name}.json").read_bytes()
    document: dict[str, Any] = orjson.loads(text)
    return document


class _NotDrawn(Exception):
    """The palette has no colour for it."""


def _compose_layer(layer: dict[str, Any], palette: Mapping[str, Any], language: Language) -> dict[str, Any] | None:
    """The layer in plain MapLibre terms; None if the palette does not draw it."""
    drawn = {key: value for key, value in layer.items() if key not in ("kinds", "at", "width", "label")}
    drawn = {**drawn, "layout": dict(layer.get("layout", {})), "paint": dict(layer["paint"])}
    if layer["type"] != "background":
        drawn.setdefault("source", BASE)
    if "width" in layer:
        drawn["paint"]["line-width"] = _street_width(layer["width"] == "casing", palette["street_share"])
    if "label" in layer:
        _add_label(drawn, layer["label"], language)
    if parts := _filters(layer):
        drawn["filter"] = ["all", *parts] if len(parts) > 1 else parts[0]
    try:
        resolved: dict[str, Any] = _resolve(drawn, palette["colors"])
    except _NotDrawn:
        return None
    return resolved if resolved["layout"] else {key: value for key, value in resolved.items() if key != "layout"}


def _filters(layer: dict[str, Any]) -> list[Any]:
    parts: list[Any] = []
    if "kinds" in layer:
        parts.append(["in", ["get", "kind"], ["literal", layer["kinds"]]])
    if "at" in layer:
        kinds = list(_layer_list()["streets"]["widths"])
        parts += [["in", ["get", "kind"], ["literal", kinds]], AT[layer["at"]]]
    if "filter" in layer:
        parts.append(layer["filter"])
    return parts


def _add_label(drawn: dict[str, Any], label: str, language: Language) -> None:
    layout, paint = drawn["layout"], drawn["paint"]
    if label == "name":
        drawn["metadata"] = {"label": "name"}
        layout["text-field"] = name_in(language)
    layout["text-font"] = list(FONT)
    layout.setdefault("text-max-width", 8)
    layout.setdefault("text-padding", 3)
    paint.setdefault("text-halo-color", "@halo")
    paint.setdefault("text-halo-width", 1.4)


def name_in(language: Language) -> Any:
    """The name of a feature in the language, else as written there."""
    if language == "local":
        return ["get", "name"]
    return ["coalesce", ["get", "name_zh" if language == "zh-CN" else "name_en"], ["get", "name"]]


def _resolve(value: Any, colors: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _resolve(each, colors) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolve(each, colors) for each in value]
    if isinstance(value, str) and value.startswith("#") and value[1:] in MADE:
        return _resolve(MADE[value[1:]](), colors)
    if not (isinstance(value, str) and value.startswith("@")):
        return value
    color = colors[value[1:]]
    if color is None:
        raise _NotDrawn
    return color


def _without_icon(layer: dict[str, Any]) -> dict[str, Any] | None:
    """The layer with its text alone; None if it is nothing but an icon."""
    layout = layer.get("layout", {})
    if "icon-image" not in layout:
        return layer
    if "text-field" not in layout:
        return None
    return {
        **layer,
        "layout": {key: value for key, value in layout.items() if not key.startswith("icon-")},
        "paint": {key: value for key, value in layer["paint"].items() if not key.startswith("icon-")},
    }


# --- expressions made from tables ------------------------------------------------------------------


def _street_width(is_casing: bool, share: float) -> Any:
    table = _layer_list()["streets"]
    expression: list[Any] = ["interpolate", ["exponential", 1.5], ["zoom"]]
    for position, zoom in enumerate(table["zooms"]):
        by_kind: list[Any] = ["match", ["get", "kind"]]
        for kind, widths in table["widths"].items():
            by_kind += [kind, round(widths[position] * share, 2)]
        width: Any = ["*", [*by_kind, 0], ["case", ["to-boolean", ["get", "link"]], LINK_SHARE, 1]]
        rim = table["casing_px"][position]
        expression += [zoom, ["+", width, 2 * rim] if is_casing else width]
    return expression


def _street_rank(first: bool) -> Any:
    expression: list[Any] = ["match", ["get", "kind"]]
    for rank, kinds in enumerate(STREET_ORDER, 1):
        expression += [list(kinds), len(STREET_ORDER) - rank if first else rank]
    return [*expression, len(STREET_ORDER) if first else 0]


def _street_color() -> Any:
    named = ("motorway", "trunk", "primary", "secondary", "pedestrian")
    pairs = [part for kind in named for part in (kind, f"@{kind}")]
    return ["match", ["get", "kind"], *pairs, "@minor"]


def _poi_icon() -> Any:
    expression: Any = ["case", ["has", "shop"], "shop", "dot"]
    for key, icons in reversed(icon_document()["pois"].items()):
        pairs = [part for icon, kinds in icons.items() for part in (kinds, icon)]
        expression = ["match", ["get", key], *pairs, expression]
    return expression


def _poi_rank() -> Any:
    """Important kinds keep their place where icons collide."""
    ranks = icon_document()["ranks"]
    pairs = [part for rank, icons in enumerate(ranks) for part in (icons, rank)]
    return ["match", _poi_icon(), *pairs, len(ranks)]


MADE: Mapping[str, Callable[[], Any]] = {
    "rank": lambda: _street_rank(first=False),
    "rank_first": lambda: _street_rank(first=True),
    "street_color": _street_color,
    "poi_icon": _poi_icon,
    "poi_rank": _poi_rank,
}
