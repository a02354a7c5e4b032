"""Learning what is usual: from archives or the live store to free flow and typical speeds beside every snapshot.

What is learned is kept by lasting keys (`learned.py`); a new snapshot gets its own week from that (`renew`), without
reading any archive again. Archives may be many: with the address of a Dask scheduler the same functions run as tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from location_cloud.capability import Progress
from location_cloud.directions.dataset import SECTION as DIRECTIONS
from location_cloud.directions.live import edge_keys
from location_cloud.directions.typical import load_typical
from location_cloud.errors import BadInput, NotInstalled, NotReady, Unprocessable
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.storage.live import Live
from location_cloud.storage.mapped import put_in_place
from location_cloud.storage.snapshot import Snapshot, Snapshots
from location_cloud.tracks import service as tracks
from location_cloud.tracks.model import Fixes
from location_cloud.traffic.archive import MOST_AT_ONCE, Told, is_archive, read_fixes
from location_cloud.traffic.history import SLOT_S, Part, Sums, add_sums, decay_of, join_days, lag_sums, no_sums
from location_cloud.traffic.learn import City, hours_of_week, learn_fixes
from location_cloud.traffic.learned import (
    HISTORY,
    Facts,
    has_week,
    load_history,
    write_free_flow,
    write_history,
    write_week,
)
from location_cloud.traffic.profile import learn_profile
from location_cloud.traffic.reference import DECAY_S, LEARNED, TYPICAL, plain_reference
from routing.match_network import build_match_network

DECAY_PARTS = 7
"""So many files, the last ones given, tell how fast the unusual fades: days, as archives mostly come."""

MERGED = 8
"""Sums that are added in one task."""

T = TypeVar("T")


@dataclass(frozen=True)
class Learning:
    """What was learned. files and fixes that were read; drives along edges counted; roads that have a usual speed of
    their own; hours: of the week on which something was driven. decay_s: by kind of road.
    """

    files: int
    fixes: int
    drives: int
    roads: int
    hours: int
    decay_s: dict[str, float]
    is_simulated: bool


def list_archives(paths: Sequence[Path]) -> list[Path]:
    """The files of fixes among files and folders, by name. Raises BadInput for what is none, or is not there."""
    found = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.rglob("*") if is_archive(file))
            if not inside:
                raise BadInput(f"{path}: there are no files of fixes in this folder")
            found += inside
        elif path.is_file() and is_archive(path):
            found.append(path)
        else:
            raise BadInput(f"{path}: no file of fixes (.ndjson, .ndjson.gz or .parquet)")
    return found


def learn_files(
    home: Path, files: Sequence[Path], scheduler: str, adds: bool, progress: Progress, threads: int = 1
) -> Learning:
    """Learns from archives on the current snapshot's roads, and writes what is usual there.

    scheduler: address of a Dask scheduler whose workers see the home and the files; "" = this process.
    adds: to what was learned before; otherwise that is forgotten.

    Takes 10 s a million fixes of 5 to 15 s intervals, mostly for matching.
    Raises BadInput for files that cannot be read, NotReady before the first import, NotInstalled without Dask.
    """
    snapshot = open_current(home)
    learn = partial(learn_file, str(snapshot.folder), threads=threads)
    progress.step("matching archives", len(files))
    if scheduler:
        with _dask(scheduler) as client:
            return _learn_on_dask(client, home, snapshot, learn, files, adds, progress)
    parts, sums = [], no_sums()
    for number, file in enumerate(files):
        part = learn(str(file), keeps_days=number >= len(files) - DECAY_PARTS)
        sums = add_sums([sums, part.sums])  # not all files' sums at once: a year would not fit
        parts.append(replace(part, sums=no_sums()))
        progress.advance()
    return learn_parts(home, snapshot, [replace(parts[0], sums=sums), *parts[1:]], adds)


def learn_pieces(home: Path, pieces: Iterator[Told], adds: bool, threads: int = 1) -> Learning:
    """The same from fixes that come in pieces, as from the live store."""
    snapshot = open_current(home)
    return learn_parts(home, snapshot, [learn_fixes(pieces, load_city(str(snapshot.folder)), threads)], adds)


def stored_fixes(live: Live, tenant: str, at_once: int = MOST_AT_ONCE) -> Iterator[Told]:
    """All kept fixes of a tenant in the live store, in pieces of about `at_once`. Raises NotReady if it is away."""
    number, parts, count = -1, [], 0
    while True:
        fixes = tracks.read_after(live, tenant, number)
        if len(fixes):
            number = int(fixes.number[-1])
            parts.append(as_told(fixes))
            count += len(fixes)
        if parts and (count >= at_once or not len(fixes)):
            names = Told.__dataclass_fields__
            yield Told(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
            parts, count = [], 0
        if not len(fixes):
            return


def as_told(fixes: Fixes) -> Told:
    """Fixes of the store in the form of archives."""
    accuracy_m, heading_deg, speed_kmh = (
        column.astype(np.float64) for column in (fixes.accuracy_m, fixes.heading_deg, fixes.speed_kmh)
    )
    return Told(fixes.device, fixes.time_s, fixes.lonlat, accuracy_m, heading_deg, speed_kmh, fixes.is_simulated)


def learn_parts(home: Path, snapshot: Snapshot, parts: Sequence[Part], adds: bool) -> Learning:
    """Writes what parts say together, beside what was learned before if `adds`."""
    totals = Part(
        add_sums([no_sums(), *(part.sums for part in parts)]),
        parts[0].days,
        sum(part.fixes for part in parts),
        sum(part.drives for part in parts),
        any(part.is_simulated for part in parts),
    )
    days = [part for part in parts if len(part.days.key)]
    folder = str(snapshot.folder)
    return _write(
        home, snapshot, totals, len(parts), adds, lambda typical: [lags_of(part, folder, str(typical)) for part in days]
    )


def learn_file(folder: str, file: str, threads: int = 1, keeps_days: bool = True) -> Part:
    """What one file says. folder: of the snapshot whose roads it is matched on. Runs on any worker that sees both."""
    part = learn_fixes(read_fixes(Path(file)), load_city(folder), threads)
    return part if keeps_days else replace(part, days=join_days([]))


def renew(home: Path, snapshot: Snapshot) -> bool:
    """Writes free flow and the usual week of a snapshot from what was learned on earlier ones; whether there is any.

    Takes 6 s for 335,000 edges. Nothing is written if it is there already.
    """
    sums, facts = load_history(home)
    if not len(sums.key) or has_week(home, snapshot.id):
        return False
    _write_reference(home, snapshot, sums, facts, lambda _: [])
    return True


def open_current(home: Path) -> Snapshot:
    """The current snapshot. Raises NotReady before the first import."""
    snapshots = Snapshots(home)
    if (current := snapshots.current_id()) is None:
        raise NotReady("nothing is imported yet", hint="location-cloud import --demo")
    return snapshots.open(current)


@lru_cache(maxsize=2)
def load_city(folder: str) -> City:
    """What drives are learned on, of a snapshot's folder; kept, as workers learn file after file. Takes 1 s."""
    path = Path(folder)
    snapshot = Snapshots(path.parents[1]).open(path.name)
    roads, directions = snapshot.section(ROADS), snapshot.section(DIRECTIONS)
    car = directions.networks["car"]
    network = build_match_network(car.graph, directions.index, car.local_ms, roads.seg_length_m)
    reference = plain_reference(roads, directions.zone)
    length_m = np.repeat(roads.seg_length_m, 2)
    expected_s = 3.6 * length_m / reference.free_flow_kmh
    return City(network, edge_keys(roads), length_m, expected_s, reference.kind, directions.zone)


# --- writing -------------------------------------------------------------------------------------------------------

Lags: TypeAlias = Callable[[Path], Sequence[NDArray[np.float64]]]
"""How the unusual goes on, by part, given the folder of the usual week (`history.lag_sums`)."""


def _write(home: Path, snapshot: Snapshot, total: Part, files: int, adds: bool, lags: Lags) -> Learning:
    before, facts = load_history(home) if adds else (no_sums(), Facts())
    sums = add_sums([before, total.sums])
    if not len(sums.key):
        raise Unprocessable(
            "none of these fixes lies on a road of the current snapshot", hint="location-cloud snapshots tells of where"
        )
    facts = replace(
        facts,
        files=facts.files + files,
        fixes=facts.fixes + total.fixes,
        drives=facts.drives + total.drives,
        is_simulated=facts.is_simulated or total.is_simulated,
    )
    facts, decay_s, roads = _write_reference(home, snapshot, sums, facts, lags)
    put_in_place(write_history(home, sums, facts), home / HISTORY)
    hours = len(np.unique(sums.hour))
    return Learning(files, total.fixes, total.drives, roads, hours, decay_s, facts.is_simulated)


def _write_reference(
    home: Path, snapshot: Snapshot, sums: Sums, facts: Facts, lags: Lags
) -> tuple[Facts, dict[str, float], int]:
    """Writes the usual week and free flow of a snapshot. Gives the facts with the lags added, decays in seconds by
    group of roads, and how many edges have a free flow of their own.
    """
    roads = snapshot.section(ROADS)
    reference = plain_reference(roads, snapshot.section(DIRECTIONS).zone)
    keys, length_m = edge_keys(roads), np.repeat(roads.seg_length_m, 2)
    learned = learn_profile(sums, keys, reference.kind, reference.free_flow_kmh, length_m)
    week = write_week(home, snapshot.id, learned)
    names = reference.levels.names
    totals = np.array([facts.lags.get(name, (0.0, 0.0)) for name in names])
    for each in lags(week):
        totals[: len(each)] += each
    decay_s = decay_of(totals, DECAY_S)
    free_flow = write_free_flow(home, snapshot.id, learned, decay_s, facts.is_simulated)
    put_in_place(free_flow, home / LEARNED / snapshot.id)
    put_in_place(week, home / TYPICAL / snapshot.id)
    known = {name: (float(one), float(other)) for name, (one, other) in zip(names, totals.tolist())}
    seconds = dict(zip(names, decay_s.tolist()))
    return replace(facts, lags=known), seconds, int((~np.isnan(learned.free_flow_kmh)).sum())


def lags_of(part: Part, folder: str, typical: str) -> NDArray[np.float64]:
    """`history.lag_sums` of a part. Runs on any worker that sees the snapshot's folder and the usual week's."""
    city = load_city(folder)
    week = load_typical(Path(typical), len(city.keys))
    if week is None:
        raise NotReady(f"{typical} cannot be read", hint="learn again")
    usual = np.stack([week.kmh(row) for row in week.row_of_hour.tolist()])
    hours = hours_of_week(part.days.slot.astype(np.float64) * SLOT_S, city.zone)
    return lag_sums(part.days, city.keys, city.kind, usual, hours)


# --- Dask ----------------------------------------------------------------------------------------------------------


def _dask(scheduler: str) -> Any:
    try:
        import distributed  # heavy optional: 1 s to import, extra `archives`
    except ImportError as error:
        raise NotInstalled(
            "a scheduler is set but Dask is not there", hint="pip install 'location-cloud[archives]'"
        ) from error
    connect: Any = distributed.Client  # has hints for some of its methods only
    try:
        return connect(scheduler, set_as_default=False)
    except OSError as error:
        raise NotReady(
            f"no Dask scheduler answers at {scheduler}: {error}", hint="dask scheduler; dask worker"
        ) from error


def _learn_on_dask(
    client: Any,
    home: Path,
    snapshot: Snapshot,
    learn: Callable[..., Part],
    files: Sequence[Path],
    adds: bool,
    progress: Progress,
) -> Learning:
    """The same functions as tasks: a file each, sums added by tens, only sums and lags come back."""
    parts = [
        client.submit(learn, str(file.resolve()), keeps_days=number >= len(files) - DECAY_PARTS, pure=False)
        for number, file in enumerate(files)
    ]
    heads = [client.submit(_head, part, pure=False) for part in parts]
    sums = [client.submit(_sums_of, part, pure=False) for part in parts]
    while len(sums) > 1:
        sums = [client.submit(_added, list(group), pure=False) for group in _groups(sums)]
    counted = []
    for head in heads:
        counted.append(head.result())
        progress.advance()
    fixes, drives, simulated = zip(*counted)
    total = Part(sums[0].result(), join_days([]), sum(fixes), sum(drives), any(simulated))

    def lags(typical: Path) -> list[NDArray[np.float64]]:
        last = parts[-DECAY_PARTS:]
        tasks = [client.submit(lags_of, part, str(snapshot.folder), str(typical), pure=False) for part in last]
        return list(client.gather(tasks))

    return _write(home, snapshot, total, len(files), adds, lags)


def _groups(tasks: list[T]) -> list[list[T]]:
    return [tasks[first : first + MERGED] for first in range(0, len(tasks), MERGED)]


def _head(part: Part) -> tuple[int, int, bool]:
    return part.fixes, part.drives, part.is_simulated


def _sums_of(part: Part) -> Sums:
    return part.sums


def _added(parts: list[Sums]) -> Sums:
    return add_sums(parts)
