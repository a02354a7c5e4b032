"""Which column of an operator's file means what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from location_cloud.errors import BadInput

MEANINGS: dict[str, tuple[str, ...]] = {
    "lon": ("lng", "long", "longitude", "x", "经度", "东经", "longitud", "länge", "längengrad"),
    "lat": ("latitude", "y", "纬度", "北纬", "latitud", "breite", "breitengrad"),
    "name": ("名称", "名字", "单位名称", "井号", "站名", "小区名称", "title", "nom", "nimi", "bezeichnung"),
    "alias": ("aliases", "alt_name", "别名", "曾用名", "简称", "old_name", "name_en"),
    "kind": ("类型", "类别", "type"),
    "category": ("分类", "category", "poi类型"),
    "street": ("addr:street", "道路", "街道", "路名", "街路巷", "straße", "strasse", "rue", "katu"),
    "number": ("housenumber", "addr:housenumber", "门牌", "门牌号", "号", "hausnummer", "numero", "numéro"),
    "address": ("addr", "full_address", "地址", "详细地址", "adresse"),
    "town": ("city", "addr:city", "区县", "行政区", "乡镇", "district", "ort", "ville"),
    "postcode": ("zip", "postal_code", "addr:postcode", "邮编", "plz"),
    "ref": ("number_of_road", "路线编号", "线路编号", "编号", "code"),
    "chainage": ("pk", "km", "桩号", "里程", "里程桩号", "milestone"),
    "side": ("方向", "上下行", "carriageway", "幅别"),
    "id": ("fid", "gid", "objectid", "uuid", "标识码"),
    "accuracy_m": ("accuracy", "精度", "误差"),
}
"""Every meaning, and what columns of it are called in the wild; the meaning itself comes first."""


def parse_columns(text: str) -> dict[str, str]:
    """Column by meaning of "lon=X,lat=Y,name=名称". Raises BadInput where it is no such list."""
    found: dict[str, str] = {}
    for part in text.replace("，", ",").split(","):
        meaning, equals, column = (each.strip() for each in part.partition("="))
        if not part.strip():
            continue
        if not equals or not column:
            raise BadInput(f"--columns {part[:60]!r}: write meaning=column, e.g. lon=X,lat=Y,name=名称")
        if meaning not in MEANINGS:
            raise BadInput(f"--columns {meaning[:40]!r} is no meaning; there are: {', '.join(MEANINGS)}")
        if meaning in found:
            raise BadInput(f"--columns: {meaning} is given twice")
        found[meaning] = column
    return found


def find_columns(asked: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    """Column by meaning: as asked, the others where a column is called as such columns usually are.

    Raises BadInput with what the file has if an asked column is not in it.
    """
    folded = {name.casefold().strip(): name for name in reversed(known)}
    found = {}
    for meaning, column in asked.items():
        if column not in known and column.casefold() not in folded:
            near = get_close_matches(column, known, 1)
            told = f"; is it {near[0]!r}?" if near else "."
            raise BadInput(f"--columns {meaning}={column}: the file has no such column{told} It has: {_told(known)}")
        found[meaning] = column if column in known else folded[column.casefold()]
    taken = set(found.values())
    for meaning, names in MEANINGS.items():
        for name in (meaning, *names):
            column = folded.get(name, "")
            if meaning not in found and column and column not in taken:
                found[meaning] = column
                taken.add(column)
    return found


def _told(known: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in list(known)[:40]) or "none"
