"""The instructions of a drive: depart, one for each turn or change of road, arrive."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.junctions import J_ARM, J_AT, J_CAME, J_GOES, J_LANE, J_POINT, list_junctions
from location_cloud.directions.look import look_along
from location_cloud.directions.manoeuvre_codes import KINDS, MODES, MODIFIERS, SIDES
from location_cloud.directions.model import Junction, Lane, Leg, LegShape, Step
from location_cloud.directions.network import Network
from location_cloud.directions.profiles import Profile
from location_cloud.directions.ranks import class_ranks
from location_cloud.directions.star import INDICATIONS, Star
from location_cloud.directions.steps import (
    S_AFTER,
    S_BEFORE,
    S_EXIT,
    S_FIRST_EDGE,
    S_FIRST_POINT,
    S_JUNCTION,
    S_KIND,
    S_LAST_EDGE,
    S_LAST_POINT,
    S_MODE,
    S_MODIFIER,
    S_ROAD,
    S_SIDE,
    list_path_steps,
)
from location_cloud.directions.turns import AT, list_turns
from location_cloud.roads.countries import get_country
from location_cloud.roads.model import Roads

EVERYBODY = 0xFFFF


@dataclass(frozen=True, eq=False)
class Guide:
    """All that the instructions of a city are made from; build_guide makes it once for each snapshot."""

    roads: Roads
    star: Star
    driving_side: str
    star_columns: tuple[NDArray[np.generic], ...]
    road_columns: tuple[NDArray[np.generic], ...]
    text_columns: tuple[NDArray[np.generic], ...]


@dataclass(frozen=True, eq=False)
class StepArrays:
    """The steps of a leg as arrays, for writers of other formats. Rows are named by the constants S_... of steps.py and
    J_... of junctions.py; a row of the table is a plain column over all steps.

    steps: (16, k) int32. S_KIND, S_MODIFIER, S_SIDE, S_MODE: places in manoeuvre_codes.KINDS, MODIFIERS, SIDES, MODES.
    S_EXIT: of a roundabout, from 1. S_ANGLE: of the manoeuvre, 90 right, 180 straight, 270 left (for a roundabout from
    the way in to the way out). S_BEFORE, S_AFTER: bearings, 0..359. S_ROAD: the road edge whose name and signs count.
    S_FIRST_EDGE, S_LAST_EDGE: places in the leg's edges, the last excluded. S_FIRST_POINT, S_LAST_POINT: in its line.
    S_LEAVE_EDGE, S_LEAVE_POINT: where a roundabout is left: places in edges and line, -1 = none.
    S_JUNCTION: the first of the step's junctions (up to the next step's); the first stands at its manoeuvre.
    duration_ms: (k,) int64. distance_m: (k,) float64.
    junctions: (6, j + 1) int32, a closing column last; empty if not asked. J_POINT: place in the line. J_CAME, J_GOES:
    arm that comes in and that goes out, -1 = none. J_ARM, J_LANE: its first row in arms and lanes.
    arms: (2, a) int16: bearing, clockwise from north; whether it may be entered.
    lanes: (2, l) uint16: bits of star.INDICATIONS, from the left; whether it serves the way taken.
    """

    steps: NDArray[np.int32]
    duration_ms: NDArray[np.int64]
    distance_m: NDArray[np.float64]
    junctions: NDArray[np.int32]
    arms: NDArray[np.int16]
    lanes: NDArray[np.uint16]

    def __len__(self) -> int:
        return len(self.distance_m)


def build_guide(roads: Roads, star: Star) -> Guide:
    """The guide over a network and its junction star (`star.build_star`), kept with the star; copies nothing."""
    kept: Guide | None = star.__dict__.get("guide")
    if kept is None or kept.roads is not roads:
        kept = star.__dict__["guide"] = _new_guide(roads, star)
    return kept


def _new_guide(roads: Roads, star: Star) -> Guide:
    return Guide(
        roads,
        star,
        get_country(roads.country_code).driving_side,
        tuple(star.as_arrays().values())[:6],
        (
            roads.seg_flags,
            roads.seg_name,
            roads.seg_ref,
        ),
        (roads.names.data, roads.names.start),
    )


def guide_leg(
    guide: Guide,
    open_ms: NDArray[np.int32],
    leg: Leg,
    shape: LegShape,
    start_lonlat: tuple[float, float],
    end_lonlat: tuple[float, float],
    mode: str = "driving",
    vehicles: int = EVERYBODY,
    with_junctions: bool = False,
) -> StepArrays:
    """The steps of a leg as arrays.

    open_ms: (road edges or more,) int32; routing.trip.CLOSED = nobody who travels like this may drive the edge. Best is
    Network.local_ms: private roads are seen, though nobody is led through. start_lonlat, end_lonlat: as asked.
    mode: driving, cycling or walking. vehicles: access bits of roads.model, whom turn restrictions must bind to count.
    """
    number = MODES.index(mode)
    places, arms, first, last = look_along(  # type: ignore[call-arg]  # mypy counts no unpacked columns
        leg.edges,
        shape.begins,
        shape.along_m,
        *guide.star_columns,
        *class_ranks(mode),
        open_ms,
        vehicles,
    )
    turns = list_turns(  # type: ignore[call-arg]  # as above
        leg.edges, first, last, places, arms, guide.road_columns[0], *guide.text_columns, number
    )
    asked = np.array([start_lonlat, end_lonlat])
    steps, duration_ms, distance_m = list_path_steps(  # type: ignore[call-arg]  # as above
        turns,
        last,
        leg.edges,
        leg.edge_ms,
        shape.line_e7,
        shape.begins,
        shape.along_m,
        asked,
        *guide.road_columns,
        number,
    )
    if not with_junctions:
        return StepArrays(steps, duration_ms, distance_m, *_NO_JUNCTIONS)
    junctions, ways, lanes = list_junctions(
        places,
        arms,
        turns[AT, 1:],
        shape.begins,
        first,
        last,
        steps[S_AFTER, 0],
        steps[S_BEFORE, -1],
        guide.star.lane_start,
        guide.star.lane_arrows,
    )
    steps[S_JUNCTION] = np.searchsorted(junctions[J_AT, :-1], steps[S_FIRST_EDGE])
    return StepArrays(steps, duration_ms, distance_m, junctions, ways, lanes)


_NO_JUNCTIONS = (np.zeros((6, 1), np.int32), np.zeros((2, 0), np.int16), np.zeros((2, 0), np.uint16))


def list_steps(
    roads: Roads,
    star: Star,
    profile: Profile,
    network: Network,
    leg: Leg,
    shape: LegShape,
    start_lonlat: tuple[float, float],
    end_lonlat: tuple[float, float],
    with_junctions: bool = False,
) -> tuple[Step, ...]:
    """The steps of a leg: depart, one for each turn or change of road, arrive.

    start_lonlat, end_lonlat: as asked, for the side on which they lie. with_junctions: each step lists what it passes.
    """
    guide = build_guide(roads, star)
    found = guide_leg(
        guide,
        network.local_ms,
        leg,
        shape,
        start_lonlat,
        end_lonlat,
        profile.mode,
        profile.access if profile.obeys_signs else 0,
        with_junctions,
    )
    return as_steps(guide, found, shape)


def as_steps(guide: Guide, found: StepArrays, shape: LegShape) -> tuple[Step, ...]:
    """Step arrays as values; names and signs are read here."""
    junctions = _junctions(found, shape) if found.arms.size else []
    columns = found.steps.T.tolist()
    bounds = [column[S_JUNCTION] for column in columns] + [len(junctions)]
    return tuple(
        _step(
            guide,
            column,
            duration_ms,
            distance_m,
            shape,
            tuple(junctions[bounds[place] : bounds[place + 1]]),
        )
        for place, (column, duration_ms, distance_m) in enumerate(
            zip(columns, found.duration_ms.tolist(), found.distance_m.tolist())
        )
    )


def _step(
    guide: Guide,
    column: list[int],
    duration_ms: int,
    distance_m: float,
    shape: LegShape,
    junctions: tuple[Junction, ...],
) -> Step:
    roads, edge = guide.roads, column[S_ROAD]
    segment, names = edge >> 1, guide.roads.names
    signs = roads.seg_destination_backward if edge & 1 else roads.seg_destination_forward
    return Step(
        kind=KINDS[column[S_KIND]],
        modifier=MODIFIERS[column[S_MODIFIER]],
        exit=column[S_EXIT],
        name=names[int(roads.seg_name[segment])],
        ref=names[int(roads.seg_ref[segment])],
        destinations=names[int(signs[segment])],
        junction=names[int(roads.seg_junction_ref[segment])],
        side=SIDES[column[S_SIDE]],
        bearing_before_deg=float(column[S_BEFORE]),
        bearing_after_deg=float(column[S_AFTER]),
        lonlat=_lonlat(shape, column[S_FIRST_POINT]),
        distance_m=distance_m,
        duration_s=duration_ms / 1000,
        first_edge=column[S_FIRST_EDGE],
        last_edge=column[S_LAST_EDGE],
        first_point=column[S_FIRST_POINT],
        last_point=column[S_LAST_POINT],
        mode=MODES[column[S_MODE]],
        driving_side=guide.driving_side,
        junctions=junctions,
    )


def _junctions(found: StepArrays, shape: LegShape) -> list[Junction]:
    columns = found.junctions.T.tolist()
    bearings, entries = found.arms.tolist()
    arrows, serves = found.lanes.tolist()
    return [
        Junction(
            _lonlat(shape, one[J_POINT]),
            tuple(bearings[one[J_ARM] : other[J_ARM]]),
            tuple(map(bool, entries[one[J_ARM] : other[J_ARM]])),
            one[J_CAME],
            one[J_GOES],
            tuple(Lane(_indications(arrows[lane]), bool(serves[lane])) for lane in range(one[J_LANE], other[J_LANE])),
        )
        for one, other in pairwise(columns)
    ]


def _indications(arrows: int) -> tuple[str, ...]:
    return tuple(word for place, word in enumerate(INDICATIONS) if arrows >> place & 1)


def _lonlat(shape: LegShape, point: int) -> tuple[float, float]:
    lon, lat = shape.line_e7[point].tolist()
    return lon / 1e7, lat / 1e7
