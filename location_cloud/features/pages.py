"""The same documents as pages for people: a table, links, and where it lies on the map; without scripts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import orjson
import shapely

from location_cloud.feature_sets import Page

Json = dict[str, Any]

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:80rem;margin:2rem auto;padding:0 1rem;color:#1b2733}"
    "table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0;"
    "border-bottom:1px solid #c9d3dc}div{overflow-x:auto}"
)

POLICY = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; frame-ancestors 'none'"
)
"""Content-Security-Policy of these pages."""

MOST_COLUMNS, MOST_TEXT = 12, 200
"""Of a table: properties, and characters of each."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "zh-CN": {
        "map": "地图",
        "links": "链接",
        "collections": "要素集",
        "place": "位置",
        "features": "要素",
        "id": "编号",
    },
    "en": {
        "map": "map",
        "links": "Links",
        "collections": "Collections",
        "place": "Place",
        "features": "Features",
        "id": "id",
    },
}


def document(title: str, told: Json, language: str) -> bytes:
    """A document as what it says, a row each, and its links."""
    rows = [(name, _shown(value)) for name, value in told.items() if name not in ("links", "collections", "title")]
    return _page(title, language, _table(rows), _links(told.get("links", []), language))


def collections(title: str, told: Json, language: str) -> bytes:
    """The list of collections, each a link to its table."""
    lines = []
    for each in told["collections"]:
        href = next(link["href"] for link in each["links"] if link["rel"] == "items" and link["type"] == "text/html")
        lines.append(f'<li><a href="{escape(href)}">{escape(each["title"])}</a>: {escape(each["description"])}</li>')
    return _page(title, language, f"<ul>{''.join(lines)}</ul>", _links(told["links"], language))


def table(
    title: str, page: Page, links: Sequence[Json], language: str, of_id: Callable[[Any], str], map_: str
) -> bytes:
    """A page of features. of_id: id -> address. map_: address of the map."""
    words = WORDS[language]
    told = _told(page)
    names = list(dict.fromkeys(name for each in told for name in each))[:MOST_COLUMNS]
    head = "".join(f"<th>{escape(name)}</th>" for name in (words["id"], *names, words["place"]))
    lines = []
    for id_, shape, properties in zip(page.ids, page.geometries, told, strict=True):
        cells = "".join(f"<td>{_shown(properties.get(name))}</td>" for name in names)
        lines.append(f'<tr><td><a href="{escape(of_id(id_))}">{escape(str(id_))}</a></td>{cells}')
        lines.append(f"<td>{_on_map(shape, map_, words['map'])}</td></tr>")
    shown = f"<div><table><tr>{head}</tr>{''.join(lines)}</table></div>"
    return _page(title, language, shown, _links(links, language))


def feature(title: str, page: Page, links: Sequence[Json], language: str, map_: str) -> bytes:
    """One feature."""
    rows = [(name, _shown(value)) for name, value in _told(page)[0].items()]
    place = _on_map(page.geometries[0], map_, WORDS[language]["map"])
    return _page(title, language, _table([*rows, (WORDS[language]["place"], place)]), _links(links, language))


def _told(page: Page) -> list[Mapping[str, Any]]:
    return [orjson.loads(each) if isinstance(each, bytes) else each for each in page.properties]


def _page(title: str, language: str, *parts: str) -> bytes:
    head = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1>"
    )
    return f"{head}{''.join(parts)}</body></html>".encode()


def _table(rows: Sequence[tuple[str, str]]) -> str:
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in rows)
    return f"<div><table>{lines}</table></div>"


def _links(links: Sequence[Json], language: str) -> str:
    lines = "".join(
        f'<li><a rel="{escape(each["rel"])}" href="{escape(each["href"])}">{escape(each["title"])}</a> '
        f"({escape(each['rel'].rpartition('/')[2])}, {escape(each['type'])})</li>"
        for each in links
    )
    return f"<h2>{WORDS[language]['links']}</h2><ul>{lines}</ul>"


def _shown(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return escape(text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…")


def _on_map(shape: Any, map_: str, word: str) -> str:
    if shape is None or shape.is_empty:
        return ""
    inside = shapely.point_on_surface(shape)
    where = f"{inside.x:.5f},{inside.y:.5f}"
    return f'<a href="{escape(f"{map_}#at={where}")}">{word}</a> {where}'
