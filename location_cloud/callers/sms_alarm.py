"""SMS to the police (12110 and the last three digits of the area code): which published form it follows, and its parts.

Source: forms that the police publish for 12110 SMS: at home "县 街道(小区) 幢 单元 (房号), 现有小偷"; in a vehicle
"甲地至乙地的公交车有小偷, 现行驶在 公路 公里处"; the same with a landmark (tunnel, exit, road sign) where the kilometre
is not known; a report of somebody else's message "收到 138... 发来的一条诈骗短信, 内容如下"; a closing L = cannot hear
or speak.
Words that follow none of them are read as a kilometre, a landmark, or free text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from location_cloud.places.parse_km_post import parse_km_post

MOST_CHARS = 500
"""Seven joined SMS of 70 Chinese characters; the rest is cut. Every pattern below takes a bounded number of characters,
so that reading stays linear."""

HOME, VEHICLE_KM, VEHICLE_MARK, MESSAGE = "home", "vehicle_km", "vehicle_landmark", "message"
"""The four published forms."""
ROAD_KM, LANDMARK, FREE = "road_km", "landmark", "free"

_STOP = ",，。;；!！?？\n"
_NUMBER = "[0-9A-Za-z一二三四五六七八九十百两]{1,5}"
_BUILDING = re.compile(f"({_NUMBER})(?:号楼|号院|[幢栋座]|楼(?!层|梯|上|下|道))")
_UNIT = re.compile(f"({_NUMBER})单元")
_ROOM = re.compile(r"单元[\s(（,，-]{0,3}(\d{1,5})(?:室|号|房)?|[\s(（]?(\d{1,5})室")
_COUNTY = re.compile("(?:[一-鿿]{2,10}?(?:[县旗]|市(?!场)|(?<![小社])区)){1,2}")
_TOWN = re.compile("([一-鿿]{2,8}?(?:街道|镇|乡))")
_COMMUNITY = re.compile("([一-鿿0-9]{2,12}?(?:小区|社区|花园|家园|公寓|新村))")
_PLACE_MARKS = ("单元", "幢", "栋", "座", "室", "小区", "街道", "号楼")
_EVENTS = ("现有", "有人", "有小偷", "发生", "着火", "起火", "打架", "被", "进了")
_VEHICLES = ("公交车", "公共汽车", "快客", "客车", "大巴", "中巴", "班车", "出租车", "网约车", "面包车", "火车", "列车")
_LINE = re.compile(r"([0-9A-Za-z]{1,5})路")
_DRIVING = ("行驶在", "行驶到", "行驶至", "行驶于", "开到", "行至", "途经", "经过")
_TAIL = re.compile("(?:路段|附近|左右|处|这里|那里)$")
_SENDER = re.compile(r"([+0-9*]{3,20})\s?发来")
_BESIDE = re.compile(r"([一-鿿0-9A-Za-z·]{2,20}?)(?:附近|旁边|对面|门口|门前|楼下|边上|旁)")


@dataclass(frozen=True)
class Alarm:
    """What an SMS says.

    template: HOME, VEHICLE_KM, ... where: what places are asked, "" = it tells no place. parts: by name: county, town,
    community, building, unit, room; from, to, vehicle, line, road, km; landmark; sender, content. what: what happens.
    """

    template: str
    where: str
    what: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    is_hearing_impaired: bool = False


def read_alarm(text: str) -> Alarm:
    """The SMS, read; any text is at least free text."""
    plain = unicodedata.normalize("NFKC", text[:MOST_CHARS])[:MOST_CHARS].strip()
    plain, is_impaired = _without_mark(plain)
    found = _message(plain) or _vehicle(plain) or _home(plain) or _other(plain)
    return Alarm(found.template, found.where, found.what, found.parts, is_impaired)


def _without_mark(text: str) -> tuple[str, bool]:
    """Without the closing L of those who cannot hear or speak, and whether it was there."""
    bare = text.rstrip(_STOP + " .")
    if bare[-1:] in ("L", "l") and not (bare[-2:-1].isascii() and bare[-2:-1].isalnum()):
        return bare[:-1].rstrip(), True
    return text, False


def _message(text: str) -> Alarm | None:
    sent = _SENDER.search(text)
    if sent is None or "短信" not in text:
        return None
    content = text.partition("内容")[2].removeprefix("如下").lstrip(":：, ")
    return Alarm(MESSAGE, "", text.partition("内容")[0].rstrip(_STOP), {"sender": sent[1], "content": content})


def _vehicle(text: str) -> Alarm | None:
    vehicle = next((each for each in _VEHICLES if each in text), "")
    driving = next((each for each in _DRIVING if each in text), "")
    if not (vehicle and driving):
        return None
    before, _, behind = text.partition(driving)
    parts = {"vehicle": vehicle, **_route(before, vehicle)}
    if line := _LINE.search(before):
        parts["line"] = line[1]
    where = _TAIL.sub("", _first(behind))
    what = before.partition(vehicle)[2].strip(_STOP + " 现正").strip(_STOP)
    post = parse_km_post(where)
    if post is None:
        return Alarm(VEHICLE_MARK, where, what, {**parts, "landmark": where})
    return Alarm(VEHICLE_KM, where, what, {**parts, "road": post.route, "km": f"{post.metres / 1000:g}"})


def _route(text: str, vehicle: str) -> dict[str, str]:
    """From where to where: 大庆至哈尔滨的公交车, 从大庆开往哈尔滨的快客."""
    told = _LINE.sub("", text.partition(vehicle)[0].rsplit(",", 1)[-1]).rstrip("的")
    for word in ("开往", "至", "到", "往"):
        start, is_there, end = told.partition(word)
        if is_there and start and end:
            return {"from": start.removeprefix("从").removeprefix("由")[-20:], "to": end[:20]}
    return {}


def _home(text: str) -> Alarm | None:
    last = max((text.rfind(mark) + len(mark) for mark in _PLACE_MARKS if mark in text), default=0)
    if not last:
        return None
    room = _ROOM.search(text)
    last = max(last, room.end() if room else 0)
    stop = min((at for mark in (*_STOP, *_EVENTS) if (at := text.find(mark, last)) >= 0), default=len(text))
    where, what = text[:stop].replace("(", "").replace(")", ""), text[stop:].strip(_STOP + " ")
    parts = {}
    rest = where
    for name, pattern in (("county", _COUNTY), ("town", _TOWN), ("community", _COMMUNITY)):
        if (found := pattern.match(rest)) is not None:
            parts[name] = found[0]
            rest = rest[found.end() :]
    for name, pattern in (("building", _BUILDING), ("unit", _UNIT), ("room", _ROOM)):
        if (found := pattern.search(where)) is not None:
            parts[name] = next(filter(None, found.groups()))
    return Alarm(HOME, where, what, parts)


def _other(text: str) -> Alarm:
    post = parse_km_post(text[:200])
    if post is not None:
        road, _, behind = text.partition(post.written)
        parts = {"road": road.strip(_STOP + " ") or post.route, "km": f"{post.metres / 1000:g}"}
        where = road + post.written if road.strip() else _first(text)
        return Alarm(ROAD_KM, where, behind.strip(_STOP + " "), parts)
    beside = _BESIDE.search(text)
    if beside is not None:
        mark = beside[1].rpartition("在")[2]
        return Alarm(LANDMARK, mark, text[beside.end() :].strip(_STOP + " "), {"landmark": mark})
    return Alarm(FREE, text)


def _first(text: str) -> str:
    """Up to the first stop."""
    stop = min((at for mark in _STOP if (at := text.find(mark)) >= 0), default=len(text))
    return text[:stop].strip()
