"""Whether a unit may be sent: on duty, free, able, and found; and why not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from location_cloud.dispatch.model import FREE, Position, Shift, Unit, WhyNot

WHY: Mapping[WhyNot, Mapping[str, str]] = {
    "out_of_service": {"zh-CN": "停用", "en": "out of service"},
    "busy": {"zh-CN": "正在执行任务", "en": "on another task"},
    "off_shift": {"zh-CN": "不在班次时间内", "en": "off shift"},
    "missing_skill": {"zh-CN": "缺少所需技能", "en": "lacks a skill that is needed"},
    "no_position": {"zh-CN": "没有位置", "en": "no position is known"},
    "position_old": {"zh-CN": "位置过旧", "en": "its last position is too old"},
    "no_road": {"zh-CN": "附近没有可用道路", "en": "no road is near its position"},
    "unreachable": {"zh-CN": "无法从道路到达", "en": "no way leads from it by road"},
}
"""Why a unit is not offered, in the order in which the reasons are looked for: the first that holds is told."""


def why_not(unit: Unit, position: Position | None, needs: Collection[str], at: datetime, age_s: float) -> WhyNot | None:
    """The first reason that a unit cannot be sent now; None = it can, as far as roads let it.

    at: of the city's clocks, with zone. age_s: positions older than this say nothing.
    """
    if unit.status == "out_of_service":
        return "out_of_service"
    if unit.status not in FREE or unit.emergency is not None:
        return "busy"
    if not is_on_shift(unit.shifts, at):
        return "off_shift"
    if needs and missing(unit, needs):
        return "missing_skill"
    if position is None:
        return "no_position"
    return "position_old" if is_old(position, at, age_s) else None


def missing(unit: Unit, needs: Collection[str]) -> list[str]:
    """What a unit lacks of the skills or equipment that are needed, in alphabetical order."""
    return sorted(set(needs) - set(unit.skills) - set(unit.equipment))


def is_old(position: Position, at: datetime, age_s: float) -> bool:
    """Whether a position says nothing of where the unit is now; a station's has no age."""
    return position.told_at is not None and (at - position.told_at).total_seconds() > age_s


def is_on_shift(shifts: Sequence[Shift], at: datetime) -> bool:
    """Whether one of the shifts runs at a time of the city's clocks. Without shifts one is always on duty."""
    minute, today = at.hour * 60 + at.minute, at.isoweekday()
    yesterday = (at - timedelta(days=1)).isoweekday()
    return not shifts or any(
        (today in shift.days and shift.begin <= minute and (minute < shift.end or shift.end <= shift.begin))
        or (yesterday in shift.days and shift.end <= shift.begin and minute < shift.end)
        for shift in shifts
    )


def choose_position(unit: Unit, fix: Position | None) -> Position | None:
    """Where a unit is: the newer of its device's fix and what was told, else its station, where it then waits.

    The station does not stand in for a device that is silent: nobody knows where such a unit is.
    """
    told = None
    if unit.told_lonlat is not None:
        told = Position(unit.told_lonlat, "told", unit.told_at, unit.is_simulated)
    known = [each for each in (fix, told) if each is not None]
    if known:
        return max(known, key=lambda each: each.told_at.timestamp() if each.told_at else 0.0)
    if unit.station_lonlat is None or unit.device:
        return None
    return Position(unit.station_lonlat, "station", None, unit.is_simulated)
