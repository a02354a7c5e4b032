"""Designs in the making: what the background process does for those who asked, one design after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from location_cloud.errors import CloudError, NotFound, NotReady, Unprocessable
from location_cloud.grids import store, store_design
from location_cloud.grids.design_codes import match_grids, number_grids
from location_cloud.grids.design_quality import Quality, measure_grids, measure_squares
from location_cloud.grids.design_sizes import Wish
from location_cloud.grids.design_steps import Designed, design_grids
from location_cloud.grids.design_voronoi import design_villages, net_of
from location_cloud.grids.model_design import DONE, FAILED, RUNNING, DesignAsk, DesignGrid, DesignJob
from location_cloud.grids.service_design import KEPT_S, read_question
from location_cloud.grids.service_ground import Site, open_site
from location_cloud.spatial.measure import area_m2
from location_cloud.storage.world import World

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.snapshot import Snapshots

TURN_S = 10.0
"""How long a process works on designs before its other periodic jobs have their turn; one step may take longer."""

MOST_STARTS = 5
"""A design that outlives so many processes is what kills them."""

Steps = Generator[float, None, tuple[list[DesignGrid], dict[str, Any]]]


@dataclass
class _Work:
    """A design in the making, in this process."""

    job: DesignJob
    steps: Steps


class DesignMaker:
    """Makes the designs of all tenants, one after another; there is one in a home, in the background process.

    What a killed process had of a design is made again from its beginning: 25 km2 take seconds.
    """

    def __init__(self, live: Live, snapshots: Snapshots, clock: Callable[[], datetime]) -> None:
        self._live = live
        self._snapshots = snapshots
        self._clock = clock
        self._work: _Work | None = None

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Works for about TURN_S; what is not finished goes on in the next call, in this process or another.

        Raises NotReady if the live store is away.
        """
        end = time.monotonic() + TURN_S
        while not should_stop() and time.monotonic() < end:
            with self._live.read() as connection:
                job = store_design.next_design(connection)
            if job is None:
                self._work = None
                return
            self._advance(job, lambda: should_stop() or time.monotonic() >= end)

    def _advance(self, job: DesignJob, is_over: Callable[[], bool]) -> None:
        """Goes on with a design until it is finished, cancelled, failed, or time is over."""
        try:
            work = self._opened(job)
            while work is not None and not is_over():
                progress = next(work.steps)
                if not self._tell(job, {"progress": round(progress, 3)}):
                    self._work = None
                    return
        except StopIteration as done:
            self._work = None
            self._finish(job, *done.value)
        except NotReady:
            self._work = None
            raise
        except CloudError as error:
            self._fail(job, error.detail, error.hint)
        except (ValueError, shapely.errors.GEOSException) as error:
            self._fail(job, f"it could not be made: {error}", "check the borders of the communities")

    def _opened(self, job: DesignJob) -> _Work | None:
        """What is known of the design here; None if it is gone or failed and was marked so."""
        if self._work is not None and self._work.job.id == job.id:
            return self._work
        if job.starts >= MOST_STARTS:
            self._fail(job, f"it was interrupted {job.starts} times", "ask for a smaller one, or tell the operator")
            return None
        started = self._clock().timestamp() if job.started is None else job.started
        if not self._tell(job, {"state": RUNNING, "starts": job.starts + 1, "started": started, "progress": 0.0}):
            return None
        with self._live.read() as connection:
            question = store_design.read_question(connection, job.tenant, job.id)
        if question is None:
            return None
        try:
            world = World(self._snapshots.open(job.snapshot), self._live)
        except NotFound:
            raise Unprocessable(f"the snapshot {job.snapshot} is gone", hint="ask again over the new one") from None
        self._work = _Work(job, make_design(world, job, read_question(question), self._clock()))
        return self._work

    def _finish(self, job: DesignJob, grids: list[DesignGrid], report: dict[str, Any]) -> None:
        now = self._clock().timestamp()
        values = {"state": DONE, "finished": now, "progress": 1.0, "grids": len(grids), "report": report}
        with self._live.write() as connection:
            if store_design.change_design(connection, job.tenant, job.id, values):
                store_design.insert_grids(connection, job.tenant, job.id, grids)

    def _tell(self, job: DesignJob, values: dict[str, Any]) -> bool:
        with self._live.write(counted=False) as connection:
            return store_design.change_design(connection, job.tenant, job.id, values)

    def _fail(self, job: DesignJob, error: str, hint: str) -> None:
        self._work = None
        self._tell(job, {"state": FAILED, "finished": self._clock().timestamp(), "error": error, "hint": hint})


def forget_old(live: Live, now: datetime) -> None:
    """Removes designs that ended KEPT_S ago."""
    with live.write(counted=False) as connection:
        for tenant, design in store_design.old_designs(connection, now.timestamp() - KEPT_S):
            store_design.delete_design(connection, tenant, design)


def make_design(world: World, job: DesignJob, ask: DesignAsk, now: datetime) -> Steps:
    """The grids of a design with their codes, and the report; yields how much is done, 0 to 1."""
    site = open_site(world, ask, ask.communities)
    yield 0.02
    if ask.scheme == "village":
        designed = _villages(site, ask)
        yield 0.9
        report = {"design": _told(_measured(site, designed)), "squares": None}
    else:
        designed = yield from _units(site, ask)
        side_m = float(np.sqrt(shapely.area(designed.shapes).sum() / max(designed.size.sum(), 1.0)))
        ground = site.ground
        squares = measure_squares(ground.communities, side_m, ground.roads, ground.buildings)
        report = {"design": _told(_measured(site, designed)), "squares": {**_told(squares), "side_m": round(side_m, 1)}}
    yield 0.97
    grids = _numbered(world, job, ask, site, designed, now)
    return grids, {**report, "kept": sum(grid.kept for grid in grids), "edited": False}


def _units(site: Site, ask: DesignAsk) -> Generator[float, None, Designed]:
    steps = design_grids(site.ground, Wish(ask.by, ask.target, 1.0 / ask.open_times))
    while True:
        try:
            yield 0.02 + 0.9 * next(steps)
        except StopIteration as done:
            designed: Designed = done.value
            return designed


def _villages(site: Site, ask: DesignAsk) -> Designed:
    places = site.plane.xy_m(np.array(ask.points, np.float64).reshape(-1, 2))
    shapes, community, _ = design_villages(site.ground.communities, net_of(site.ground.roads), places)
    area = shapely.area(shapes)
    return Designed(shapes, community, area / max(float(area.mean()), 1e-9))


def _measured(site: Site, designed: Designed) -> Quality:
    ground = site.ground
    return measure_grids(
        designed.shapes,
        designed.community,
        designed.size,
        ground.communities,
        ground.roads,
        ground.others,
        ground.buildings,
    )


def _told(quality: Quality) -> dict[str, Any]:
    rounded = {name: value if value is None else round(value, 4) for name, value in asdict(quality).items()}
    return {**rounded, "grids": quality.grids, "cover": quality.cover, "overlap_m2": quality.overlap_m2}


# --- codes -----------------------------------------------------------------------------------------------------------


def _numbered(
    world: World, job: DesignJob, ask: DesignAsk, site: Site, designed: Designed, now: datetime
) -> list[DesignGrid]:
    """The grids with their codes, by rising community and number."""
    before = _before(world, job, ask, now)
    geometry = site.plane.unproject(designed.shapes)
    found: list[DesignGrid] = []
    for row, community in enumerate(site.communities):
        mine = np.flatnonzero(designed.community == row)
        old = [(shape, number) for code, shape, number in before if code == community.code]
        shapes = site.plane.project(np.array([shape for shape, _ in old], object))
        numbers_before = np.array([number for _, number in old], np.int64)
        prefix = code_prefix(job.scheme, community.code)
        used = _used(world, job, prefix) if prefix else []
        name = community.name or community.code
        numbers = number_grids(name, designed.shapes[mine], shapes, numbers_before, used)
        kept = match_grids(designed.shapes[mine], shapes) >= 0
        for place in np.argsort(numbers, kind="stable").tolist():
            grid = int(mine[place])
            code = f"{prefix}{numbers[place]:03d}" if prefix else ""
            size = float(designed.size[grid])
            shape = geometry[grid]
            number = len(found) + 1
            found.append(DesignGrid(number, code, community.code, shape, area_m2(shape), size, bool(kept[place])))
    return found


def code_prefix(scheme: str, community: str) -> str:
    """What the codes of a community's grids begin with; "" if it has no code of 12 digits and needs one."""
    if community.isdigit() and len(community) == 12:
        return community
    bare = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in community.upper())
    return "" if scheme == "unit" or not bare or len(bare) > 20 else f"{bare}-"


def _used(world: World, job: DesignJob, prefix: str) -> list[int]:
    with world.live.read() as connection:
        codes = store.used_codes(connection, job.tenant, job.scheme, prefix)
    ends = [code[len(prefix) :] for code in codes]
    return [int(end) for end in ends if end.isdigit()]


def _before(world: World, job: DesignJob, ask: DesignAsk, now: datetime) -> Sequence[tuple[str, Any, int]]:
    """Community, shape and number of the grids that numbers are kept of: of the named design, else of the registry."""
    with world.live.read() as connection:
        if ask.previous:
            grids = store_design.list_grids(connection, job.tenant, ask.previous)
            told = [(grid.community, grid.geometry, grid.code) for grid in grids]
        else:
            told = []
            for community in ask.communities:
                held = store.list_grids(
                    connection, world.live, job.tenant, job.scheme, now.date(), parent=community.code
                )
                told.extend((community.code, grid.geometry, grid.code) for grid in held)
    return [(code, shape, int(text[-3:])) for code, shape, text in told if text[-3:].isdigit()]
