"""The questions about fixes: take some, follow those that were taken, and where devices are and were."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from location_cloud.errors import NotFound, TooLarge
from location_cloud.spatial.crs import Crs, as_wgs84
from location_cloud.storage.wake import wake_worker
from location_cloud.tracks import store, store_keeping
from location_cloud.tracks.merging import Merged, clusters_of, merge
from location_cloud.tracks.model import (
    DEVICE,
    JUMP,
    KEPT,
    MOST_FIXES,
    RANGE,
    REASON,
    REASONS,
    SOURCES,
    TIME_MS,
    Arriving,
    Fixes,
    Ints,
    Outcome,
    as_fixes,
)
from location_cloud.tracks.newest import are_appended, learn, tails_of
from location_cloud.tracks.screening import as_rows, screen

if TYPE_CHECKING:
    from pathlib import Path

    from location_cloud.spatial.bbox import Bbox
    from location_cloud.storage.live import Live

LATE_MS = 300_000
"""A fix that arrives later than this was kept back by its tracker; the sender is told how many were."""

MOST_DEVICES = 500_000
"""Of a tenant: the vehicles and phones of a large city."""

MOST_POSITIONS = 50_000
"""Devices told of in one feed, which has no pages: 1 s, 4 MB."""

MOST_OF_TRACK = 100_000
"""Fixes of one line: a day of one each second. Takes 0.3 s."""


@dataclass(frozen=True)
class Aside:
    """A fix that is not believed. lonlat: degrees as told. reason: of model.REASONS. Times are unix seconds."""

    time_s: float
    seq: int
    reason: str
    lonlat: tuple[float, float]
    source: str
    received_s: float


# --- writing ------------------------------------------------------------------------------------------------------


def store_fixes(live: Live, home: Path, tenant: str, arriving: Arriving, now: datetime, crs: Crs = "wgs84") -> Outcome:
    """Takes fixes; when it returns, they are on the disk.

    Safe to repeat: what is there already is a duplicate. crs: of the positions. One transaction, which does not raise
    the live version: no answer that may be kept is made from fixes, and they come many times a second. Takes about
    20 us a fix in batches of 10,000.

    Raises TooLarge over MOST_FIXES or MOST_DEVICES, NotReady if another writer holds the store too long.
    """
    if len(arriving) > MOST_FIXES:
        raise TooLarge(f"{len(arriving):,} fixes; the most is {MOST_FIXES:,}", hint="send them in parts")
    now_ms = int(now.timestamp() * 1000)
    reason = screen(arriving, now_ms)
    arriving = _in_wgs84(arriving, reason, crs)
    with live.write(counted=False) as connection:
        number = store.lock_numbers(connection, tenant)
        ids = _device_ids(connection, tenant, arriving.names, now_ms)
        new = as_rows(arriving, ids, reason == KEPT, now_ms)
        known = store.read_known(connection, tenant, np.unique(new[:, DEVICE]))
        clusters = clusters_of(new)
        is_appended = are_appended(clusters, known)
        around = store.list_around(connection, tenant, clusters[~is_appended])
        merged = merge(new, np.concatenate([tails_of(known, clusters[is_appended, DEVICE]), around]), number)
        store.put_fixes(connection, tenant, merged.written)
        known, doubted = learn(known, merged.rows)
        store.put_known(connection, tenant, known)
        for device in doubted.tolist():
            store.look_up(connection, tenant, device)
        if (last := merged.last_number(number)) > number:
            store.put_number(connection, tenant, last)
        aside = store.put_quarantine(connection, tenant, _aside(arriving, ids, reason, now_ms))
    wake_worker(home)
    return _outcome(merged, reason, aside, now_ms)


def _in_wgs84(arriving: Arriving, reason: Ints, crs: Crs) -> Arriving:
    if crs == "wgs84":
        return arriving
    lonlat = arriving.lonlat.copy()
    is_on_globe = reason != RANGE
    lonlat[is_on_globe] = as_wgs84(lonlat[is_on_globe], crs)
    return replace(arriving, lonlat=lonlat)


def _device_ids(connection: object, tenant: str, names: Sequence[str], now_ms: int) -> Ints:
    found = store.device_ids(connection, tenant, names)
    if missing := [name for name in names if name not in found]:
        count = store.count_devices(connection, tenant) + len(missing)
        if count > MOST_DEVICES:
            raise TooLarge(f"{count:,} devices; the most is {MOST_DEVICES:,}", hint="DELETE /v1/devices/{device}")
        store.add_devices(connection, tenant, missing, now_ms)
        found |= store.device_ids(connection, tenant, missing)
    return np.array([found[name] for name in names], np.int64)


def _aside(arriving: Arriving, ids: Ints, reason: Ints, now_ms: int) -> list[tuple[int | float, ...]]:
    source = SOURCES.index(arriving.source)
    chosen = np.flatnonzero(reason != KEPT)
    whole = np.stack([ids[arriving.device], arriving.time_ms, arriving.seq, reason], axis=1)[chosen].tolist()
    told = arriving.lonlat[chosen].tolist()
    return list(dict.fromkeys((*key, *lonlat, source, now_ms) for key, lonlat in zip(whole, told)))


def _outcome(merged: Merged, reason: Ints, aside: int, now_ms: int) -> Outcome:
    added = merged.written[merged.added]
    is_kept = added[:, REASON] == KEPT
    jumps = int((added[:, REASON] == JUMP).sum())
    counts = np.bincount(reason[reason != KEPT], minlength=len(REASONS))
    repeated = int(counts.sum()) - aside
    counts[JUMP] += jumps
    return Outcome(
        accepted=int(is_kept.sum()),
        duplicate=merged.duplicate + repeated,
        quarantined=jumps + aside,
        reasons={REASONS[code]: int(counts[code]) for code in np.flatnonzero(counts)},
        late=int((is_kept & (added[:, TIME_MS] < now_ms - LATE_MS)).sum()),
        out_of_order=int((is_kept & merged.out_of_order).sum()),
        revised=int(merged.revised.sum()),
    )


# --- following ----------------------------------------------------------------------------------------------------


def read_after(live: Live, tenant: str, number: int, limit: int = MOST_FIXES) -> Fixes:
    """The kept fixes of a tenant with a higher number, by number: what the store learned since.

    Nothing is left out: whoever has seen a number will never find a lower one that is new. A fix comes again with a
    higher number if it was set aside and is believed after all, or if another one with its key won; one that was handed
    out may later be set aside. Times of devices are not in order.
    """
    with live.read() as connection:
        rows = store.list_after(connection, tenant, number, limit)
        return as_fixes(rows, store.device_names(connection, tenant, rows[:, DEVICE]))


def last_number(live: Live, tenant: str) -> int:
    """The highest number of the tenant: where to begin for whoever wants only what comes."""
    with live.read() as connection:
        return store.find_number(connection, tenant)


# --- devices ------------------------------------------------------------------------------------------------------


def list_devices(live: Live, tenant: str, after: str, limit: int) -> tuple[list[tuple[str, float]], Mapping[str, int]]:
    """Devices by name with the time they were first heard of (unix seconds), those after a name; and their ids."""
    with live.read() as connection:
        found = store.list_devices(connection, tenant, after, limit)
    return [(name, first_ms / 1000) for _, name, first_ms in found], {name: id_ for id_, name, _ in found}


def last_positions(
    live: Live,
    tenant: str,
    devices: Sequence[str] | None = None,
    bbox: Bbox | None = None,
    since_s: float = 0.0,
    after: int = 0,
    limit: int = 1000,
) -> Fixes:
    """The newest kept fix of each device, by id of the device.

    devices: names, unknown ones are left out; None = all. since_s: none older. after: only ids above: the next page.
    """
    with live.read() as connection:
        ids = None if devices is None else list(store.device_ids(connection, tenant, devices).values())
        rows = store.list_last(connection, tenant, ids, _e7(bbox), int(since_s * 1000), after, limit)
        return as_fixes(rows, store.device_names(connection, tenant, rows[:, DEVICE]))


def all_last_positions(live: Live, tenant: str, since_s: float) -> Iterator[Fixes]:
    """The newest kept fix of every device that was heard of since, in pages. Raises TooLarge over MOST_POSITIONS."""
    after = count = 0
    while len(fixes := last_positions(live, tenant, since_s=since_s, after=after, limit=MOST_FIXES)):
        count, after = count + len(fixes), int(fixes.device[-1])
        if count > MOST_POSITIONS:
            raise TooLarge(f"more than {MOST_POSITIONS:,} devices", hint="/v1/positions gives them page by page")
        yield fixes


def get_device(live: Live, tenant: str, device: str) -> tuple[float, Fixes]:
    """When a device was first heard of (unix seconds), and its newest kept fix, if any.

    Raises NotFound if the tenant has no such device.
    """
    with live.read() as connection:
        id_ = _get_device(connection, tenant, device)
        rows = store.list_last(connection, tenant, [id_], None, 0, 0, 1)
        return store.first_seen_ms(connection, tenant, id_) / 1000, as_fixes(rows, {id_: device})


def history(
    live: Live, tenant: str, device: str, begin_s: float, end_s: float, limit: int
) -> tuple[Fixes, float | None]:
    """A device's kept fixes from one time up to another, that excluded, by its own time; where the next page begins.

    Fixes of one time are on one page, unless there are more than fill it. Raises NotFound if the tenant has no such
    device.
    """
    with live.read() as connection:
        id_ = _get_device(connection, tenant, device)
        span = int(np.ceil(begin_s * 1000)), int(np.ceil(end_s * 1000))
        rows = store.list_history(connection, tenant, id_, *span, limit + 1)
    if len(rows) <= limit:
        return as_fixes(rows, {id_: device}), None
    following = rows[limit, TIME_MS]
    whole = rows[:limit][rows[:limit, TIME_MS] < following]
    if len(whole):
        return as_fixes(whole, {id_: device}), following / 1000
    return as_fixes(rows[:limit], {id_: device}), (following + 1) / 1000


def whole_history(live: Live, tenant: str, device: str, begin_s: float, end_s: float) -> Fixes:
    """As `history`, all of it. Raises TooLarge over MOST_OF_TRACK, too."""
    fixes, following = history(live, tenant, device, begin_s, end_s, MOST_OF_TRACK)
    if following is not None:
        raise TooLarge(f"more than {MOST_OF_TRACK:,} fixes", hint="ask for a shorter time")
    return fixes


def list_aside(live: Live, tenant: str, device: str, limit: int) -> Iterator[Aside]:
    """A device's fixes that are not believed, newest first. Raises NotFound if the tenant has no such device."""
    with live.read() as connection:
        found = store.list_quarantined(connection, tenant, _get_device(connection, tenant, device), limit)
    for time_ms, seq, reason, lon, lat, source, received_ms in found:
        yield Aside(time_ms / 1000, seq, REASONS[reason], (lon, lat), SOURCES[source], received_ms / 1000)


def erase_device(live: Live, tenant: str, device: str) -> int:
    """Removes a device and all of its fixes; how many there were. Raises NotFound if there is none."""
    with live.write(counted=False) as connection:
        store.lock_numbers(connection, tenant)
        return store_keeping.delete_device(connection, tenant, _get_device(connection, tenant, device))


def _get_device(connection: object, tenant: str, device: str) -> int:
    found = store.device_ids(connection, tenant, [device])
    if device not in found:
        raise NotFound(f"there is no device {device!r}", hint="GET /v1/devices lists them")
    return found[device]


def _e7(bbox: Bbox | None) -> tuple[int, int, int, int] | None:
    if bbox is None:
        return None
    west, south, east, north = bbox.as_tuple()
    low, high = np.floor, np.ceil
    return int(low(west * 1e7)), int(low(south * 1e7)), int(high(east * 1e7)), int(high(north * 1e7))
