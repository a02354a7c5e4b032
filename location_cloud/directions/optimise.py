"""Who goes where in which order: VROOM's question and answer over our matrices.

Jobs, shipments and vehicles with capacities, time windows, skills, breaks, priorities and costs are as VROOM writes
them (its docs/API.md); places are [lon, lat] in `location`, `start` and `end`. Times are seconds, distances metres.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Matrix
from location_cloud.directions.vroom import ask_vroom
from location_cloud.errors import BadQuery, TooLarge
from routing.trip import CLOSED

MOST_TASKS, MOST_VEHICLES = 200, 50
"""A shipment is two tasks. VROOM plans 200 tasks on 50 vehicles in the time below."""

MOST_WINDOWS, MOST_BREAKS = 10, 10
"""Of one task, of one vehicle."""

LIMIT_S = 5.0
EXPLORATION = 5

NO_WAY_S = 10_000_000
"""In place of a way that there is not: 116 days. No vehicle may travel so long, so such a task stays unassigned."""

Problem = Mapping[str, Any]
Point = tuple[float, float]


def list_locations(problem: Problem) -> list[Point]:
    """Every place of a question once, lon, lat in degrees: the rows of the matrices that `solve` wants.

    Raises TooLarge over the ceilings, BadQuery for a place that is none or is missing, or for matrices in the question.
    """
    _check_size(problem)
    if "matrices" in problem:
        raise BadQuery(
            "matrices are made here from the roads", hint="leave matrices out and give each place as location"
        )
    return list(_number_places(problem))


def solve(problem: Problem, matrices: Mapping[str, Matrix], profile: str) -> dict[str, Any]:
    """VROOM's answer: code, summary, unassigned, routes with their steps.

    matrices: by profile, square over `list_locations`. profile: of vehicles that name none. A task that no vehicle can
    reach, or that does not fit, is listed as unassigned; that is no error.

    Raises TooLarge and BadQuery as `list_locations`, BadQuery in VROOM's words for what it refuses (an id used twice, a
    window that ends before it begins, capacities of different lengths), and as `vroom.ask_vroom`.
    """
    _check_size(problem)
    number = _number_places(problem)
    vehicles = [_with_index(vehicle, number, profile) for vehicle in problem["vehicles"]]
    for vehicle in vehicles:
        if vehicle["profile"] not in matrices:
            raise BadQuery(
                f"vehicle {vehicle.get('id')}: no profile {vehicle['profile']!r}",
                hint=f"there are {', '.join(sorted(matrices))}",
            )
    question = {
        "vehicles": vehicles,
        "jobs": [_at_index(job, number) for job in problem.get("jobs", ())],
        "shipments": [
            {**shipment, **{end: _at_index(shipment[end], number) for end in ("pickup", "delivery")}}
            for shipment in problem.get("shipments", ())
        ],
        "matrices": {name: _as_vroom(matrix) for name, matrix in matrices.items()},
    }
    return ask_vroom(question, LIMIT_S, EXPLORATION)


def _check_size(problem: Problem) -> None:
    vehicles, jobs, shipments = (_rows(problem, name) for name in ("vehicles", "jobs", "shipments"))
    tasks = len(jobs) + 2 * len(shipments)
    if not vehicles or not tasks:
        raise BadQuery(
            "a plan needs a vehicle and a job or shipment at least", hint="VROOM's docs/API.md describes the question"
        )
    if tasks > MOST_TASKS:
        raise TooLarge(f"{tasks} tasks (a shipment is two); at most {MOST_TASKS}", hint="plan district by district")
    if len(vehicles) > MOST_VEHICLES:
        raise TooLarge(f"{len(vehicles)} vehicles; at most {MOST_VEHICLES}", hint="plan district by district")
    for vehicle in vehicles:
        if len(_rows(vehicle, "breaks")) > MOST_BREAKS:
            raise TooLarge(f"vehicle {vehicle.get('id')}: {len(vehicle['breaks'])} breaks; at most {MOST_BREAKS}")
    for name, task in _tasks(problem):
        windows = task.get("time_windows", ())
        if isinstance(windows, list) and len(windows) > MOST_WINDOWS:
            raise TooLarge(f"{name}: {len(windows)} time windows; at most {MOST_WINDOWS}")


def _rows(owner: Problem, name: str) -> list[dict[str, Any]]:
    rows = owner.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadQuery(f"{name} must be a list of objects")
    return rows


def _tasks(problem: Problem) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every stop asked for, and what to call it."""
    for job in _rows(problem, "jobs"):
        yield f"job {job.get('id')}", job
    for number, shipment in enumerate(_rows(problem, "shipments")):
        for end in ("pickup", "delivery"):
            if not isinstance(shipment.get(end), dict):
                raise BadQuery(f"shipment {number} has no {end}", hint="it needs an object with id and location")
            yield f"{end} {shipment[end].get('id')}", shipment[end]


def _number_places(problem: Problem) -> dict[Point, int]:
    number: dict[Point, int] = {}
    for vehicle in _rows(problem, "vehicles"):
        ends = [end for end in ("start", "end") if end in vehicle]
        if not ends:
            raise BadQuery(f"vehicle {vehicle.get('id')} has neither start nor end", hint="give [lon, lat]")
        for end in ends:
            number.setdefault(_point(vehicle[end], f"{end} of vehicle {vehicle.get('id')}"), len(number))
    for name, task in _tasks(problem):
        number.setdefault(_point(task.get("location"), f"location of {name}"), len(number))
    return number


def _point(value: object, name: str) -> Point:
    if isinstance(value, list | tuple) and len(value) == 2:
        lon, lat = value
        if _is_degree(lon, 180.0) and _is_degree(lat, 90.0):
            return float(lon), float(lat)
    raise BadQuery(f"{name} is {value!r:.60}; it must be [lon, lat] in degrees, within 180 and 90")


def _is_degree(value: object, most: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value) and abs(value) <= most  # type: ignore[arg-type]  # the line above says so


def _with_index(vehicle: dict[str, Any], number: Mapping[Point, int], profile: str) -> dict[str, Any]:
    ends = {f"{end}_index": number[_point(vehicle[end], end)] for end in ("start", "end") if end in vehicle}
    longest = vehicle.get("max_travel_time", NO_WAY_S - 1)
    return {**vehicle, **ends, "profile": str(vehicle.get("profile", profile)), "max_travel_time": longest}


def _at_index(task: dict[str, Any], number: Mapping[Point, int]) -> dict[str, Any]:
    return {**task, "location_index": number[_point(task.get("location"), "location")]}


def _as_vroom(matrix: Matrix) -> dict[str, list[list[int]]]:
    found = {"durations": _whole(matrix.durations_ms, 1000, NO_WAY_S)}
    if matrix.distances_cm is not None:
        found["distances"] = _whole(matrix.distances_cm, 100, 0)
    return found


def _whole(values: NDArray[np.int32], parts: int, without: int) -> list[list[int]]:
    """In whole units, rounded; `without` where there is no way."""
    rounded = (values.astype(np.int64) + parts // 2) // parts
    rounded[values == CLOSED] = without
    found: list[list[int]] = rounded.tolist()
    return found
