"""A position in one line of words, as a dispatcher says it to a crew, and as an address is written."""

from __future__ import annotations

from collections.abc import Sequence

from location_cloud.places.model_reverse import (
    ON,
    ChainageHere,
    CrossingHere,
    HouseHere,
    Landmark,
    RoadHere,
    Words,
)
from location_cloud.spatial.measure import WINDS, WINDS_ZH

NEAR_ROAD_M = 100.0
"""Further from a road than this, its distance is said, and not between which crossings."""

NEAR_HOUSE_M = 60.0
"""A house this close is said; the address on the envelope is that of a house within OWN_HOUSE_M."""

OWN_HOUSE_M = 30.0

AT_CROSSING_M = 15.0
"""As in `along`: so close to a crossing's middle that the crossing is the place."""

LONELY_M = 1_000.0
"""Where road and landmark are further than this, the nearest settlement is said, too."""

AT_DOOR_M = 5.0
"""So close to a landmark no direction is told: positions are no better."""

FAR_CROSSING_M = 3_000.0
"""Crossings further along a road say little."""

ON_NUMBERED_ROAD_M = 60.0
"""So close to a road with kilometre posts the kilometre is said: both carriageways, verge and ditch."""

FAR_M = 5_000.0
"""Landmarks further than this are said only where there is nothing else."""

WIND_NAMES = dict(
    zip(WINDS, ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest"), strict=True)
)

Chain = Sequence[tuple[str, str]]
"""(level, name) of the areas around, the largest first."""


def in_words(
    language: str,
    chain: Chain,
    local_chain: Chain,
    cell: str,
    road: RoadHere | None,
    crossings: Sequence[CrossingHere],
    house: HouseHere | None,
    landmarks: Sequence[Landmark],
    settlement: Landmark | None,
    chainage: ChainageHere | None,
) -> Words:
    """The line for a crew in one of the LANGUAGES, and the line for an envelope, which is always in the local one.

    chain: in that language; local_chain: as the areas call themselves. cell: told where nothing else is known.
    """
    say = _chinese if language == "zh-CN" else _english
    said = say(chain, road, crossings, house, landmarks, settlement, chainage)
    nothing = "附近没有已知的道路和地名" if language == "zh-CN" else "No road or place known near"
    in_cell = f"北斗网格码{cell}" if language == "zh-CN" else f"BeiDou cell {cell}"
    if not (road or landmarks or settlement or chainage):
        said = ("，" if language == "zh-CN" else ", ").join(filter(None, (said, nothing, in_cell if cell else "")))
    return Words(said, one_line(local_chain, road, house))


def one_line(chain: Chain, road: RoadHere | None, house: HouseHere | None) -> str:
    """An address: 省市区 + 乡镇 + 路 + 号 where the names are Chinese, else street and number, town, areas."""
    street, number, town = "", "", ""
    if house is not None and house.distance_m <= OWN_HOUSE_M:
        street, number, town = house.street, house.housenumber, f"{house.postcode} {house.city}".strip()
    elif road is not None and road.distance_m <= NEAR_ROAD_M:
        street = road.name or road.ref
    names = [name for _level, name in chain]
    if is_chinese(street) or (not street and any(map(is_chinese, names))):
        return _joined([*_without_repeats(names), street, with_hao(number)])
    parts = [f"{street} {number}".strip(), town, *reversed(names)]
    return ", ".join(dict.fromkeys(part for part in parts if part and not (part in names and part in town.split())))


def landmark_words(language: str, name: str, direction: str, distance_m: float) -> str:
    """How a position lies from a landmark: 书香书店西南166米; 166 m southwest of Fragrant Books."""
    if distance_m < AT_DOOR_M:
        return f"{name}处" if language == "zh-CN" else f"at {name}"
    if language == "zh-CN":
        return f"{name}{WINDS_ZH[direction]}{metres(language, distance_m)}"
    return f"{metres(language, distance_m)} {WIND_NAMES[direction]} of {name}"


def metres(language: str, distance_m: float) -> str:
    """A distance as it is said: 166 m, 1.2 km."""
    unit, thousand = ("米", "公里") if language == "zh-CN" else (" m", " km")
    if round(distance_m) < 1_000:
        return f"{round(distance_m)}{unit}"
    return f"{distance_m / 1_000:.{1 if distance_m < 100_000 else 0}f}{thousand}"


def chainage_text(ref: str, chainage_m: float) -> str:
    """A kilometre of a road: G10 K248+500."""
    kilometres, rest = divmod(round(chainage_m), 1_000)
    return f"{ref} K{kilometres}+{rest:03d}".strip()


def is_chinese(text: str) -> bool:
    """Whether a text has a Chinese character."""
    return any("\u4e00" <= char <= "\u9fff" for char in text)


def with_hao(number: str) -> str:
    """A house number as it stands in a Chinese address."""
    return f"{number}号" if number and number[-1].isdigit() else number


def _chinese(
    chain: Chain,
    road: RoadHere | None,
    crossings: Sequence[CrossingHere],
    house: HouseHere | None,
    landmarks: Sequence[Landmark],
    settlement: Landmark | None,
    chainage: ChainageHere | None,
) -> str:
    named = [name for level, name in chain if level not in ("country", "province")] or [name for _, name in chain]
    areas, start = _without_repeats(named), ""
    parts: list[str] = []
    if road is not None and road.distance_m <= FAR_M:
        name, meeting = road.local_name or road.ref, _at(road, crossings)
        if meeting is not None:
            start = f"{name}与{meeting.local_name}路口"
        elif road.side == ON:
            start = name
        else:
            start = f"{name}{WINDS_ZH[road.direction]}侧"
            if road.distance_m > NEAR_ROAD_M:
                start += metres("zh-CN", road.distance_m)
        next_one = _next(road, crossings)
        if meeting is None and next_one is not None:
            parts.append(f"距{next_one.local_name}路口{metres('zh-CN', next_one.distance_m)}")
    if chainage is not None and chainage.distance_m <= ON_NUMBERED_ROAD_M:
        parts.append(chainage.text + {"up": "上行", "down": "下行"}.get(chainage.side, ""))
    if house is not None and house.distance_m <= NEAR_HOUSE_M:
        is_on_road = road is not None and house.street == road.name
        where = f"{house.street} {house.housenumber}"
        if is_chinese(house.street):
            where = f"{'' if is_on_road else house.street}{with_hao(house.housenumber)}"
        parts.append(f"{where}{WINDS_ZH[house.direction]}{metres('zh-CN', house.distance_m)}")
    parts += [mark.words for mark in landmarks if mark.distance_m <= FAR_M][:1]
    if settlement is not None and _is_lonely(road, landmarks, bool(parts)):
        parts.append(settlement.words)
    if road is not None and road.distance_m > FAR_M:
        parts.append(f"距最近道路{road.local_name or road.ref}{metres('zh-CN', road.distance_m)}")
    return "，".join(part for part in (_joined([*areas, start]), *parts) if part)


def _english(
    chain: Chain,
    road: RoadHere | None,
    crossings: Sequence[CrossingHere],
    house: HouseHere | None,
    landmarks: Sequence[Landmark],
    settlement: Landmark | None,
    chainage: ChainageHere | None,
) -> str:
    parts: list[str] = []
    if road is not None and road.distance_m <= FAR_M:
        name, meeting = road.local_name or road.ref, _at(road, crossings)
        if meeting is not None:
            parts.append(f"crossing of {name} and {meeting.local_name}")
        elif road.side == ON:
            parts.append(f"on {name}")
        elif road.distance_m <= NEAR_ROAD_M:
            parts.append(f"{WIND_NAMES[road.direction]} side of {name}")
        else:
            parts.append(landmark_words("en", name, road.direction, road.distance_m))
        next_one = _next(road, crossings)
        if meeting is None and next_one is not None:
            parts.append(f"{metres('en', next_one.distance_m)} from the crossing with {next_one.local_name}")
    if chainage is not None and chainage.distance_m <= ON_NUMBERED_ROAD_M:
        parts.append(f"{chainage.text} {chainage.side}".strip())
    if house is not None and house.distance_m <= NEAR_HOUSE_M:
        parts.append(landmark_words("en", f"{house.street} {house.housenumber}", house.direction, house.distance_m))
    parts += [mark.words for mark in landmarks if mark.distance_m <= FAR_M][:1]
    if settlement is not None and _is_lonely(road, landmarks, bool(parts)):
        parts.append(settlement.words)
    if road is not None and road.distance_m > FAR_M:
        parts.append(f"nearest road {road.local_name or road.ref}, {metres('en', road.distance_m)} away")
    said = ", ".join([*parts, *(name for level, name in reversed(chain) if level not in ("country", "province"))])
    said = said or ", ".join(name for _, name in reversed(chain))
    return said[:1].upper() + said[1:]


def _is_lonely(road: RoadHere | None, landmarks: Sequence[Landmark], is_told: bool) -> bool:
    """Whether nothing near tells the position, so that the nearest settlement does."""
    apart_m = [road.distance_m] if road is not None else []
    apart_m += [mark.distance_m for mark in landmarks[:1]]
    return not is_told or min(apart_m, default=LONELY_M) >= LONELY_M


def _at(road: RoadHere, crossings: Sequence[CrossingHere]) -> CrossingHere | None:
    """The crossing that the position is at."""
    if road.distance_m > 2 * AT_CROSSING_M:
        return None
    return next((each for each in crossings if each.distance_m <= AT_CROSSING_M), None)


def _next(road: RoadHere, crossings: Sequence[CrossingHere]) -> CrossingHere | None:
    """The nearer crossing, where it says anything."""
    near = [each for each in crossings if each.distance_m <= FAR_CROSSING_M]
    return min(near, key=lambda each: each.distance_m) if near and road.distance_m <= NEAR_ROAD_M else None


def _joined(names: Sequence[str]) -> str:
    """Names one behind the other as Chinese writes them, with a space between two that are not Chinese."""
    text = ""
    for name in filter(None, names):
        has_gap = bool(text) and not is_chinese(text[-1]) and not is_chinese(name[0])
        text += f" {name}" if has_gap else name
    return text


def _without_repeats(names: Sequence[str]) -> list[str]:
    """The names without those that the next one begins with: 大庆市, 大庆市辖区."""
    return [name for name, after in zip(names, [*names[1:], ""]) if not after.startswith(name)]
