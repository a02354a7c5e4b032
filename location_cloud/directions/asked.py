"""What the interfaces of other engines ask, in our words, and what of an answer all of them tell alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from location_cloud.capability import PlainCall
from location_cloud.directions import service
from location_cloud.directions.dataset import SECTION, Directions
from location_cloud.directions.model import Ask, LegShape, Place, Route, Step, Vehicle
from location_cloud.directions.wording import instruction
from location_cloud.errors import CloudError, Unprocessable
from location_cloud.http.parameters import Query
from routing.metric import lengths_along_m
from routing.shape import path_shape

Json = dict[str, Any]

READ = "directions:read"

FARTHEST_M = 2000.0
"""How far a road may be where a question says nothing of it; a point at sea has no street."""

MOST_RADIUS_M = 10_000.0

NEXT_ROADS = 50
"""So many roads are looked at for one that is not to be avoided."""

INTO_M = 2.0
"""So far into that road: where it begins, the other ends."""


class ForeignQuery(Query):
    """The address of another engine's interface: options that nobody knows are passed over, as its server does."""

    model_config = ConfigDict(extra="allow")

    crs: Literal["wgs84"] = Field("wgs84", description="this protocol knows no other coordinate system")

    @property
    def options(self) -> Json:
        """All parameters as they came."""
        return dict(self.model_extra or {})


class ForeignBody(BaseModel):
    """The body of such a question; its values are read, and refused, in the words of that protocol."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    def as_dict(self) -> Json:
        """The body as it came."""
        return {name: value for name, value in self if name in self.model_fields_set}


@dataclass(frozen=True)
class Wish:
    """How one wants to move. profile: of ours. areas: GeoJSON (multi)polygons to stay out of. closed_at: lon, lat of
    places whose road is not to be used. depart, arrive: at most one; both None = now.
    """

    profile: str
    vehicle: Vehicle = field(default_factory=Vehicle)
    exclude: frozenset[str] = frozenset()
    areas: tuple[Json, ...] = ()
    closed_at: tuple[tuple[float, float], ...] = ()
    depart: datetime | None = None
    arrive: datetime | None = None


def as_ask(call: PlainCall, wish: Wish) -> Ask:
    """The wish as every question of ours takes it; `arrive` is told apart. Raises BadQuery for an area that is none,
    Unprocessable off-road.
    """
    options = service.find_options(
        call.world, call.tenant, wish.vehicle, wish.exclude, "", wish.areas, (), (), wish.profile
    )
    if wish.closed_at:
        closed = {edge for lonlat in wish.closed_at for edge in _edges_at(call, wish.profile, lonlat)}
        options = replace(options, closed=tuple(sorted(closed.union(options.closed))))
    return Ask(wish.profile, options, service.local_time(call.world, wish.depart), call.tenant)


def at_hour(call: PlainCall, wish: Wish) -> Ask:
    """The same for what is answered with the weights of one hour: that of the departure, or of the arrival."""
    return as_ask(call, replace(wish, depart=wish.depart or wish.arrive))


def beside(call: PlainCall, profile: str, place: Place, is_avoided: Callable[[int], bool]) -> Place:
    """The place, or where one stops on the nearest other road if its own is to be avoided. is_avoided: of a segment."""
    near = service.find_near(call.world, profile, place, NEXT_ROADS, call.tenant).snaps
    directions, roads = get_directions(call), service.get_roads(call.world)
    is_kept = [not is_avoided(snap.segment) for snap in near]
    if is_kept[0] or not any(is_kept):
        return place
    road = near[is_kept.index(True)]
    end = min(INTO_M / float(roads.seg_length_m[road.segment]), 0.5)
    at = min(max(road.fraction, end), 1.0 - end)
    line, _ = path_shape(directions.shapes, np.array([2 * road.segment], np.int32), at, at)
    lon, lat = (line[0] / 1e7).tolist()
    return replace(place, lonlat=(lon, lat))


def get_directions(call: PlainCall) -> Directions:
    """What the answer is made from."""
    directions: Directions = call.world.section(SECTION)
    return directions


def _edges_at(call: PlainCall, profile: str, lonlat: tuple[float, float]) -> tuple[int, int]:
    near = service.find_near(call.world, profile, Place(lonlat), 1, call.tenant).snaps
    return 2 * near[0].segment, 2 * near[0].segment + 1


_NAMES = re.compile(r"{(\w+)}")


def between(*addresses: str) -> Callable[[Any], list[str]]:
    """Typical questions (`Operation.typical`).

    addresses: with {here} and {there} for lon,lat of places on roads, {yard} for one on a private road.
    """

    def fill(world: Any) -> list[str]:
        places = service.typical_places(world)
        texts = {name: f"{lon:.7f},{lat:.7f}" for name, (lon, lat) in places.items()}
        return [address.format(**texts) for address in addresses if texts.keys() >= set(_NAMES.findall(address))]

    return fill


def is_off_road(error: CloudError) -> bool:
    """Whether a failure means that a place is not near a road, not that no way leads on."""
    return isinstance(error, Unprocessable) and not error.detail.startswith(("no way leads", "no order joins"))


# --- numbers that came as JSON or text -----------------------------------------------------------------------------


def as_number(value: Any, default: float | None = None) -> float | None:
    """A finite number, or the default where there is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return default
    try:
        number = float(value)
    except ValueError:
        return default
    return number if np.isfinite(number) else default


def as_flag(value: Any, default: bool) -> bool:
    """True or false, as JSON or text."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).lower(), default)


def as_lonlat(value: Any) -> tuple[float, float] | None:
    """A pair lon, lat in degrees; None if it is none."""
    if not isinstance(value, (list, tuple)) or len(value) < 2:
        return None
    lon, lat = as_number(value[0]), as_number(value[1])
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return None
    return lon, lat


def as_size(values: Json, names: dict[str, str]) -> Vehicle:
    """A vehicle by the other engine's names -> fields of Vehicle; what is no positive number is passed over."""
    sizes = {field: as_number(values.get(name)) for name, field in names.items()}
    return Vehicle(
        **{field: size for field, size in sizes.items() if size is not None and size > 0},
        hazmat=as_flag(values.get("hazmat", False), False),
    )


# --- stretches between stops ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Stretch:
    """The drive from one stop to the next, places that are only passed inside it. edges (n,), edge_ms (n,), shape: as
    Leg and LegShape; passed: points of the line where places are passed.
    """

    edges: NDArray[np.int32]
    edge_ms: NDArray[np.int64]
    shape: LegShape
    steps: tuple[Step, ...]
    passed: tuple[int, ...] = ()

    @property
    def duration_ms(self) -> int:
        """Milliseconds driven."""
        return int(self.edge_ms.sum())

    @property
    def distance_m(self) -> float:
        """Metres driven."""
        return float(self.shape.along_m[-1])


def list_stretches(route: Route, through: Sequence[bool]) -> list[Stretch]:
    """The drives from stop to stop. through: by place, whether it is only passed."""
    found: list[Stretch] = []
    steps = route.steps or ((),) * len(route.legs)
    for leg, shape, leg_steps, is_inside in zip(route.legs, route.shapes, steps, [False, *through[1:-1]]):
        stretch = Stretch(leg.edges, leg.edge_ms, shape, leg_steps)
        found[-1:] = [_joined(found[-1], stretch)] if is_inside else [*found[-1:], stretch]
    return found


def join(stretches: Sequence[Stretch]) -> Stretch:
    """All stretches as one; the steps of the stops between them stay."""
    whole = stretches[0]
    for stretch in stretches[1:]:
        whole = _one(whole, stretch, (*whole.steps, *_later(stretch, whole)))
    return whole


def _joined(before: Stretch, after: Stretch) -> Stretch:
    """Two as one drive: nobody arrives in between, the step before goes on."""
    steps = _later(after, before)
    if before.steps and steps:
        last, first = before.steps[-2], steps[0]
        through = replace(
            last,
            distance_m=last.distance_m + first.distance_m,
            duration_s=last.duration_s + first.duration_s,
            last_edge=first.last_edge,
            last_point=first.last_point,
        )
        steps = (*before.steps[:-2], through, *steps[1:])
    return _one(before, after, steps)


def _one(before: Stretch, after: Stretch, steps: tuple[Step, ...]) -> Stretch:
    line = np.concatenate([before.shape.line_e7, after.shape.line_e7[1:]])
    offset = len(before.shape.line_e7) - 1
    begins = np.concatenate([before.shape.begins[:-1], after.shape.begins + offset])
    return Stretch(
        np.concatenate([before.edges, after.edges]),
        np.concatenate([before.edge_ms, after.edge_ms]),
        LegShape(line, begins, lengths_along_m(line)),
        steps,
        (*before.passed, offset, *(point + offset for point in after.passed)),
    )


def _later(stretch: Stretch, before: Stretch) -> tuple[Step, ...]:
    """The steps, counted in a line and edges that begin with others."""
    points, edges = len(before.shape.line_e7) - 1, len(before.edges)
    return tuple(
        replace(
            step,
            first_point=step.first_point + points,
            last_point=step.last_point + points,
            first_edge=step.first_edge + edges,
            last_edge=step.last_edge + edges,
        )
        for step in stretch.steps
    )


# --- answers -------------------------------------------------------------------------------------------------------


def line_box(line_e7: NDArray[np.int32]) -> list[float]:
    """West, south, east, north of a line, degrees, six decimals."""
    (west, south), (east, north) = line_e7.min(axis=0) / 1e7, line_e7.max(axis=0) / 1e7
    return [round(float(degree), 6) for degree in (west, south, east, north)]


def lonlats(line_e7: NDArray[np.int32]) -> list[list[float]]:
    """The line as GeoJSON coordinates, six decimals."""
    coordinates: list[list[float]] = np.round(line_e7 / 1e7, 6).tolist()
    return coordinates


def instructions(routes: Sequence[Route], language: str) -> list[list[str]]:
    """What every step of every route says, leg by leg."""
    return [[instruction(step, language) for steps in route.steps for step in steps] for route in routes]
