"""Ways of moving, read from files: what each may use, how fast it goes there, and which rules bind it."""

from __future__ import annotations

import importlib.resources
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from location_cloud.directions.model import Vehicle
from location_cloud.directions.profile_values import FAMILIES as FAMILIES
from location_cloud.directions.profile_values import Table, checked_value
from location_cloud.errors import BadInput

_NEEDED = ("name", "title", "family", "access", "mode", "kmh", "other_kmh", "max_kmh")


def _none() -> Table:
    return MappingProxyType({})


@dataclass(frozen=True)
class Profile:
    """One way of moving. Speeds in km/h, shares of a speed (1 = unchanged), delays in seconds.

    title: by language. family: of FAMILIES. access: its bit in the roads' access masks. mode: of MODES.
    aliases: what other interfaces call it.

    kmh: speed by class of road; other_kmh: every other class; max_kmh: never faster. limit_share: driven speed as a
    share of the signed or usual limit, 0 = heeds none. surface_kmh, smoothness_kmh, tracktype_kmh, service_kmh: no
    faster there, 0 = does not go there. narrow_share: on two-way roads no wider than 3 m. incline: (percent uphill,
    share) in ascending order, straight lines between; max_incline_percent: steeper ones are closed, 0 = none is.
    signal_s, stop_s, crossing_s: lost at each signal, stop or give-way sign, crossing. turn_s: lost by a turn at a
    junction, a half of it at 90 degrees; across_s: besides, by one across the oncoming traffic, turn_bias: how much
    milder one to the near side is (1 = is not); u_turn_s: besides turn_s by turning round. If no profile of a family
    loses time by turns, its graph does not tell them apart: see turn_delays.py.
    winter: share by class while snow lies, winter_other every other class; winter_kmh: no faster then, by class.
    live_share: own speed as a share of the measured one of the traffic there; 0 = measured speeds say nothing.

    size: of the vehicle, against signs; 0 = no sign stops it. local_flags: bits of the roads' flags of where it may
    begin and end a trip but not pass through; closed_flags: of where it may not go at all.
    obeys_signs: whether turn restrictions bind it. may_turn_round: anywhere, not at dead ends only.
    against_oneway_kmh: against one-way streets of against_oneway classes, 0 = never.
    """

    name: str
    title: Mapping[str, str]
    family: str
    access: int
    mode: str
    kmh: Table
    other_kmh: float
    max_kmh: float
    limit_share: float = 0.0
    aliases: tuple[str, ...] = ()
    surface_kmh: Table = field(default_factory=_none)
    smoothness_kmh: Table = field(default_factory=_none)
    tracktype_kmh: Table = field(default_factory=_none)
    service_kmh: Table = field(default_factory=_none)
    narrow_share: float = 1.0
    incline: tuple[tuple[float, float], ...] = ()
    max_incline_percent: float = 0.0
    signal_s: float = 0.0
    stop_s: float = 0.0
    crossing_s: float = 0.0
    turn_s: float = 0.0
    turn_bias: float = 1.0
    across_s: float = 0.0
    u_turn_s: float = 0.0
    winter: Table = field(default_factory=_none)
    winter_other: float = 1.0
    winter_kmh: Table = field(default_factory=_none)
    live_share: float = 0.0
    size: Vehicle = field(default_factory=Vehicle)
    local_flags: int = 0
    closed_flags: int = 0
    obeys_signs: bool = True
    may_turn_round: bool = False
    against_oneway_kmh: float = 0.0
    against_oneway: tuple[str, ...] = ()


def load_profiles(extra: Path | None = None) -> Mapping[str, Profile]:
    """The shipped profiles and those of a folder of the operator's own `*.toml` files, by name.

    A file may start from another profile (`like = "car"`) and say only what differs. An own file may bear a shipped
    profile's name: it takes its place.
    Raises BadInput naming the file, the key and the allowed values; also if two profiles are called alike.
    """
    shipped = importlib.resources.files("location_cloud.data") / "profiles"
    texts = {f"profiles/{file.name}": file.read_text("utf-8") for file in shipped.iterdir() if _is_toml(file.name)}
    raw = {name: (file, table) for file, text in sorted(texts.items()) for name, table in _read(file, text)}
    if extra is not None:
        if not extra.is_dir():
            raise BadInput(f"{extra} is not a folder; profiles of your own are *.toml files in a folder")
        own: dict[str, tuple[str, dict[str, Any]]] = {}
        for path in sorted(path for path in extra.iterdir() if _is_toml(path.name)):
            for name, table in _read(str(path), _text(path)):
                if name in own:
                    raise BadInput(f'{path}: name "{name}" is also that of {own[name][0]}; rename one')
                own[name] = (str(path), table)
        raw = _with_own(raw, own)
    profiles = {name: _profile(file, _inherited(name, raw)) for name, (file, _) in raw.items()}
    profile_names(profiles)
    return MappingProxyType(profiles)


def profile_names(profiles: Mapping[str, Profile]) -> Mapping[str, str]:
    """Everything that a profile may be called -> its own name, the aliases of other interfaces included.

    Raises BadInput if two profiles claim one alias.
    """
    names = {name: name for name in profiles}
    for profile in profiles.values():
        for alias in profile.aliases:
            if names.setdefault(alias, profile.name) != profile.name:
                raise BadInput(f'profile {profile.name}: alias "{alias}" is already that of {names[alias]}; drop one')
    return MappingProxyType(names)


def family_profiles(profiles: Mapping[str, Profile], family: str) -> tuple[Profile, ...]:
    """The profiles of one family, by name."""
    return tuple(profiles[name] for name in sorted(profiles) if profiles[name].family == family)


# --- files -------------------------------------------------------------------------------------------------------

_Raw: TypeAlias = dict[str, tuple[str, dict[str, Any]]]
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def _is_toml(name: str) -> bool:
    return name.endswith(".toml") and not name.startswith(".")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as reason:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {reason}") from None


def _read(file: str, text: str) -> Iterable[tuple[str, dict[str, Any]]]:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        raise BadInput(f"{file}: is not TOML: {reason}") from None
    name = table.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadInput(f"{file}: name = {name!r} must be a text of a-z, 0-9, - and _, at most 32, a letter first")
    return [(name, table)]


def _with_own(shipped: _Raw, own: _Raw) -> _Raw:
    """Both; what an own file of a shipped name is like is the shipped one."""
    merged = dict(shipped)
    for name, (file, table) in own.items():
        if table.get("like") == name and name in shipped:
            table = _over(_inherited(name, shipped), {key: value for key, value in table.items() if key != "like"})
        merged[name] = (file, table)
    return merged


def _inherited(name: str, raw: _Raw, heirs: tuple[str, ...] = ()) -> dict[str, Any]:
    """The table of a profile, completed by what it is like. Tables of speeds are merged by key."""
    file, table = raw[name]
    like = table.get("like")
    if like is None:
        return table
    if like not in raw or like in (*heirs, name):
        choice = ", ".join(sorted(set(raw) - {*heirs, name}))
        raise BadInput(f"{file}: like = {like!r} must be another profile, not one like itself: {choice}")
    parent = {key: value for key, value in _inherited(like, raw, (*heirs, name)).items() if key != "aliases"}
    return _over(parent, {key: value for key, value in table.items() if key != "like"})


def _over(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    merged = dict(lower)
    for key, value in upper.items():
        is_table = isinstance(value, dict) and isinstance(lower.get(key), dict)
        merged[key] = {**lower[key], **value} if is_table else value
    return merged


def _profile(file: str, table: dict[str, Any]) -> Profile:
    known = {each.name for each in fields(Profile)}
    if unknown := sorted(set(table) - known):
        raise BadInput(f"{file}: unknown key {unknown[0]}; known are {', '.join(sorted({*known, 'like'}))}")
    if missing := [key for key in _NEEDED if key not in table]:
        raise BadInput(f'{file}: {missing[0]} is missing; give it, or start from another profile: like = "car"')
    return Profile(**{key: checked_value(file, key, value) for key, value in table.items()})
