"""Somewhere around a known place: XX小区北侧200米, 书店对面, 医院东门, 200 m north of X, near X."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from location_cloud.places.numerals import NUMBER, number_of
from location_cloud.places.parse_noise import has_han
from location_cloud.places.wording import WORDING

WHOLE_SIDE_M = 100.0
"""How far "the north side" of a place reaches, where no distance is said."""


@dataclass(frozen=True)
class Offset:
    """A place around another.

    landmark: the other one, as asked. bearing_deg: direction from it, None = not said. distance_m: 0 = beside it.
    spread_m: how far the words leave it open. is_gate: the landmark's entrance on that side. written: all but the
    landmark.
    """

    landmark: str
    bearing_deg: float | None
    distance_m: float
    spread_m: float
    written: str
    is_gate: bool = False


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


_WIND = _any_of(WORDING.wind)
_LENGTH = _any_of(WORDING.length)
_NEAR = _any_of(WORDING.near)
_FILLER = "(?:的|约|大约|大概|差不多|行|走|距离|处|有){0,3}"
_TAIL = "(?:左右|的地方|处|远|外|附近|位置|那里|这里|开外|地方|路[东南西北侧边]|道[东南西北]){0,3}"
_ABOUT = "(?:多|来|几|余)?"
_MEASURED = re.compile(
    rf"(?:的|以|往|向|偏|朝|在其)?(?P<wind>{_WIND})(?:侧|边|面|方向|方|部|头|走)?{_FILLER}"
    rf"(?P<number>{NUMBER}){_ABOUT}\s?(?P<unit>{_LENGTH}){_TAIL}$",
    re.IGNORECASE,
)
_MEASURED_FIRST = re.compile(
    rf"(?:的|约|大约)?(?P<number>{NUMBER}){_ABOUT}\s?(?P<unit>{_LENGTH})(?:的|处|远)?[\s,]*(?:在|往|是)?(?:它|其)?(?P<wind>{_WIND})"
    "(?:侧|边|面|方向|方)?$",
    re.IGNORECASE,
)
_ONLY_FAR = re.compile(
    rf"(?:前方|外|旁|附近|周围)?{_FILLER}(?P<number>{NUMBER}){_ABOUT}\s?(?P<unit>{_LENGTH}){_TAIL}$", re.IGNORECASE
)
_SIDE = re.compile(
    rf"(?:的|以|偏)?(?P<wind>{_WIND})(?:侧|边|面|方向|方|部|头)(?:附近|处)?$|(?:往|向|朝)(?P<to>{_WIND})(?:边)?(?:一?点儿?|不远|走走?|拐)$"
)
_GATE = re.compile(rf"(?P<gate>(?:{_WIND})|正|大|后|侧)门(?:口|外|前|处|附近|旁边?)?$")
_BESIDE = re.compile(rf"(?:的)?(?P<near>{_NEAR})(?:处|位置)?$")
_FROM = re.compile("^(?:距离?|离|从)")

_WIND_WORDS = _any_of(WORDING.wind_words)
_LENGTH_WORDS = _any_of(WORDING.length_words)
_OF = r"(?:\s(?:of|from|von|vom|der|des|dem|de|du|la|le|the|d')){0,2}"
_WESTERN = re.compile(
    rf"^(?:about\s|approx\.?\s|ca\.?\s|etwa\s|environ\s)?(?P<number>\d{{1,5}}(?:[.,]\d{{1,2}})?)\s?(?P<unit>{_LENGTH_WORDS})"
    rf"(?:\s(?:to|the|im|au|à|nach|in)){{0,2}}\s(?P<wind>{_WIND_WORDS}){_OF}\s(?P<name>\S.*)$",
    re.IGNORECASE,
)
_WESTERN_LAST = re.compile(
    rf"^(?P<name>.*?\S),?\s(?P<number>\d{{1,5}}(?:[.,]\d{{1,2}})?)\s?(?P<unit>{_LENGTH_WORDS})(?:\s(?:to|the|im|au|nach)){{0,2}}"
    rf"\s(?P<wind>{_WIND_WORDS})$",
    re.IGNORECASE,
)
_WESTERN_SIDE = re.compile(
    rf"^(?P<wind>{_WIND_WORDS})\s(?:of|from|von|vom|de|du)(?:\s(?:the|der|dem))?\s(?P<name>\S.*)$", re.IGNORECASE
)
_WESTERN_NEAR = re.compile(
    rf"^(?P<near>{_any_of(WORDING.near_words)})(?:\s(?:the|der|dem|den|la|le))?\s(?P<name>\S.*)$", re.IGNORECASE
)


def parse_offset(text: str) -> Offset | None:
    """Where around which place a text asks for, None if it does not."""
    found = (_chinese(text) if has_han(text) else None) or _western(text)
    return found if found and any(char.isalnum() for char in found.landmark) else None


def _chinese(text: str) -> Offset | None:
    found = _MEASURED.search(text) or _MEASURED_FIRST.search(text)
    if found:
        metres = number_of(found["number"]) * WORDING.length[found["unit"].lower()]
        return _offset(text, found, WORDING.wind[found["wind"]], metres, 0.0)
    if found := _GATE.search(text):
        return _offset(text, found, WORDING.wind.get(found["gate"]), 0.0, WHOLE_SIDE_M, is_gate=True)
    if found := _SIDE.search(text):
        return _offset(text, found, WORDING.wind[found["wind"] or found["to"]], 0.0, WHOLE_SIDE_M)
    if found := _BESIDE.search(text):
        return _offset(text, found, None, 0.0, WORDING.near[found["near"]])
    if found := _ONLY_FAR.search(text):
        metres = number_of(found["number"]) * WORDING.length[found["unit"].lower()]
        return _offset(text, found, None, 0.0, metres)
    return None


def _offset(
    text: str, found: re.Match[str], bearing_deg: float | None, metres: float, spread_m: float, is_gate: bool = False
) -> Offset:
    landmark = _FROM.sub("", text[: found.start()].strip(" ,的"))
    return Offset(landmark, bearing_deg, metres, spread_m, found.group(), is_gate)


def _western(text: str) -> Offset | None:
    if found := _WESTERN.search(text) or _WESTERN_LAST.search(text):
        metres = float(found["number"].replace(",", ".")) * WORDING.length_words[found["unit"].lower()]
        return _named(text, found, WORDING.wind_words[found["wind"].lower()], metres, 0.0)
    if found := _WESTERN_SIDE.search(text):
        return _named(text, found, WORDING.wind_words[found["wind"].lower()], 0.0, WHOLE_SIDE_M)
    if found := _WESTERN_NEAR.search(text):
        return _named(text, found, None, 0.0, WORDING.near_words[found["near"].lower()])
    return None


def _named(text: str, found: re.Match[str], bearing_deg: float | None, metres: float, spread_m: float) -> Offset:
    written = text[: found.start("name")] + text[found.end("name") :]
    return Offset(found["name"], bearing_deg, metres, spread_m, written.strip())
