"""What kinds of places there are: the tree of data/places/categories.toml, and which kind an OpenStreetMap tag is."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FILE: Final = "places/categories.toml"

_OWN_KEYS: Final = frozenset({"name", "amap", "checked", "osm"})


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of place.

    id: its way down the tree, "medical.hospital.clinic"; parent: "medical.hospital", "" = top. level: 1 to 3.
    name, name_en: to be shown. amap: code of the same kind at Amap, "" = none; amap_checked: it was compared with their
    published pages. osm: tags of this very kind, "key=*" = all others of the key; only at level 3.
    """

    id: str
    parent: str
    level: int
    name: str
    name_en: str
    amap: str
    amap_checked: bool
    osm: tuple[str, ...]


@dataclass(frozen=True)
class CategoryTree:
    """All kinds by id, parents before their children, and the kind of each tag."""

    by_id: Mapping[str, Category]
    by_tag: Mapping[str, str]

    def of_tag(self, tag: str) -> str:
        """The id of the kind that a tag "key=value" makes; every tag is of one."""
        key = tag.partition("=")[0]
        return self.by_tag.get(tag) or self.by_tag.get(f"{key}=*") or self.by_tag["*"]

    def children(self, id_: str) -> list[Category]:
        """The kinds directly below one, or the top ones of ""."""
        return [each for each in self.by_id.values() if each.parent == id_]

    def find(self, asked: str) -> tuple[str, ...]:
        """Ids of the kinds that a word asks for: an id, an Amap code, or a Chinese or English name; () = nothing.

        A code that ends in zeros asks for everything below it, as with Amap.
        """
        wanted = asked.strip().casefold()
        if wanted in self.by_id:
            return (wanted,)
        if len(wanted) == 6 and wanted.isascii() and wanted.isdigit():
            begin = wanted.rstrip("0") if not wanted.endswith("0000") else wanted[:2]
            begin += "0" * (len(begin) % 2)
            return tuple(each.id for each in self.by_id.values() if each.amap.startswith(begin))
        return tuple(each.id for each in self.by_id.values() if wanted in (each.name, each.name_en.casefold()))


@lru_cache(maxsize=1)
def load_categories() -> CategoryTree:
    """The tree that ships with the product; read once."""
    text = (importlib.resources.files("location_cloud.data") / FILE).read_text("utf-8")
    categories = {each.id: each for each in _walk(tomllib.loads(text), "", 1)}
    tags = {tag: each.id for each in categories.values() for tag in each.osm}
    return CategoryTree(MappingProxyType(categories), MappingProxyType(tags))


def category_mask(tags: Sequence[str], asked: str) -> NDArray[np.bool_] | None:
    """Which of a snapshot's tags ("key=value", Places.categories) are of the kinds asked for: (len(tags),) bool.

    asked: ids, Amap codes, names or tags, with commas or | between them. None if one of them is nothing known.
    """
    return _mask(tuple(tags), asked)


@lru_cache(maxsize=256)
def _mask(tags: tuple[str, ...], asked: str) -> NDArray[np.bool_] | None:
    mask = np.zeros(len(tags), np.bool_)
    for word in asked.replace("|", ",").split(","):
        if "=" in word:
            mask |= np.fromiter((tag == word.strip() for tag in tags), np.bool_, len(tags))
            continue
        found = load_categories().find(word)
        if not found:
            return None
        mask |= np.fromiter((_is_below(kind, found) for kind in kinds_of(tags)), np.bool_, len(tags))
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=8)
def kinds_of(tags: tuple[str, ...]) -> tuple[str, ...]:
    """The id of the kind of each of a snapshot's tags."""
    tree = load_categories()
    return tuple(tree.of_tag(tag) for tag in tags)


def _is_below(kind: str, wanted: tuple[str, ...]) -> bool:
    return any(kind == each or kind.startswith(f"{each}.") for each in wanted)


def _walk(table: Mapping[str, Any], parent: str, level: int) -> Iterator[Category]:
    for key, entry in table.items():
        if key in _OWN_KEYS:
            continue
        id_ = f"{parent}.{key}" if parent else key
        name, name_en = entry["name"]
        checked = bool(entry.get("checked", False))
        yield Category(id_, parent, level, name, name_en, entry.get("amap", ""), checked, tuple(entry.get("osm", ())))
        yield from _walk(entry, id_, level + 1) if level < 3 else ()
