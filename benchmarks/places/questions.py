"""What callers ask of the invented city, kind by kind, with the truth: seeded, so that every geocoder gets the same.

A kind is a function that draws one question; its first docstring line says what it tries. A hit is an answer within
the question's radius of one of its truths: 60 m, but for what is extended half its size more. Kinds of typing (P6, P7)
carry the caller's focus, about 1 km from the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.places.sample import Sample
from benchmarks.places.simulated import City, Point, Thing, at_chainage
from benchmarks.places.wording import homophone, numerals, pinyin

TYPED_KINDS = ("P6", "P7")
"""Those that are asked while typing."""

HIT_M = 60.0
"""About what a crew sees from where it stops, and the reference's measure."""

HOUSE, POI, ROAD, CROSSING, POST = ("门牌号",), ("兴趣点",), ("道路",), ("道路交叉路口",), ("公里桩",)
BUILDING, POSITION, VILLAGE, DISTRICT = ("单元号", "门牌号", "兴趣点"), ("坐标", "网格"), ("村庄",), ("区县",)
ANY: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """truths: any of them counts. levels: what the answer may call itself; () = not judged. must_ask: it has to ask."""

    kind: str
    text: str
    truths: tuple[Point, ...]
    levels: tuple[str, ...] = ANY
    radius_m: float = HIT_M
    focus: Point | None = None
    name: str = ""
    is_typing: bool = False
    must_ask: bool = False


def a1(s: Sample) -> Question:
    """Full address from the province down."""
    house = s.house()
    road, district = s.road_and_district(house)
    return Question("A1", f"黑龙江省大庆市{district}{road}{house.value}号", (house.lonlat,), HOUSE)


def a2(s: Sample) -> Question:
    """District, street and number."""
    house = s.house()
    road, district = s.road_and_district(house)
    return Question("A2", f"{district}{road}{house.value}号", (house.lonlat,), HOUSE)


def a3(s: Sample) -> Question:
    """Western order, spaced."""
    house = s.house()
    road, district = s.road_and_district(house)
    return Question("A3", f"{house.value} {road}, {district}", (house.lonlat,), HOUSE)


def a4(s: Sample) -> Question:
    """Chinese numerals."""
    house = s.house()
    road, district = s.road_and_district(house)
    return Question("A4", f"{district}{road}{numerals(house.value, s.chance)}号", (house.lonlat,), HOUSE)


def a5(s: Sample) -> Question:
    """Caller noise around the address."""
    house = s.house()
    road, district = s.road_and_district(house)
    return Question("A5", s.say.noisy(f"{district}{road}{house.value}号"), (house.lonlat,), HOUSE)


def a6(s: Sample) -> Question:
    """A number nobody has mapped, between two known ones: to be estimated."""
    house = s.house(("",))
    road, district = s.road_and_district(house)
    return Question("A6", f"{district}{road}{house.value}号", (house.lonlat,), HOUSE)


def a7(s: Sample) -> Question:
    """A number on an interpolation way."""
    house = s.house(("interpolated",))
    road, district = s.road_and_district(house)
    return Question("A7", f"{district}{road}{house.value}号", (house.lonlat,), HOUSE)


def a8(s: Sample) -> Question:
    """Short forms of district and city, 号 sometimes left out."""
    house = s.house()
    road, district = s.road_and_district(house)
    city = s.chance.choice(("", "", "大庆", "大庆市"))
    text = f"{city}{s.say.short_district(district)}{road}{house.value}{s.chance.choice(('号', '号', ''))}"
    return Question("A8", text, (house.lonlat,), HOUSE)


def a9(s: Sample) -> Question:
    """Street and number only; the street's name is unique."""
    while True:
        house = s.house(is_lettered=True)
        road, _ = s.road_and_district(house)
        if len(s.roads_by_name[road]) == 1:
            number = house.number.removesuffix("号")
            return Question("A9", f"{road}{number}号", (house.lonlat,), HOUSE)


def a10(s: Sample) -> Question:
    """Reversed order, parts set apart in several ways."""
    house = s.house()
    road, district = s.road_and_district(house)
    gap = s.chance.choice((" ", "，", ", ", "、", " - "))
    parts = [f"{road}{house.value}号", district, "大庆市"]
    return Question("A10", gap.join(parts[: s.chance.choice((2, 3))]), (house.lonlat,), HOUSE)


def p1(s: Sample) -> Question:
    """A place's name."""
    each = s.poi()
    return Question("P1", each.name, (each.lonlat,), POI)


def p2(s: Sample) -> Question:
    """District and a place's name that other districts may have too."""
    while True:
        each = s.chance.choice(s.city.pois)
        if sum(other.district == each.district for other in s.named[each.name]) == 1:
            return Question("P2", f"{s.district(each.district)}{each.name}", (each.lonlat,), POI)


def p3(s: Sample) -> Question:
    """One character missing."""
    each = s.poi(6)
    at = s.chance.randrange(len(each.name))
    return Question("P3", each.name[:at] + each.name[at + 1 :], _same(s, each, at), POI)


def _same(s: Sample, each: Thing, at: int) -> tuple[Point, ...]:
    """Also what is called exactly so, if anything is: nobody can tell then."""
    text = each.name[:at] + each.name[at + 1 :]
    return (each.lonlat, *(other.lonlat for other in s.named.get(text, ())))


def p4(s: Sample) -> Question:
    """One character replaced by another that sounds the same."""
    while True:
        each = s.poi(4)
        wrong = homophone(each.name, s.chance)
        if wrong and wrong not in s.named:
            return Question("P4", wrong, (each.lonlat,), POI)


def p5(s: Sample) -> Question:
    """Full pinyin, joined or spaced."""
    each = s.poi(4)
    return Question("P5", pinyin(each.name, s.chance.choice(("", "", " "))), (each.lonlat,), POI)


def p6(s: Sample) -> Question:
    """Initials, typed near the place."""
    each = s.poi(5)
    return Question("P6", pinyin(each.name, "", True), (each.lonlat,), POI, focus=s.near(each.lonlat), is_typing=True)


def p7(s: Sample) -> Question:
    """The first three characters, typed near the place: ambiguous by nature."""
    each = s.poi(5)
    return Question("P7", each.name[:3], (each.lonlat,), POI, focus=s.near(each.lonlat), is_typing=True)


def p8(s: Sample) -> Question:
    """Half remembered: characters swapped, one too many, one wrong, the beginning or the middle gone."""
    while True:
        each = s.poi(7)
        wrong = s.say.half_remembered(each.name)
        if wrong not in s.named:
            return Question("P8", wrong, (each.lonlat,), POI)


def p9(s: Sample) -> Question:
    """A chain's branch: the chain's name and the street, in the caller's order."""
    while True:
        each = s.chance.choice(s.city.pois)
        if each.name.endswith("店)") and "(" in each.name and len(s.named[each.name]) == 1:
            chain, street = each.name.removesuffix("店)").split("(")
            form = s.chance.choice(("{street}{chain}", "{chain}{street}店", "{street}的{chain}", "{chain} {street}"))
            return Question("P9", form.format(chain=chain, street=street), (each.lonlat,), POI)


def w1(s: Sample) -> Question:
    """An oil well by its number."""
    each = s.chance.choice(s.city.wells)
    form = s.chance.choice(("{}井", "{}", "{}号井", "油井{}", "采油{}井"))
    return Question("W1", form.format(each.name), (each.lonlat,), POI)


def w2(s: Sample) -> Question:
    """An oil well as it is spoken: spaces, Chinese digits, other hyphens, lower case."""
    each = s.chance.choice(s.city.wells)
    return Question("W2", s.say.spoken_well(each.name), (each.lonlat,), POI)


def x1(s: Sample) -> Question:
    """Two streets and a word for their crossing."""
    one, other, point = s.chance.choice(s.crossings)
    a, b = (s.city.roads[at].name for at in s.chance.sample((one, other), 2))
    return Question("X1", s.say.crossing(a, b), (point,), CROSSING)


def x2(s: Sample) -> Question:
    """A crossing of names that meet elsewhere too, with the district and noise around it."""
    one, other, point = s.chance.choice(s.city.crossings)
    roads = s.city.roads
    a, b = (roads[at].name for at in (one, other))
    same = tuple(
        place
        for i, j, place in s.city.crossings
        if {roads[i].name, roads[j].name} == {a, b} and roads[i].district == roads[one].district
    )
    text = s.say.noisy(s.district(roads[one].district) + s.say.crossing(a, b))
    return Question("X2", text, same or (point,), CROSSING)


def k1(s: Sample) -> Question:
    """A kilometre post that stands in the data."""
    route = s.chance.choice(s.city.routes)
    kilometre, point = s.chance.choice(route.posts)
    return Question("K1", s.say.post(route.ref, route.name, kilometre, 0), (point,), POST, 80.0)


def k2(s: Sample) -> Question:
    """Between two posts; not across a break of the chainage."""
    route = s.chance.choice(s.city.routes)
    while True:
        place = s.chance.randrange(len(route.posts) - 1)
        (first, _), (last, _) = route.posts[place], route.posts[place + 1]
        metres = s.chance.randrange(first * 1000 + 50, last * 1000 - 50, 10 if s.chance.random() < 0.3 else 50)
        if not any(first * 1000 <= each <= last * 1000 for each in route.breaks):
            break
    point = at_chainage(route.lonlat, route.chainage_m, float(metres))
    return Question("K2", s.say.post(route.ref, route.name, metres // 1000, metres % 1000), (point,), POST, 80.0)


def l1(s: Sample) -> Question:
    """So many metres from a place; a compound counts from its centre or its edge."""
    if s.chance.random() < 0.7:
        each = s.poi(4)
        name, point, radius_m = each.name, each.lonlat, HIT_M
    else:
        compound = s.chance.choice(s.city.compounds)
        name, point, radius_m = compound.name, compound.lonlat, HIT_M + compound.radius_m
    metres = s.chance.choice((50, 100, 150, 200, 300, 500))
    text, east, north = s.say.offset(name, metres)
    away = (east * metres / (111_195.0 * np.cos(np.radians(point[1]))), north * metres / 111_195.0)
    return Question("L1", text, ((point[0] + float(away[0]), point[1] + away[1]),), ANY, radius_m)


def l2(s: Sample) -> Question:
    """Compound, building, unit, room."""
    compound = s.chance.choice([each for each in s.city.compounds if each.buildings])
    number, _, point, _ = s.chance.choice(compound.buildings)
    return Question("L2", s.say.room(compound.name, number), (point,), BUILDING)


def l3(s: Sample) -> Question:
    """A building of a compound, with the district."""
    compound = s.chance.choice([each for each in s.city.compounds if each.buildings])
    number, _, point, _ = s.chance.choice(compound.buildings)
    building = s.chance.choice(("{}号楼", "{}栋", "{}幢", "{}#楼", "{}#"))
    return Question(
        "L3", f"{s.district(compound.district)}{compound.name}{building.format(number)}", (point,), BUILDING
    )


def l4(s: Sample) -> Question:
    """A gate of a compound."""
    compound = s.chance.choice([each for each in s.city.compounds if each.gates])
    side, point = s.chance.choice(compound.gates)
    return Question("L4", s.chance.choice(("{}{}门", "{}的{}门", "{}{}门口")).format(compound.name, side), (point,))


def c1(s: Sample) -> Question:
    """Coordinates as text."""
    point = s.chance.choice(s.city.pois).lonlat
    return Question("C1", s.say.coordinates(point), (point,), POSITION)


def c2(s: Sample) -> Question:
    """Codes of grids: Plus Code, geohash, UTM, MGRS."""
    point = s.chance.choice(s.city.pois).lonlat
    return Question("C2", s.say.code(point), (point,), POSITION)


def t1(s: Sample) -> Question:
    """Traditional characters: an address or a place."""
    if s.chance.random() < 0.5:
        each = s.poi(4)
        return Question("T1", s.say.traditional(each.name), (each.lonlat,), POI)
    house = s.house()
    road, district = s.road_and_district(house)
    return Question("T1", s.say.traditional(f"{district}{road}{house.value}号"), (house.lonlat,), HOUSE)


def e1(s: Sample) -> Question:
    """English: number, street by its English name, district."""
    house = s.house()
    road = s.city.roads[house.road]
    district = s.say.district_en(s.district(road.district))
    form = s.chance.choice(("{n} {road}, {d}", "{n} {road}, {d}, Daqing", "No. {n} {road}, {d}, Daqing, Heilongjiang"))
    text = form.format(n=house.value, road=road.name_en, d=district)
    return Question("E1", text, (house.lonlat,), HOUSE)


def e2(s: Sample) -> Question:
    """Pinyin of the whole address."""
    house = s.house()
    road, district = s.road_and_district(house)
    gap = s.chance.choice(("", " "))
    text = f"{pinyin(district, gap)} {pinyin(road, gap)} {house.value}{s.chance.choice(('', ' hao', 'hao'))}"
    return Question("E2", text, (house.lonlat,), HOUSE)


def v1(s: Sample) -> Question:
    """A village, with its district or a unique name alone."""
    while True:
        each = s.chance.choice(s.city.villages)
        if each.name not in s.taken:
            text = s.chance.choice(("{v}", "{d}{v}", "{short}{v}")).format(
                v=each.name, d=s.district(each.district), short=s.say.short_district(s.district(each.district))
            )
            return Question("V1", text, (each.lonlat,), VILLAGE)


def d1(s: Sample) -> Question:
    """A district by one of its forms; a hit is the district itself."""
    district = s.chance.choice(s.city.districts)[1]
    form = s.chance.choice(("{}", "大庆{}", "大庆市{}", "黑龙江大庆{}", "黑龙江省大庆市{}"))
    return Question("D1", form.format(s.say.short_district(district)), (), DISTRICT, name=district)


def r1(s: Sample) -> Question:
    """A street with its district; a hit lies on it."""
    road = s.chance.choice(s.city.roads)
    line = road.lonlat
    share = np.linspace(0, 1, 12)[:, None]
    dense = np.concatenate([line[:-1] * (1 - each) + line[1:] * each for each in share])
    text = f"{s.chance.choice((s.district(road.district), s.say.short_district(s.district(road.district))))}{road.name}"
    return Question("R1", text, tuple(map(tuple, dense.tolist())), ROAD)


def s1(s: Sample) -> Question:
    """A bus stop."""
    while True:
        each = s.chance.choice(s.city.stops)
        if each.name not in s.taken:
            text = each.name if each.name.endswith("站") else f"{each.name}{s.chance.choice(('', '站', '公交站'))}"
            return Question("S1", text, (each.lonlat,), ANY, 80.0)


def b1(s: Sample) -> Question:
    """A street and number of several districts: any is a hit, but the answer has to ask which."""
    while True:
        house = s.house()
        road, _ = s.road_and_district(house)
        same = [each for each in s.numbers_of(road) if each.value == house.value]
        if len({s.city.roads[each.road].district for each in same}) > 1:
            truths = tuple(each.lonlat for each in same)
            return Question("B1", f"{road}{house.value}号", truths, HOUSE, must_ask=True)


def n1(s: Sample) -> Question:
    """All at once: noise, a short district, a homophone in the street's name, 号 left out."""
    while True:
        house = s.house()
        road, district = s.road_and_district(house)
        if len(road) < 3:
            continue
        wrong = homophone(road[:-1], s.chance) if s.chance.random() < 0.5 else road[:-1]
        if wrong and (wrong == road[:-1] or f"{wrong}{road[-1]}" not in s.roads_by_name):
            number = s.chance.choice(
                (f"{house.value}号", f"{house.value}号", f"{house.value}", numerals(house.value, s.chance) + "号")
            )
            gap = s.chance.choice(("", "", "那个", " ", "的"))
            text = f"{s.say.short_district(district)}{gap}{wrong}{road[-1]}{number}"
            return Question("N1", s.say.noisy(text), (house.lonlat,), HOUSE)


def n2(s: Sample) -> Question:
    """Noise around a place's name."""
    each = s.poi(4)
    return Question("N2", s.say.noisy(each.name), (each.lonlat,), POI)


KINDS: dict[str, Callable[[Sample], Question]] = {
    each.__name__.upper(): each
    for each in (
        *(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10),
        *(p1, p2, p3, p4, p5, p6, p7, p8, p9),
        *(w1, w2, x1, x2, k1, k2, l1, l2, l3, l4, c1, c2),
        *(t1, e1, e2, v1, d1, r1, s1, b1, n1, n2),
    )
}

REFERENCE = [
    "A1",
    "A2",
    "A3",
    "A4",
    "A5",
    "P1",
    "P2",
    "P3",
    "P4",
    "P5",
    "P6",
    "P7",
    "W1",
    "X1",
    "K1",
    "K2",
    "L1",
    "L2",
    "C1",
]
"""The 19 kinds of the reference's table; the others are harder ones of our own."""


def ask(city: City, seed: int, per_kind: int, kinds: Sequence[str] = (), dialect: str = "a") -> list[Question]:
    """So many questions of each kind, the same for the same seed whatever other kinds are asked."""
    found = []
    for name in kinds or KINDS:
        sample = Sample(city, seed * 1000 + list(KINDS).index(name), dialect)
        found += [KINDS[name](sample) for _ in range(per_kind)]
    return found
