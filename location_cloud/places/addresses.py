"""An address in one line, and part by part: the largest first in Chinese, the smallest first elsewhere."""

from __future__ import annotations

from location_cloud.places.in_words import is_chinese
from location_cloud.places.model_answer import Answer

CHINA = {"zh": "中国", "en": "China", "": "中国"}

CHINA_CODE = "cn"


CHINA_CODES = frozenset(("cn", "chn", "中国", "china"))


def is_of_country(answer: Answer, codes: str) -> bool:
    """Whether a place may be of the asked countries, written with commas between; which of the other countries it is
    of is not known.
    """
    wanted = {code.strip().lower() for code in codes.split(",") if code.strip()}
    return not wanted or bool(wanted & CHINA_CODES if answer.is_in_china else wanted - CHINA_CODES)


def address_parts(answer: Answer, language: str = "") -> list[tuple[str, str]]:
    """(kind of part as Nominatim names it, text), the smallest first; kinds are unlike each other."""
    parts: dict[str, str] = {}
    if answer.kind == "poi" or (answer.is_named and not answer.own_area and answer.kind != "road"):
        parts[_kind_of_thing(answer)] = answer.name
    if answer.kind == "road":
        parts["road"] = answer.name
    if answer.housenumber:
        parts["house_number"] = answer.housenumber
    if answer.street:
        parts["road"] = answer.street
    for area in answer.all_areas:
        parts.setdefault(_kind_of_area(area.level, area.name), area.name)
    if answer.town and not {"city", "town"} & parts.keys():
        parts["city"] = answer.town
    if answer.postcode:
        parts["postcode"] = answer.postcode
    if answer.is_in_china:
        parts.setdefault("country", CHINA[language])
        parts["country_code"] = CHINA_CODE
    return list(parts.items())


def _kind_of_thing(answer: Answer) -> str:
    return answer.value if answer.kind == "settlement" else answer.key


def _kind_of_area(level: str, name: str) -> str:
    if level == "district":
        return "city_district" if name.endswith(("区", "District")) else "county"
    if level == "town":
        return "suburb" if name.endswith("街道") else "town"
    if level == "village":
        return "neighbourhood" if "社区" in name else "village"
    return {"province": "state"}.get(level, level)


def comma_line(answer: Answer, language: str = "") -> str:
    """The address as Nominatim writes it: "44, Aleksanterinkatu, Helsinki, 00100"."""
    parts = [text for kind, text in address_parts(answer, language) if kind != "country_code"]
    if answer.name and not answer.is_named:
        parts.insert(0, answer.name)
    return ", ".join(dict.fromkeys(part for part in parts if part)) or answer.name


def street_line(answer: Answer) -> str:
    """Street and house number as one writes them there, "" without a street: "团结大街202号", "Kaivokatu 6"."""
    street = answer.name if answer.kind == "road" else answer.street
    if not street or not answer.housenumber:
        return street
    return chinese_street(street, answer.housenumber) if is_chinese(street) else f"{street} {answer.housenumber}"


def chinese_street(street: str, number: str) -> str:
    """A house in Chinese, "团结大街202号"; a number that ends in no digit or letter has a word of its own already."""
    return f"{street}{number}号" if number[-1:].isascii() else f"{street}{number}"


def chinese_areas(answer: Answer) -> str:
    """All areas, the largest first: "黑龙江省大庆市红岗区"."""
    return "".join(area.name for area in reversed(answer.all_areas) if area.level != "country")


def full_line(answer: Answer) -> str:
    """The whole address with the name as one writes it there."""
    name = "" if answer.own_area or answer.kind == "road" else answer.name
    if answer.is_in_china or is_chinese(street_line(answer) or name):
        return f"{chinese_areas(answer)}{street_line(answer)}{name}" or answer.name
    areas = [area.name for area in answer.all_areas]
    town = answer.town if answer.town and answer.town not in areas else ""
    place = f"{answer.postcode} {town}".strip()
    return ", ".join(part for part in (name, street_line(answer), place, *areas) if part) or answer.name
