"""Plans by the real VROOM program over small matrices: every kind of rule keeps or moves a task."""

import importlib.util

import numpy as np
import pytest

from location_cloud.directions import vroom
from location_cloud.directions.model import Matrix
from location_cloud.directions.optimise import MOST_TASKS, list_locations, solve
from location_cloud.errors import BadQuery, NotReady, TooLarge
from routing.trip import CLOSED

needs_vroom = pytest.mark.skipif(importlib.util.find_spec("vroom") is None, reason="pyvroom is not installed")
DEPOT = [125.0, 46.6]


def stop(number: int) -> list[float]:
    return [125.0 + number / 100, 46.6]


def job(number: int, **rules) -> dict:
    return {"id": number, "location": stop(number), **rules}


def van(number: int = 1, **rules) -> dict:
    return {"id": number, "start": DEPOT, "end": DEPOT, **rules}


def line_matrix(problem: dict, shut: tuple[int, ...] = ()) -> dict[str, Matrix]:
    """Places on a line: 100 s for each hundredth of a degree, 1 m/s; no way from or to those shut."""
    lon = np.array([lon for lon, _ in list_locations(problem)])
    seconds = np.rint(np.abs(lon[:, None] - lon) * 10_000).astype(np.int32)
    durations, distances = seconds * 1000, seconds * 100
    for number in shut:
        away = np.isclose(lon, stop(number)[0])
        durations[away != away[:, None]] = CLOSED
        distances[away != away[:, None]] = CLOSED
    return {"car": Matrix(durations, distances, (), (), "v", 0.0)}


def plan(problem: dict, shut: tuple[int, ...] = ()) -> dict:
    return solve(problem, line_matrix(problem, shut), "car")


def orders(answer: dict) -> dict[int, list[tuple[str, int]]]:
    return {
        route["vehicle"]: [(step["type"], step["id"]) for step in route["steps"] if "id" in step]
        for route in answer["routes"]
    }


def unassigned(answer: dict) -> list[int]:
    return sorted(task["id"] for task in answer["unassigned"])


@needs_vroom
def test_one_van_drives_out_and_back() -> None:
    answer = plan({"vehicles": [van()], "jobs": [job(2), job(1), job(3)]})
    summary = answer["summary"]
    assert (answer["code"], summary["duration"], summary["distance"], summary["unassigned"]) == (0, 600, 600, 0)
    assert answer["routes"][0]["steps"][1]["location"] in ([125.01, 46.6], [125.02, 46.6], [125.03, 46.6])


@needs_vroom
def test_what_exceeds_the_capacity_goes_to_the_second_van() -> None:
    jobs = [job(number, delivery=[2]) for number in (1, 2, 3)]
    answer = plan({"vehicles": [van(1, capacity=[4]), van(2, capacity=[2])], "jobs": jobs})
    assert sorted(len(steps) for steps in orders(answer).values()) == [1, 2]


@needs_vroom
def test_job_goes_to_the_vehicle_with_the_skill() -> None:
    answer = plan({"vehicles": [van(1), van(2, skills=[7])], "jobs": [job(1, skills=[7])]})
    assert orders(answer) == {2: [("job", 1)]}


@needs_vroom
def test_time_window_sets_the_order() -> None:
    jobs = [job(1, time_windows=[[1000, 2000]]), job(2, time_windows=[[0, 300]])]
    assert orders(plan({"vehicles": [van(time_window=[0, 5000])], "jobs": jobs})) == {1: [("job", 2), ("job", 1)]}


@needs_vroom
def test_shipment_is_picked_up_before_it_is_delivered() -> None:
    shipment = {"amount": [1], "pickup": job(3), "delivery": job(1)}
    answer = plan({"vehicles": [van(capacity=[1])], "shipments": [shipment]})
    assert orders(answer) == {1: [("pickup", 3), ("delivery", 1)]}


@needs_vroom
def test_break_is_taken_in_its_window() -> None:
    rest = {"id": 5, "time_windows": [[50, 120]], "service": 60}
    answer = plan({"vehicles": [van(time_window=[0, 5000], breaks=[rest])], "jobs": [job(1), job(2)]})
    taken = next(step for step in answer["routes"][0]["steps"] if step["type"] == "break")
    assert 50 <= taken["arrival"] + taken["waiting_time"] <= 120


@needs_vroom
def test_job_of_higher_priority_is_kept_when_only_one_fits() -> None:
    jobs = [job(1, priority=1), job(2, priority=90)]
    answer = plan({"vehicles": [van(max_tasks=1)], "jobs": jobs})
    assert unassigned(answer) == [1]


@needs_vroom
def test_job_without_a_way_stays_unassigned() -> None:
    answer = plan({"vehicles": [van()], "jobs": [job(1), job(2)]}, shut=(2,))
    assert (orders(answer), unassigned(answer)) == ({1: [("job", 1)]}, [2])


@needs_vroom
def test_same_place_twice_is_one_row_of_the_matrix() -> None:
    problem = {"vehicles": [van()], "jobs": [job(1), {**job(2), "location": stop(1)}]}
    assert len(list_locations(problem)) == 2
    assert plan(problem)["summary"]["duration"] == 200


@needs_vroom
@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ({"vehicles": [van()], "jobs": [job(1), job(1)]}, "Duplicate job id"),
        ({"vehicles": [van(time_window=[5, 2])], "jobs": [job(1)]}, "Invalid time window"),
        ({"vehicles": [van(capacity=[1, 1])], "jobs": [job(1, delivery=[1])]}, "delivery|amount|capacity"),
    ],
)
def test_what_vroom_refuses_is_said_in_its_words(problem, message) -> None:
    with pytest.raises(BadQuery, match=message):
        plan(problem)


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        ({"vehicles": [], "jobs": [job(1)]}, "needs a vehicle"),
        ({"vehicles": [van()]}, "needs a vehicle and a job"),
        ({"vehicles": [{"id": 1}], "jobs": [job(1)]}, "vehicle 1 has neither start nor end"),
        ({"vehicles": [van()], "jobs": [{"id": 4}]}, r"location of job 4 is None"),
        (
            {"vehicles": [van()], "jobs": [{"id": 4, "location": [46.6, 125.1]}]},
            r"location of job 4 is \[46.6, 125.1\]",
        ),
        ({"vehicles": [van()], "jobs": [{"id": 4, "location": [True, 1.0]}]}, "location of job 4"),
        ({"vehicles": [van()], "shipments": [{"pickup": job(1)}]}, "shipment 0 has no delivery"),
        ({"vehicles": ["car"], "jobs": [job(1)]}, "vehicles must be a list of objects"),
        ({"vehicles": [van()], "jobs": [job(1)], "matrices": {}}, "matrices are made here"),
    ],
)
def test_question_that_cannot_be_planned_names_what_is_wrong(problem, message) -> None:
    with pytest.raises(BadQuery, match=message):
        list_locations(problem)


@pytest.mark.parametrize(
    "problem",
    [
        {"vehicles": [van()], "jobs": [job(number) for number in range(MOST_TASKS + 1)]},
        {"vehicles": [van()], "shipments": [{"pickup": job(1), "delivery": job(2)}] * 101},
        {"vehicles": [van(number) for number in range(51)], "jobs": [job(1)]},
        {"vehicles": [van(breaks=[{"id": 1}] * 11)], "jobs": [job(1)]},
        {"vehicles": [van()], "jobs": [job(1, time_windows=[[0, 1]] * 11)]},
    ],
)
def test_question_over_the_ceilings_is_refused_before_any_work(problem) -> None:
    with pytest.raises(TooLarge, match="at most"):
        list_locations(problem)


def test_vehicle_of_an_unknown_profile_is_named() -> None:
    problem = {"vehicles": [van(profile="boat")], "jobs": [job(1)]}
    with pytest.raises(BadQuery, match="vehicle 1: no profile 'boat'"):
        plan(problem)


def test_missing_program_is_named_with_what_installs_it(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotReady, match="needs the program vroom"):
        vroom.find_program()
