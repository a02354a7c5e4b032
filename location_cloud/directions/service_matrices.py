"""Matrices too large for one request: asked and fetched by web workers, made row by row by the background process."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from location_cloud.directions import service, store_matrices
from location_cloud.directions.dataset import SECTION
from location_cloud.directions.matrix_files import MatrixFiles
from location_cloud.directions.model import Ask, Options, Place, Snap, Vehicle
from location_cloud.directions.model_matrices import DONE, FAILED, RUNNING, WAITING, MatrixJob
from location_cloud.directions.network import Network
from location_cloud.directions.tables import find_table
from location_cloud.errors import CloudError, Conflict, NotFound, NotReady, TooLarge, Unprocessable
from location_cloud.storage.world import World
from routing.measure import Lengths

if TYPE_CHECKING:
    from location_cloud.storage.live import Live
    from location_cloud.storage.snapshot import Snapshot, Snapshots

FOLDER = "run/jobs"
"""Below home, a folder for each job."""

MOST_WAITING, MOST_KEPT = 3, 10
"""Jobs of one tenant that are not finished, and all of them: one result may take 800 MB."""

KEPT_S = 24 * 3600.0
"""How long a finished job stays."""

BLOCK_CELLS = 5_000_000
"""A block of rows takes about a second and 40 MB; that is what a killed process loses."""

TURN_S = 10.0
"""How long a process works on matrices before its other periodic jobs have their turn."""

TOLD_EVERY_S = 0.5
"""How often progress is written down."""

NO_SPACE = "free space on the server's disk, then ask again"

MOST_STARTS = 5
"""A job that outlives so many processes is what kills them."""


@dataclass(frozen=True)
class Question:
    """What a matrix is to be of. sources, targets: lon, lat in WGS-84 degrees."""

    ask: Ask
    sources: Sequence[tuple[float, float]]
    targets: Sequence[tuple[float, float]]
    radius_m: float
    with_distances: bool

    def as_bytes(self) -> bytes:
        """To be kept in the live store."""
        options = self.ask.options
        said = {
            "profile": self.ask.profile,
            "at": None if self.ask.at is None else self.ask.at.isoformat(),
            "tenant": self.ask.tenant,
            "vehicle": asdict(options.vehicle),
            "exclude": sorted(options.exclude),
            "areas": [area.hex() for area in options.areas],
            "closed": list(options.closed),
            "season": options.season,
            "sources": self.sources,
            "targets": self.targets,
            "radius_m": self.radius_m,
            "with_distances": self.with_distances,
        }
        return orjson.dumps(said)


def read_question(world: World, content: bytes) -> Question:
    """The question that `Question.as_bytes` wrote."""
    said = orjson.loads(content)
    options = Options(
        Vehicle(**said["vehicle"]),
        frozenset(said["exclude"]),
        tuple(bytes.fromhex(area) for area in said["areas"]),
        tuple(said["closed"]),
        said["season"],
    )
    at = None if said["at"] is None else service.local_time(world, datetime.fromisoformat(said["at"]))
    ask = Ask(said["profile"], options, at, said["tenant"])
    sources, targets = ([(lon, lat) for lon, lat in said[side]] for side in ("sources", "targets"))
    return Question(ask, sources, targets, said["radius_m"], said["with_distances"])


# --- asked by web workers ----------------------------------------------------------------------------------------


def add_matrix(world: World, tenant: str, question: Question, now: datetime) -> MatrixJob:
    """Puts a matrix into the queue; it is made over the snapshot of this moment, with the weights of its beginning.

    Raises NotFound for an unknown profile, TooLarge if the tenant has too many unfinished or kept ones.
    """
    profile = service.get_profile(world.section(SECTION), question.ask.profile)
    job = MatrixJob(
        secrets.token_hex(8),
        tenant,
        WAITING,
        profile.name,
        len(question.sources),
        len(question.targets),
        question.with_distances,
        now.timestamp(),
        world.snapshot.id,
    )
    with world.live.write(counted=False) as connection:
        mine = store_matrices.list_matrices(connection, tenant)
        unfinished = sum(each.state in (WAITING, RUNNING) for each in mine)
        if unfinished >= MOST_WAITING:
            raise TooLarge(
                f"{unfinished} matrices of yours are not finished; the most is {MOST_WAITING}",
                hint="wait for one (GET /v1/matrix/jobs), or cancel it (DELETE /v1/matrix/jobs/{id})",
            )
        if len(mine) >= MOST_KEPT:
            raise TooLarge(
                f"{len(mine)} matrices of yours are kept; the most is {MOST_KEPT}",
                hint="fetch what you need and delete one (DELETE /v1/matrix/jobs/{id})",
            )
        store_matrices.insert_matrix(connection, job, question.as_bytes())
    return job


def list_matrices(live: Live, tenant: str) -> list[MatrixJob]:
    """The tenant's matrices, newest first."""
    with live.read() as connection:
        return store_matrices.list_matrices(connection, tenant)


def get_matrix(live: Live, tenant: str, job_id: str) -> MatrixJob:
    """How far a matrix is. Raises NotFound if the tenant has none of that id."""
    with live.read() as connection:
        job = store_matrices.find_matrix(connection, tenant, job_id)
    if job is None:
        raise _gone(job_id)
    return job


def remove_matrix(live: Live, tenant: str, job_id: str) -> None:
    """Cancels a matrix, or forgets a finished one; its files go soon after. Raises NotFound if there is none."""
    with live.write(counted=False) as connection:
        was_there = store_matrices.delete_matrix(connection, tenant, job_id)
    if not was_there:
        raise _gone(job_id)


def get_result(live: Live, home: Path, tenant: str, job_id: str) -> tuple[MatrixJob, list[Any]]:
    """A finished matrix and its blocks (`matrix_files.MatrixFiles.blocks`).

    Raises Conflict if it is not finished, Unprocessable if it failed, NotFound if there is none.
    """
    job = get_matrix(live, tenant, job_id)
    if job.state == FAILED:
        raise Unprocessable(job.error, hint=job.hint)
    if job.state != DONE:
        raise Conflict(
            f"the matrix is {job.state}: {job.rows_done} of {job.rows} rows", hint=f"ask GET /v1/matrix/jobs/{job_id}"
        )
    try:
        blocks = MatrixFiles(home / FOLDER / job_id).blocks()
    except FileNotFoundError:
        raise _gone(job_id) from None
    if sum(len(block) for block in blocks) != job.rows:
        raise _gone(job_id)
    return job, blocks


def _gone(job_id: str) -> NotFound:
    return NotFound(f"there is no matrix {job_id!r}", hint=f"results are kept for {KEPT_S / 3600:g} hours; ask again")


# --- made by the background process ------------------------------------------------------------------------------


@dataclass
class _Work:
    """A matrix in the making, in this process."""

    job: MatrixJob
    files: MatrixFiles
    network: Network
    sources: list[Snap]
    targets: list[Snap]
    lengths: Lengths | None
    block_rows: int
    waiting: list[int]
    rows_done: int
    began: float
    rows_here: int = 0
    told: float = 0.0

    def step(self) -> None:
        """Makes the next block of rows."""
        first = self.waiting[0]
        rows = self.sources[first : first + self.block_rows]
        times, metres = find_table(self.network, rows, self.targets, self.lengths)
        self.files.put_block(first, times, metres)
        self.waiting.pop(0)
        self.rows_done += len(rows)
        self.rows_here += len(rows)

    def progress(self) -> dict[str, Any]:
        """How far it is."""
        left = len(self.sources) - self.rows_done
        pace_s = (time.monotonic() - self.began) / max(self.rows_here, 1)
        return {"rows_done": self.rows_done, "seconds_left": round(left * pace_s, 1)}


class MatrixMaker:
    """Makes the matrices of all tenants, one after another; there is one in a home, in the background process.

    open_overlay: what the slice keeps for a snapshot, for the metrics.
    """

    def __init__(
        self,
        live: Live,
        snapshots: Snapshots,
        home: Path,
        open_overlay: Callable[[Snapshot], Any],
        clock: Callable[[], datetime],
    ) -> None:
        self._live = live
        self._snapshots = snapshots
        self._folder = home / FOLDER
        self._open_overlay = open_overlay
        self._clock = clock
        self._world: World | None = None
        self._work: _Work | None = None

    def run(self, should_stop: Callable[[], bool]) -> None:
        """Works for TURN_S at most; what is not finished goes on in the next call, in this process or another.

        Raises NotReady if the live store is away.
        """
        self._sweep()
        end = time.monotonic() + TURN_S
        while not should_stop() and time.monotonic() < end:
            with self._live.read() as connection:
                job = store_matrices.next_matrix(connection)
            if job is None:
                return
            self._advance(job, lambda: should_stop() or time.monotonic() >= end)

    def _advance(self, job: MatrixJob, is_over: Callable[[], bool]) -> None:
        """Goes on with a job until it is finished, cancelled, failed, or time is over."""
        work = self._opened(job)
        while work is not None and work.waiting and not is_over():
            try:
                work.step()
            except (OSError, ValueError) as error:
                self._fail(job, f"the rows could not be made or kept: {error}", NO_SPACE)
                return
            if time.monotonic() >= work.told + TOLD_EVERY_S:
                work.told = time.monotonic()
                if not self._tell(job, work.progress()):
                    self._drop(job)
                    return
        if work is not None and not work.waiting:
            work.files.finish()
            self._work = None
            ended = {"state": DONE, "finished": self._clock().timestamp(), "rows_done": job.rows, "seconds_left": 0.0}
            if not self._tell(job, ended):
                self._drop(job)

    def _opened(self, job: MatrixJob) -> _Work | None:
        """What is known of the job here; None if it cannot be made and was marked so, or is gone."""
        if self._work is not None and self._work.job.id == job.id:
            return self._work
        if job.starts >= MOST_STARTS:
            self._fail(job, f"it was interrupted {job.starts} times", "ask for a smaller one, or tell the operator")
            return None
        now = self._clock().timestamp()
        started = now if job.started is None else job.started
        if not self._tell(job, {"state": RUNNING, "starts": job.starts + 1, "started": started}):
            return None
        with self._live.read() as connection:
            question = store_matrices.read_question(connection, job.tenant, job.id)
        if question is None:
            return None
        try:
            work = self._open(job, question)
        except NotReady:
            self._world = None
            raise
        except CloudError as error:
            self._fail(job, error.detail, error.hint)
            return None
        except (OSError, ValueError) as error:
            self._fail(job, f"it could not be begun: {error}", NO_SPACE)
            return None
        self._work = work
        fixed = {"metric_version": work.network.version, "as_of": work.network.as_of, **work.progress()}
        self._tell(job, {**fixed, "seconds_left": None})
        return work

    def _open(self, job: MatrixJob, content: bytes) -> _Work:
        began = time.monotonic()
        world = self._world_of(job.snapshot)
        question = read_question(world, content)
        files = MatrixFiles(self._folder / job.id)
        plan = files.plan()
        if plan is None:
            ask = question.ask
            network = service.get_metrics(world).choose(world, job.profile, ask.options, ask.at, ask.tenant)
            files.begin(network, max(1, min(BLOCK_CELLS // job.columns, 1000)))
            plan = files.plan() or {}
        network = files.network(world.section(SECTION).networks[job.profile], plan)
        froms, tos = ([Place(at, question.radius_m) for at in side] for side in (question.sources, question.targets))
        sources, targets, lengths = service.prepare_table(world, network, froms, tos, question.with_distances)
        rows, done = plan["block_rows"], files.first_rows()
        waiting = [first for first in range(0, job.rows, rows) if first not in done]
        rows_done = sum(min(rows, job.rows - first) for first in done)
        return _Work(job, files, network, sources, targets, lengths, rows, waiting, rows_done, began)

    def _world_of(self, snapshot_id: str) -> World:
        if self._world is None or self._world.snapshot.id != snapshot_id:
            try:
                snapshot = self._snapshots.open(snapshot_id)
            except NotFound:
                raise Unprocessable(f"the snapshot {snapshot_id} is gone", hint="ask again over the new one") from None
            self._world = World(snapshot, self._live, {"directions": self._open_overlay(snapshot)})
        return self._world

    def _tell(self, job: MatrixJob, values: dict[str, Any]) -> bool:
        with self._live.write(counted=False) as connection:
            return store_matrices.change_matrix(connection, job.tenant, job.id, values)

    def _fail(self, job: MatrixJob, error: str, hint: str) -> None:
        ended = {"state": FAILED, "finished": self._clock().timestamp(), "error": error, "hint": hint}
        self._tell(job, {**ended, "seconds_left": None})
        self._drop(job)

    def _drop(self, job: MatrixJob) -> None:
        self._work = None
        MatrixFiles(self._folder / job.id).remove()

    def _sweep(self) -> None:
        """Forgets what was kept long enough, and removes files of jobs that are gone."""
        if not self._folder.is_dir():
            return
        entries = list(self._folder.iterdir())
        if not entries:
            return
        with self._live.read() as connection:
            kept = set(store_matrices.list_ids(connection))
        for entry in entries:
            if entry.name not in kept:
                MatrixFiles(entry).remove()


def forget_old(live: Live, now: datetime) -> int:
    """Removes jobs that ended KEPT_S ago; how many."""
    with live.write(counted=False) as connection:
        return store_matrices.delete_finished(connection, now.timestamp() - KEPT_S)
