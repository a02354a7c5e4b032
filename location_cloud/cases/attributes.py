"""What a class asks of who reports: questions that a tenant adds to a class, and the answers to them.

Data types are those of Open311 GeoReport v2 (GET Service Definition).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from location_cloud.errors import BadQuery

STRING, NUMBER, DATETIME, TEXT, ONE, SEVERAL = (
    "string",
    "number",
    "datetime",
    "text",
    "singlevaluelist",
    "multivaluelist",
)
DATATYPES = (STRING, NUMBER, DATETIME, TEXT, ONE, SEVERAL)

MOST_ATTRIBUTES, MOST_VALUES = 50, 200
"""Of a class, and of an attribute."""
MOST_STRING, MOST_TEXT = 500, 4000
"""Characters of an answer."""

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_FIELDS = {"code", "datatype", "description", "hint", "required", "values"}


@dataclass(frozen=True)
class Attribute:
    """A question of a class. description: the question; hint: how to answer; by language, zh and en.

    values: of lists, key -> name by language.
    """

    code: str
    datatype: str
    description: Mapping[str, str]
    hint: Mapping[str, str]
    required: bool
    values: Mapping[str, Mapping[str, str]]

    def as_json(self) -> dict[str, Any]:
        """As `parse_attributes` reads it."""
        values = [{"key": key, "name": dict(name)} for key, name in self.values.items()]
        return {
            "code": self.code,
            "datatype": self.datatype,
            "description": dict(self.description),
            "hint": dict(self.hint),
            "required": self.required,
            "values": values,
        }


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text of a language (zh-CN, en), or whichever there is."""
    return texts.get(language.split("-")[0]) or next(iter(texts.values()), "")


def parse_attributes(told: Any, where: str) -> tuple[Attribute, ...]:
    """The questions of a class as a tenant writes them. Raises BadQuery that names the place and the value."""
    if not isinstance(told, Sequence) or isinstance(told, str) or len(told) > MOST_ATTRIBUTES:
        raise BadQuery(f"{where} is a list of up to {MOST_ATTRIBUTES}", hint='such as [{"code": "LANE", ...}]')
    found = tuple(_attribute(each, f"{where}.{number}") for number, each in enumerate(told))
    codes = [each.code for each in found]
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise BadQuery(f"{where}: {twice} is there twice", hint="give each attribute a code of its own")
    return found


def read_answers(attributes: Sequence[Attribute], given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The answers by code: text, number, or keys of a list of several. given: as they were sent, "" = not.

    Raises BadQuery for an unknown code, a required one that is missing, a value that does not fit.
    """
    known = {each.code: each for each in attributes}
    answers = {}
    for code, sent in given.items():
        texts = [text for text in sent if text]
        if not texts:
            continue
        if code not in known:
            hint = f"its attributes are {', '.join(known)}" if known else "it has no attributes"
            raise BadQuery(f"attribute[{code[:64]}] is not one of this class", hint=hint)
        answers[code] = _answer(known[code], texts)
    missing = [each.code for each in attributes if each.required and each.code not in answers]
    if missing:
        raise BadQuery(f"attribute[{missing[0]}] is missing", hint="the definition of the service says what it asks")
    return answers


def _answer(attribute: Attribute, texts: Sequence[str]) -> Any:
    where = f"attribute[{attribute.code}]"
    if attribute.datatype == SEVERAL:
        return [_key(attribute, text, where) for text in dict.fromkeys(texts)]
    if len(texts) > 1:
        raise BadQuery(f"{where} is given {len(texts)} times", hint="it takes one value")
    text = texts[0]
    if attribute.datatype == ONE:
        return _key(attribute, text, where)
    if attribute.datatype == NUMBER:
        return _number(text, where)
    most = MOST_TEXT if attribute.datatype == TEXT else MOST_STRING
    if len(text) > most:
        raise BadQuery(f"{where} has {len(text)} characters", hint=f"up to {most}")
    if attribute.datatype != TEXT and "\n" in text:
        raise BadQuery(f"{where} has several lines", hint="write it in one")
    if attribute.datatype == DATETIME:
        try:
            datetime.fromisoformat(text)
        except ValueError:
            raise BadQuery(f"{where}={text[:40]} is no date", hint="ISO 8601: 2026-11-23T07:30:00+08:00") from None
    return text


def _key(attribute: Attribute, text: str, where: str) -> str:
    if text not in attribute.values:
        some = ", ".join(list(attribute.values)[:20])
        raise BadQuery(f"{where}={text[:40]} is not one of its keys", hint=f"they are {some}")
    return text


def _number(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadQuery(f"{where}={text[:40]} is no number", hint="such as 12 or 1.5")
    return number


def _attribute(told: Any, where: str) -> Attribute:
    if not isinstance(told, Mapping) or not {"code", "datatype", "description"} <= set(told) <= _FIELDS:
        raise BadQuery(f"{where} has {', '.join(sorted(_FIELDS))}", hint="code, datatype, description are needed")
    code, datatype, required = told["code"], told["datatype"], told.get("required", False)
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise BadQuery(f"{where}.code: {code!r} is no code", hint="up to 64 letters, digits, _ . -")
    if datatype not in DATATYPES:
        raise BadQuery(f"{where}.datatype: {datatype!r} is unknown", hint=f"known are {', '.join(DATATYPES)}")
    if not isinstance(required, bool):
        raise BadQuery(f"{where}.required: {required!r} is neither true nor false", hint="write true or false")
    values = _values(told.get("values") or [], f"{where}.values")
    if (datatype in (ONE, SEVERAL)) != bool(values):
        raise BadQuery(f"{where}: values belong to lists, and lists have some", hint=f"datatype {ONE} or {SEVERAL}")
    hint = _words(told["hint"], f"{where}.hint") if told.get("hint") else {}
    return Attribute(code, datatype, _words(told["description"], f"{where}.description"), hint, required, values)


def _values(told: Any, where: str) -> dict[str, Mapping[str, str]]:
    if not isinstance(told, Sequence) or isinstance(told, str) or len(told) > MOST_VALUES:
        raise BadQuery(f"{where} is a list of up to {MOST_VALUES}", hint='such as [{"key": "a", "name": {"en": "A"}}]')
    found: dict[str, Mapping[str, str]] = {}
    for number, each in enumerate(told):
        if not isinstance(each, Mapping) or set(each) != {"key", "name"}:
            raise BadQuery(f"{where}.{number} has key and name", hint='such as {"key": "a", "name": {"en": "A"}}')
        key = each["key"]
        if not isinstance(key, str) or not _CODE.fullmatch(key) or key in found:
            raise BadQuery(f"{where}.{number}.key: {key!r} is no key, or there twice", hint="letters, digits, _ . -")
        found[key] = _words(each["name"], f"{where}.{number}.name")
    return found


def _words(told: Any, where: str) -> dict[str, str]:
    is_words = isinstance(told, Mapping) and bool(told) and set(told) <= {"zh", "en"}
    if not is_words or not all(isinstance(text, str) and 0 < len(text) <= MOST_STRING for text in told.values()):
        raise BadQuery(f"{where} has a text for zh, en or both", hint='such as {"en": "Which lane?"}')
    return dict(told)
