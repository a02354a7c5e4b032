"""How callers say things: three dialects, so that an engine tuned on one can be tried on the others."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from functools import cache

import pyproj
from pypinyin import lazy_pinyin

from benchmarks.places.vocabulary import DIALECTS, DIGITS, ORDINALS, TRADITIONAL, spoken

Point = tuple[float, float]


_SHORT = {"杜尔伯特蒙古族自治县": ("杜尔伯特", "杜尔伯特县", "杜蒙", "杜蒙县", "杜尔伯特蒙古族自治县")}
_ENGLISH = {
    "萨尔图区": "Sartu",
    "龙凤区": "Longfeng",
    "让胡路区": "Ranghulu",
    "红岗区": "Honggang",
    "大同区": "Datong",
    "肇州县": "Zhaozhou",
    "肇源县": "Zhaoyuan",
    "林甸县": "Lindian",
    "杜尔伯特蒙古族自治县": "Dorbod",
}

_WINDS = (("东", 1, 0), ("西", -1, 0), ("南", 0, -1), ("北", 0, 1))
_DIAGONALS = (("东北", 1, 1), ("东南", 1, -1), ("西北", -1, 1), ("西南", -1, -1))


class Wording:
    """Draws how something is said. dialect: "a", "b" or "c"."""

    def __init__(self, chance: random.Random, dialect: str) -> None:
        self.chance = chance
        self.forms = DIALECTS[dialect]

    def noisy(self, text: str) -> str:
        """Words of a call around it."""
        before = self.chance.choice(self.forms["before"]) if self.chance.random() < 0.8 else ""
        after = self.chance.choice(self.forms["after"]) if self.chance.random() < 0.8 or not before else ""
        return f"{before}{text}{after}"

    def short_district(self, name: str) -> str:
        """One of the forms in which people name a district."""
        forms = _SHORT.get(name, (name.removesuffix("区").removesuffix("县"), name))
        return self.chance.choice(forms)

    def district_en(self, name: str) -> str:
        """Its English name."""
        kind = "County" if name.endswith("县") else "District"
        return f"{_ENGLISH[name]} {kind}" if self.chance.random() < 0.7 else _ENGLISH[name]

    def crossing(self, one: str, other: str) -> str:
        """Two streets that meet."""
        return self.chance.choice(self.forms["crossings"]).format(a=one, b=other)

    def offset(self, name: str, metres: int) -> tuple[str, float, float]:
        """(text, unit vector east, north)."""
        is_diagonal = self.chance.random() < 0.25
        side, east, north = self.chance.choice(_DIAGONALS if is_diagonal else _WINDS)
        length = math.hypot(east, north)
        spoken_m = spoken(metres).replace("二百", self.chance.choice(("二百", "两百")))
        text = self.chance.choice(self.forms["offsets"]).format(name=name, side=side, m=metres, z=spoken_m)
        return text, east / length, north / length

    def post(self, ref: str, name: str, kilometre: int, metres: int) -> str:
        """A place on a road by its chainage."""
        text = self.chance.choice(self.forms["posts"]).format(
            ref=ref, name=name, km=kilometre, m=metres, dec=f"{kilometre + metres / 1000:g}"
        )
        text = text.replace("公路公路", "公路").replace(f"{ref}高速", f"{ref}高速" if ref[0] == "G" else f"{ref}省道")
        if metres == 0:
            text = text.replace("公里加0米", "公里").replace("公里0米", "公里")
        return text

    def room(self, compound: str, number: str) -> str:
        """A room of a building."""
        unit, floor = self.chance.randint(1, 6), self.chance.randint(1, 18)
        form = self.chance.choice(self.forms["rooms"])
        return form.format(
            c=compound,
            b=number,
            u=unit,
            f=floor,
            r=f"{floor}{self.chance.randint(1, 4):02d}",
            z=spoken(int(number)),
            z2=spoken(unit),
        )

    def half_remembered(self, name: str) -> str:
        """A name as somebody has it in mind who saw it once."""
        chance = self.chance
        at = chance.randrange(1, len(name) - 2)
        drawn = chance.randrange(5)
        if drawn == 0:
            return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        if drawn == 1:
            return name[:at] + chance.choice(_common()) + name[at:]
        if drawn == 2:
            return name[:at] + chance.choice(_common()) + name[at + 1 :]
        if drawn == 3:
            return name[1:]
        return name[:at] + name[at + 2 :]

    def spoken_well(self, ref: str) -> str:
        """A well's number as it comes over the telephone."""
        drawn = self.chance.randrange(4)
        if drawn == 0:
            ref = ref.replace("-", " ")
        elif drawn == 1:
            ref = ref.replace("-", self.chance.choice("—－杠"))
        elif drawn == 2:
            ref = "".join(DIGITS[int(char)] if char.isdigit() else char for char in ref)
        else:
            ref = ref.lower()
        return ref + self.chance.choice(("", "井", "号井"))

    def traditional(self, text: str) -> str:
        """In the characters of Taiwan and Hong Kong."""
        return text.translate(TRADITIONAL)

    def coordinates(self, point: Point) -> str:
        """A position in one of nine spellings."""
        lon, lat = point
        return self.chance.choice(
            (
                f"{lat:.5f},{lon:.5f}",
                f"{lon:.5f},{lat:.5f}",
                f"{lat:.5f} {lon:.5f}",
                f"北纬{lat:.5f}度东经{lon:.5f}度",
                f"东经{lon:.5f}，北纬{lat:.5f}",
                f"N{lat:.5f} E{lon:.5f}",
                f"{_sexagesimal(lat, '°', '′', '″')}N {_sexagesimal(lon, '°', '′', '″')}E",
                f"东经{_sexagesimal(lon, '度', '分', '秒')}北纬{_sexagesimal(lat, '度', '分', '秒')}",
                f"{int(lat)}°{lat % 1 * 60:.4f}'N, {int(lon)}°{lon % 1 * 60:.4f}'E",
            )
        )

    def code(self, point: Point) -> str:
        """A position as the code of a cell of at most 20 m, or as a metric position."""
        return self.chance.choice((plus_code, geohash, utm, mgrs))(point)


def numerals(value: int, chance: random.Random) -> str:
    """257 as 二百五十七, or digit by digit as 二五七."""
    if chance.random() < 0.2 and value > 20:
        return "".join(DIGITS[int(char)] for char in str(value))
    return spoken(value)


def pinyin(text: str, gap: str, is_short: bool = False) -> str:
    """Syllables without tones; is_short: only their first letters. Brackets and hyphens are left out."""
    parts = [part.strip("()-") for part in lazy_pinyin(text)]
    return gap.join(part[0] if is_short else part for part in parts if part)


def homophone(text: str, chance: random.Random) -> str:
    """The text with one character replaced by another common one of the same sound; "" if none has any."""
    places = [at for at, char in enumerate(text) if len(_same_sound(char)) > 1]
    if not places:
        return ""
    at = chance.choice(places)
    other = chance.choice([char for char in _same_sound(text[at]) if char != text[at]])
    return text[:at] + other + text[at + 1 :]


def plus_code(point: Point) -> str:
    """Open Location Code of ten digits, about 14 m; after Google's specification."""
    digits = "23456789CFGHJMPQRVWX"
    lon, lat = int((point[0] + 180) * 8000), int((point[1] + 90) * 8000)
    code = ""
    for _ in range(5):
        code = digits[lat % 20] + digits[lon % 20] + code
        lat, lon = lat // 20, lon // 20
    return f"{code[:8]}+{code[8:]}"


def geohash(point: Point) -> str:
    """Nine characters, about 4 m."""
    low, high = [-180.0, -90.0], [180.0, 90.0]
    code, bits = "", 0
    for place in range(45):
        axis = place % 2
        middle = (low[axis] + high[axis]) / 2
        bits = bits * 2 + (point[axis] >= middle)
        (low if point[axis] >= middle else high)[axis] = middle
        if place % 5 == 4:
            code, bits = code + "0123456789bcdefghjkmnpqrstuvwxyz"[bits], 0
    return code


def utm(point: Point) -> str:
    """Zone, band, metres."""
    zone, band, east, north = _utm(point)
    return f"{zone}{band} {east:.0f} {north:.0f}"


def mgrs(point: Point) -> str:
    """Ten digits, 1 m."""
    zone, band, east, north = _utm(point)
    column = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")[(zone - 1) % 3][int(east // 100_000) - 1]
    row = "ABCDEFGHJKLMNPQRSTUV"[(int(north // 100_000) + (5 if zone % 2 == 0 else 0)) % 20]
    return f"{zone}{band}{column}{row}{int(east % 100_000):05d}{int(north % 100_000):05d}"


def _utm(point: Point) -> tuple[int, str, float, float]:
    zone = int((point[0] + 180) // 6) + 1
    east, north = _projection(zone).transform(*point)
    return zone, "CDEFGHJKLMNPQRSTUVWXX"[int((point[1] + 80) // 8)], east, north


@cache
def _projection(zone: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4326", f"EPSG:{32600 + zone}", always_xy=True)


def _sexagesimal(degrees: float, *marks: str) -> str:
    tenths = round(degrees * 36_000)
    return f"{tenths // 36_000}{marks[0]}{tenths // 600 % 60}{marks[1]}{tenths % 600 / 10:.1f}{marks[2]}"


@cache
def _common() -> str:
    """The 3,755 characters of GB 2312's first level."""
    codes = (bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return "".join(code.decode("gb2312", "ignore") for code in codes)


@cache
def _sounds() -> dict[str, str]:
    found: dict[str, str] = defaultdict(str)
    for char in _common():
        found[lazy_pinyin(char)[0]] += char
    return found


@cache
def _same_sound(char: str) -> str:
    if not "\u4e00" <= char <= "\u9fff" or char in ORDINALS:
        return ""
    return _sounds().get(lazy_pinyin(char)[0], "")
