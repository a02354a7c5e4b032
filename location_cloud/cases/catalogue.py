"""Classes of cases: components and events, urban and rural, as shipped and as a tenant says."""

from __future__ import annotations

import importlib.resources
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from location_cloud.cases.attributes import Attribute, parse_attributes
from location_cloud.cases.limits import Limit, choose_limit, parse_limit, shipped_limits
from location_cloud.errors import BadQuery

FILES = ("components", "events", "rural")

COMPONENT, EVENT = "component", "event"
KINDS = (COMPONENT, EVENT)
SETTINGS = ("urban", "rural", "both")

CODE = re.compile(r"[0-9A-Z]{2,12}")
COMPONENT_CODE = re.compile(r"[0-9]{4}")
"""Group and subclass, as they stand in the middle of a component's id."""

NEARBY_M = 15.0
"""Within which two reports of a component are offered as one: a phone's fix in a street is 5-15 m off."""
MOST_RADIUS_M = 5_000.0
MOST_CLASSES = 5_000
MOST_TEXT = 500


@dataclass(frozen=True)
class CaseClass:
    """What a case is about. code: unique among all classes; group: the code of its group.

    names, group_names, filing (when a case is opened): by language, zh and en. setting: urban, rural or both.
    department: the role of who handles it ("sanitation"); which department that is, routing rules say.
    merge_radius_m: reports that near are offered as one case. limits: by area class, "any" for all others; empty = as
    its kind has. needs_component: a case names the component. source: of names and limits. is_active: may be reported.
    is_public: told to everybody where a tenant's cases are. attributes: what is asked of who reports.
    """

    code: str
    kind: str
    group: str
    names: Mapping[str, str]
    group_names: Mapping[str, str]
    setting: str
    department: str
    merge_radius_m: float
    limits: Mapping[str, Limit] = field(default_factory=dict)
    filing: Mapping[str, str] = field(default_factory=dict)
    needs_component: bool = False
    source: str = ""
    is_active: bool = True
    is_public: bool = True
    attributes: tuple[Attribute, ...] = ()

    def name(self, language: str) -> str:
        """Its name in a language, or in whichever it has."""
        return self.names.get(language.split("-")[0]) or next(iter(self.names.values()))

    def limit(self, area_class: str = "") -> Limit:
        """How long a case may take where a place has that class."""
        shipped = shipped_limits()["components" if self.kind == COMPONENT else "events"]
        found = choose_limit(self.limits, area_class) or choose_limit(shipped, area_class)
        assert found is not None, "limits.toml has both kinds"
        return found


@lru_cache(maxsize=1)
def load_classes() -> dict[str, CaseClass]:
    """The shipped classes by code, in the order of the files. Not to be changed: it is the same for all callers."""
    return {each.code: each for name in FILES for each in _read(name)}


def merge_classes(own: Iterable[CaseClass]) -> dict[str, CaseClass]:
    """The shipped classes with a tenant's own: those with the same code in place of them, new ones behind."""
    return {**load_classes(), **{each.code: each for each in own}}


def parse_class(told: Mapping[str, Any]) -> CaseClass:
    """A class as a tenant writes it; for a shipped code only what differs need be told.

    {"code", "kind", "group", "names": {"zh", "en"}, "group_names", "setting", "department", "merge_radius_m",
    "limits": {"any": "4 work_hour"}, "filing": {"zh", "en"}, "needs_component", "source", "is_active"}.

    Raises BadQuery that names the field and the value.
    """
    code = told.get("code")
    if not isinstance(code, str) or not CODE.fullmatch(code):
        raise BadQuery(f"class.code: {code!r} is no code", hint="2 to 12 digits and capital letters, such as E0102")
    unknown = sorted(set(told) - set(CaseClass.__dataclass_fields__))
    if unknown:
        raise BadQuery(f"class {code}: {unknown[0]!r} is unknown", hint="see /v1/classes for what a class has")
    base = load_classes().get(code) or _blank(code, told)
    found = replace(base, **{name: _READ[name](told[name], f"class {code}.{name}") for name in told})
    if found.kind == COMPONENT and not COMPONENT_CODE.fullmatch(code):
        raise BadQuery(f"class {code}: a component's code has four digits", hint="group and subclass, such as 0132")
    return found


def _blank(code: str, told: Mapping[str, Any]) -> CaseClass:
    missing = [name for name in ("kind", "names", "department") if name not in told]
    if missing:
        raise BadQuery(f"class {code}: {missing[0]} is missing", hint="a new class has kind, names and department")
    group = code[:-2]
    known = next((each.group_names for each in load_classes().values() if each.group == group), {"zh": group})
    is_component = told["kind"] == COMPONENT
    return CaseClass(
        code=code,
        kind=EVENT,
        group=group,
        names={},
        group_names=known,
        setting="both",
        department="",
        merge_radius_m=NEARBY_M,
        needs_component=is_component,
        source="tenant",
    )


def _read(name: str) -> Iterator[CaseClass]:
    text = (importlib.resources.files("location_cloud.data") / f"cases/{name}.toml").read_text("utf-8")
    content = tomllib.loads(text)
    for group, of_group in content["groups"].items():
        for each in of_group["classes"]:
            limits = {area: parse_limit(each[key], each["code"]) for area, key in _LIMITS.items() if key in each}
            example = each.get("example", "own")
            yield CaseClass(
                code=each["code"],
                kind=content["kind"],
                group=group,
                names={"zh": each["zh"], "en": each["en"]},
                group_names={"zh": of_group["zh"], "en": of_group["en"]},
                setting=each.get("setting", content["setting"]),
                department=each["department"],
                merge_radius_m=float(each.get("radius_m", NEARBY_M)),
                limits=limits,
                filing={lang: each[f"filing_{lang}"] for lang in ("zh", "en") if f"filing_{lang}" in each},
                needs_component=content["kind"] == COMPONENT,
                source=f"{content['source']}; example limit: {example}",
                is_public=each.get("public", True),
            )


_LIMITS = {"any": "limit", "core": "core"}


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MOST_TEXT:
        raise BadQuery(f"{where} is a text of up to {MOST_TEXT} characters", hint="leave it away or fill it")
    return value.strip()


def _texts(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, Mapping) or not value or not set(value) <= {"zh", "en"}:
        raise BadQuery(f"{where} has a text for zh, en or both", hint='such as {"zh": "秸秆焚烧"}')
    return {language: _text(text, f"{where}.{language}") for language, text in value.items()}


def _one_of(*allowed: str) -> Any:
    def read(value: Any, where: str) -> str:
        if value not in allowed:
            raise BadQuery(f"{where}: {value!r} is unknown", hint=f"known are {', '.join(allowed)}")
        return str(value)

    return read


def _code(value: Any, where: str) -> str:
    if not isinstance(value, str) or not CODE.fullmatch(value):
        raise BadQuery(f"{where}: {value!r} is no code", hint="2 to 12 digits and capital letters")
    return value


def _radius(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_RADIUS_M:
        raise BadQuery(f"{where}: {value!r} is out of range", hint=f"metres from 0 to {MOST_RADIUS_M:g}")
    return float(value)


def _flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise BadQuery(f"{where}: {value!r} is neither true nor false", hint="write true or false")
    return value


def _limits(value: Any, where: str) -> dict[str, Limit]:
    if not isinstance(value, Mapping) or len(value) > 20 or not all(isinstance(each, str) for each in value.values()):
        raise BadQuery(f"{where} is a limit by area class", hint='such as {"any": "1 work_day", "core": "4 work_hour"}')
    return {_text(area, where): parse_limit(limit, f"{where}.{area}") for area, limit in value.items()}


_READ: Mapping[str, Any] = {
    "code": _code,
    "kind": _one_of(*KINDS),
    "group": _code,
    "names": _texts,
    "group_names": _texts,
    "setting": _one_of(*SETTINGS),
    "department": _text,
    "merge_radius_m": _radius,
    "limits": _limits,
    "filing": _texts,
    "needs_component": _flag,
    "source": _text,
    "is_active": _flag,
    "is_public": _flag,
    "attributes": parse_attributes,
}
