"""From an operator's rows to places, addresses and kilometre posts; what is wrong with a row is told, not guessed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadInput
from location_cloud.places.gather_posts import parse_chainage
from location_cloud.places.model import OSM_ACCURACY_M, POI, SETTLEMENT
from location_cloud.places.model_own import Bad, RawRows
from location_cloud.places.model_table import OWN, ROAD_POST, HouseTable, PlaceTable, PostTable
from location_cloud.places.parse_address import list_asked_houses
from location_cloud.spatial.crs import Crs, as_wgs84

KINDS: dict[str, tuple[str, ...]] = {
    "address": ("addr", "house", "地址", "门牌", "门牌号"),
    "poi": ("place", "兴趣点", "单位", "场所"),
    "well": ("oil_well", "油井", "井", "油水井"),
    "kmpost": ("km", "milestone", "公里桩", "里程桩", "桩号", "百米桩"),
    "settlement": ("village", "小区", "村庄", "村", "屯", "居民点", "社区"),
}
"""Kinds that rows may have, and what they are called in columns."""

CATEGORY = {"poi": "own=poi", "well": "man_made=petroleum_well", "settlement": "place=neighbourhood"}
IMPORTANCE = {"poi": 0.45, "well": 0.35, "settlement": 0.5}
"""A little above the same things of OpenStreetMap: an operator lists what it is asked for."""

LONGEST = 200
"""Characters of a name, a street, an address."""

_SPLIT = re.compile(r"\s*[;；|]\s*")
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:[.,]\d*)?")


@dataclass
class OwnRows:
    """What a file's rows became. bad: rows left out."""

    places: PlaceTable
    houses: HouseTable
    posts: PostTable
    bad: list[Bad] = field(default_factory=list)


@dataclass(frozen=True)
class Reading:
    """How a file is to be understood.

    columns: column by meaning. kind: of rows that do not say it, "" = by what they have. crs: of the positions.
    areas: names of administrative areas, which an address may begin with.
    """

    columns: Mapping[str, str]
    kind: str = ""
    crs: Crs = "wgs84"
    areas: Collection[str] = ()


def read_rows(raw: RawRows, reading: Reading, name: str) -> OwnRows:
    """The places, addresses and posts of a file; name: of the set they will be.

    Raises BadInput where the file has no positions at all, or a kind is none.
    """
    if reading.kind and reading.kind not in KINDS:
        raise BadInput(f"--kind {reading.kind!r} is none; use one of {', '.join(KINDS)}")
    bad = dict.fromkeys(range(len(raw)), "")
    texts = {meaning: raw.columns[column] for meaning, column in reading.columns.items()}
    lonlat = _positions(raw, texts, reading.crs, bad)
    rows = _Sorted(raw, texts, lonlat, bad, reading, name)
    rows.sort()
    told = [Bad(raw.number[row], why) for row, why in bad.items() if why]
    every = sorted([*raw.bad, *told], key=lambda each: each.number)
    return OwnRows(rows.places(), rows.houses(), rows.posts(), every)


def _positions(raw: RawRows, texts: Mapping[str, list[str]], crs: Crs, bad: dict[int, str]) -> NDArray[np.float64]:
    """(n, 2) degrees WGS-84; rows without one are told in `bad`."""
    if "lon" in texts and "lat" in texts:
        lon, lat = _numbers(texts["lon"], "lon", bad), _numbers(texts["lat"], "lat", bad)
        lonlat = np.stack([lon, lat], axis=1)
    elif raw.lonlat is not None:
        lonlat = raw.lonlat.copy()
        for row in np.flatnonzero(~np.isfinite(lonlat).all(axis=1)).tolist():
            bad[row] = "it has no geometry"
    else:
        known = ", ".join(repr(name) for name in list(raw.columns)[:40])
        raise BadInput(f"which columns hold the position? Say --columns lon=...,lat=...; the file has {known}")
    off = (np.abs(lonlat[:, 0]) > 180) | (np.abs(lonlat[:, 1]) > 90)
    for row in np.flatnonzero(off).tolist():
        lon, lat = lonlat[row].tolist()
        swapped = "; are lon and lat swapped?" if abs(lat) <= 180 and abs(lon) <= 90 else ""
        bad[row] = bad[row] or f"lon {lon:g}, lat {lat:g} is off the globe{swapped}"
    for row in np.flatnonzero((lonlat == 0).all(axis=1)).tolist():
        bad[row] = bad[row] or "its position is 0,0, which stands for none"
    good = np.fromiter((not why for why in bad.values()), bool, len(bad))
    if good.any():
        lonlat[good] = as_wgs84(lonlat[good], crs)
    return lonlat


def _numbers(texts: list[str], name: str, bad: dict[int, str]) -> NDArray[np.float64]:
    try:
        found = np.array(texts, np.float64)
    except ValueError:
        found = np.array([_degrees(text) for text in texts], np.float64)
    for row in np.flatnonzero(~np.isfinite(found)).tolist():
        told = f"{name} is empty" if not texts[row] else f"{name} {texts[row][:40]!r} is no number"
        bad[row] = bad[row] or told
    return found


def _degrees(text: str) -> float:
    """Degrees as written: 125.1, 125,1, 125°06'11" or 125度6分11秒, with E, W, N, S; NaN if it is none."""
    try:
        return float(text)
    except ValueError:
        pass
    if len(text) > 40:
        return np.nan
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", "."))
    parts = [part for part in re.split(r"[^\d.,]+", text) if part]
    marks = set(re.sub(r"[\d.,\s+-]", "", text).upper())
    if not 1 <= len(parts) <= 3 or not marks <= set("°º度′'’分″\"”秒EWNS东西北南经纬"):
        return np.nan
    try:
        values = [float(part.replace(",", ".")) for part in parts]
    except ValueError:
        return np.nan
    if any(value >= 60 for value in values[1:]):
        return np.nan
    degrees = sum((value / 60.0**place for place, value in enumerate(values)), 0.0)
    return -degrees if marks & set("WS西南") or text.lstrip().startswith("-") else degrees


class _Sorted:
    """Rows by what they become."""

    def __init__(
        self,
        raw: RawRows,
        texts: Mapping[str, list[str]],
        lonlat: NDArray[np.float64],
        bad: dict[int, str],
        reading: Reading,
        name: str,
    ) -> None:
        empty = [""] * len(raw)
        self.raw, self.lonlat, self.bad, self.reading, self.set_name = raw, lonlat, bad, reading, name
        self.text = {meaning: texts.get(meaning, empty) for meaning in (*_USED, "lon", "lat")}
        self.place_rows: list[int] = []
        self.place_kind: list[str] = []
        self.place_name: list[str] = []
        self.house_rows: list[int] = []
        self.house_of: list[tuple[str, str, str]] = []
        self.post_rows: list[int] = []
        self.post_of: list[tuple[float, int]] = []
        self._known = {word: kind for kind, words in KINDS.items() for word in (kind, *words)}
        self._seen: dict[tuple[str, ...], int] = {}

    def sort(self) -> None:
        """Every good row to what it becomes."""
        text = self.text
        columns = (text["kind"], text["name"], text["street"], text["number"], text["address"], text["chainage"])
        points = self.lonlat.tolist()
        for row, (kind, name, street, number, address, chainage) in enumerate(zip(*columns, strict=True)):
            if self.bad[row]:
                continue
            key = (kind, name, street, number, address, chainage, text["ref"][row], *map(str, points[row]))
            first = self._seen.setdefault(key, row)
            if first != row:
                self.bad[row] = f"the same as {self.raw.what} {self.raw.number[first]}"
            elif any(len(part) > LONGEST for part in key):
                self.bad[row] = f"a text of more than {LONGEST} characters"
            else:
                self.bad[row] = self._take(row, kind, name, street, number, address, chainage)

    def _take(self, row: int, written: str, name: str, street: str, number: str, address: str, chainage: str) -> str:
        """What is wrong with a row, "" = nothing."""
        kind = self._known.get(written.casefold(), self.reading.kind)
        if not kind:
            kind = "kmpost" if chainage else "address" if (number or address) and not name else "poi"
        if kind == "kmpost":
            found = parse_chainage(chainage or name)
            if found is None:
                return f"chainage {(chainage or name)[:40]!r} is none, such as K248+500 or 248.5"
            self.post_rows.append(row)
            self.post_of.append((found[0], found[1] or _SIDES.get(self.text["side"][row].casefold(), 0)))
            return ""
        house = self._house(row, street, number, address)
        if kind == "address":
            if house is None:
                return "no street" if not (street or address) else "no house number"
            self._add_house(row, house)
            return ""
        called = name or (self.text["ref"][row] if kind == "well" else "")
        if not called:
            return "no name"
        self.place_rows.append(row)
        self.place_kind.append(kind)
        self.place_name.append(called)
        if house is not None:
            self._add_house(row, house)
        return ""

    def _house(self, row: int, street: str, number: str, address: str) -> tuple[str, str, str] | None:
        """(street, number, town), None if there is no number."""
        town = self.text["town"][row]
        if street and number:
            return street, number, town
        full = address or f"{street}{number}"
        asked = next(list_asked_houses(full), None) if full else None
        if asked is None:
            return None
        rest, areas = asked.street, self.reading.areas
        while cut := next((end for end in range(min(len(rest) - 2, 12), 1, -1) if rest[:end] in areas), 0):
            town, rest = town or rest[:cut], rest[cut:]
        return rest, asked.number, town

    def _add_house(self, row: int, house: tuple[str, str, str]) -> None:
        self.house_rows.append(row)
        self.house_of.append(house)

    def _ids(self, rows: list[int]) -> list[str]:
        own = self.text["id"]
        return [f"own:{self.set_name}:{own[row] or self.raw.number[row]}" for row in rows]

    def places(self) -> PlaceTable:
        """The points of interest, wells and settlements."""
        rows, kinds, count = self.place_rows, self.place_kind, len(self.place_rows)
        category = self.text["category"]
        accuracy = np.array([_metres(self.text["accuracy_m"][row]) for row in rows], np.float32)
        return PlaceTable(
            name=self.place_name,
            kind=np.array([SETTLEMENT if kind == "settlement" else POI for kind in kinds], np.int8),
            category=[_category(category[row], kind) for row, kind in zip(rows, kinds, strict=True)],
            lonlat=self.lonlat[rows].reshape(-1, 2),
            accuracy_m=accuracy,
            importance=np.array([IMPORTANCE[kind] for kind in kinds], np.float32),
            osm=self._ids(rows),
            area=np.full(count, -1, np.int32),
            other=[self._others(row, name) for row, name in zip(rows, self.place_name, strict=True)],
            shape=np.full(count, -1, np.int32),
            set=np.full(count, OWN, np.int16),
        )

    def houses(self) -> HouseTable:
        """The addresses."""
        rows, count = self.house_rows, len(self.house_rows)
        return HouseTable(
            street=[house[0] for house in self.house_of],
            number=[house[1] for house in self.house_of],
            town=[house[2] for house in self.house_of],
            postcode=[self.text["postcode"][row] for row in rows],
            lonlat=self.lonlat[rows].reshape(-1, 2),
            osm=self._ids(rows),
            is_estimated=np.zeros(count, bool),
            set=np.full(count, OWN, np.int16),
        )

    def posts(self) -> PostTable:
        """The kilometre posts."""
        rows, count = self.post_rows, len(self.post_rows)
        return PostTable(
            ref=[self.text["ref"][row] or self.text["street"][row] for row in rows],
            chainage_m=np.array([metres for metres, _side in self.post_of], np.float64),
            lonlat=self.lonlat[rows].reshape(-1, 2),
            side=np.array([side for _metres, side in self.post_of], np.int8),
            network=np.full(count, ROAD_POST, np.int8),
            set=np.full(count, OWN, np.int16),
        )

    def _others(self, row: int, name: str) -> tuple[str, ...]:
        alias, ref = self.text["alias"][row], self.text["ref"][row]
        if not alias and not ref:
            return ()
        found = [part for part in _SPLIT.split(alias) if part]
        return tuple(part for part in dict.fromkeys([*found, ref]) if part and part != name)


_USED = (
    *("kind", "name", "alias", "category", "street", "number", "address", "town", "postcode"),
    *("ref", "chainage", "side", "id", "accuracy_m"),
)

_SIDES = {"up": 1, "left": 1, "z": 1, "1": 1, "上行": 1, "左": 1, "左幅": 1}
_SIDES |= {"down": 2, "right": 2, "y": 2, "2": 2, "下行": 2, "右": 2, "右幅": 2}


def _category(text: str, kind: str) -> str:
    return text if re.fullmatch(r"[\w:]{1,40}=[\w:.-]{1,60}", text) else CATEGORY[kind]


def _metres(text: str) -> float:
    try:
        metres = float(text)
    except ValueError:
        return OSM_ACCURACY_M
    return metres if 0 < metres <= 100_000 else OSM_ACCURACY_M
