"""Building a snapshot: under a hidden name, checked, synced, renamed, and only then pointed at."""

from __future__ import annotations

import contextlib
import errno
import graphlib
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from location_cloud import __version__
from location_cloud.capability import Built, Import, MapLayer, Progress, Section, Source
from location_cloud.errors import BadInput, Full, NotReady
from location_cloud.storage.disk import Disk
from location_cloud.storage.memory import give_back_large_arrays, rare_collections
from location_cloud.storage.publish import make_home, only_publisher, point_to, write_durably
from location_cloud.storage.snapshot import (
    IMPORT_HINT,
    FileRecord,
    Manifest,
    Snapshot,
    Snapshots,
    hash_file,
    list_files,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from location_cloud.extract import OsmExtract

ID_TIME = "%Y%m%dT%H%M%S"
BUILDING, REMOVED = ".building-", ".removed-"
"""Prefixes of folders that no reader looks at: half built, half removed."""

PROBE_BYTES = 1 << 20
"""What a disk must take to count as having room: far more than the rest of a block that a failed write leaves."""

log = logging.getLogger(__name__)


class BadSections(ValueError):
    """The sections cannot be put into an order: one needs a section that is not there, or they need each other."""


def build_snapshot(
    home: Path,
    name: str,
    osm: OsmExtract,
    osm_sources: tuple[Source, ...],
    clip: BaseGeometry | None,
    sections: Sequence[Section[Any]],
    layers: tuple[MapLayer, ...],
    progress: Progress,
    clock: Callable[[], datetime],
    keep: int = 3,
    disk: Disk | None = None,
) -> Snapshot:
    """The new current snapshot, built from an extract by every section.

    Whatever interrupts it, the pointer names either the old snapshot or this one, complete and durable.
    name: what the data is called, for the manifest. clock: the time, with zone.
    keep: so many snapshots stay, the current one among them; older ones are removed.
    disk: the file system; only a test gives another.

    Raises BadInput if another import runs in this home, or a section finds its own files contradictory or cannot
    answer from them, BadSections, Full if the disk takes no more, OSError if it fails otherwise.
    """
    give_back_large_arrays()
    ordered = order_sections(sections)
    disk = disk or Disk()
    with _publishing(home) as snapshots:
        _remove_leftovers(snapshots.folder, disk)
        return _build(snapshots, name, osm, osm_sources, clip, ordered, layers, progress, clock(), keep, disk)


def replace_section(
    home: Path,
    section: Section[Any],
    build: Callable[[Snapshot, Path], Built],
    is_replaced: Callable[[Source], bool],
    progress: Progress,
    clock: Callable[[], datetime],
    keep: int = 3,
    disk: Disk | None = None,
) -> Snapshot:
    """The new current snapshot: the served one with one section built anew; its other files are shared, not copied.

    build: (served snapshot, empty folder) -> what the section is now. is_replaced: sources that the old one had of
    its own. The rest is as in `build_snapshot`; raises NotReady where nothing is served yet.
    """
    disk = disk or Disk()
    with _publishing(home) as snapshots:
        _remove_leftovers(snapshots.folder, disk)
        current = snapshots.current_id()
        if current is None:
            raise NotReady("no data is imported yet", hint=IMPORT_HINT)
        old = snapshots.open(current)
        time = _id_time(clock(), snapshots.list_snapshots())
        hidden = snapshots.folder / f"{BUILDING}{time}-{os.getpid()}"
        disk.make_folder(hidden)
        try:
            kept = {path: file for path, file in old.manifest.files.items() if path.split("/")[0] != section.name}
            for path in kept:
                (hidden / path).parent.mkdir(parents=True, exist_ok=True)
                _share(old.folder / path, hidden / path)
            progress.step(f"build {section.name}")
            disk.make_folder(folder := hidden / section.name)
            built = build(old, folder)
            section.check(folder)
            _ask_section(section, folder, progress)
            new = {f"{section.name}/{path}": file for path, file in _seal_files(folder, progress, disk).items()}
            files = dict(sorted({**kept, **new}.items()))
            sources = [source for source in old.manifest.sources if not is_replaced(source)]
            sources += [source for source in built.sources if source not in sources]
            manifest = replace(
                old.manifest,
                id=f"{time}-{_content_hash(files)}",
                created=clock().astimezone(UTC),
                builder=__version__,
                sources=tuple(sources),
                sections={**old.manifest.sections, section.name: dict(built.counts)},
                files=files,
            )
            write_durably(hidden / "manifest.json", manifest.as_json(), disk)
            for inner in sorted(path for path in hidden.rglob("*") if path.is_dir()):
                disk.sync_folder(inner)
            disk.sync_folder(hidden)
            disk.rename(hidden, snapshots.folder / manifest.id)
        except BaseException:
            with contextlib.suppress(OSError):
                disk.remove_tree(hidden)
            raise
        point_to(snapshots.home, manifest.id, disk)
        _prune(snapshots, manifest.id, keep, disk)
        return snapshots.open(manifest.id)


def _share(old: Path, new: Path) -> None:
    """The same file under a second name; a copy where the file system has no hard links."""
    try:
        os.link(old, new)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV):
            raise
        shutil.copyfile(old, new)


def check_home(home: Path) -> None:
    """Raises at once what `build_snapshot` would raise of this home after all the reading; makes it if it is absent.

    BadInput if another import runs there, Full if the disk takes no more, OSError if it cannot be written.
    """
    with _publishing(home) as snapshots, tempfile.TemporaryFile(dir=snapshots.folder) as probe:
        probe.write(bytes(PROBE_BYTES))


@contextlib.contextmanager
def _publishing(home: Path) -> Iterator[Snapshots]:
    """The home's snapshots, while nobody else may publish; a full disk is named as such."""
    snapshots = Snapshots(home)
    try:
        make_home(home)
        snapshots.folder.mkdir(exist_ok=True)
        with only_publisher(home):
            yield snapshots
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Full(
                f"no room left below {home}: {error}",
                hint="free some space or set LOCATION_CLOUD_HOME to a larger disk; the old snapshot is still served",
            ) from error
        raise


def order_sections(sections: Sequence[Section[Any]]) -> tuple[Section[Any], ...]:
    """The sections in an order in which each comes after all it needs; "*" needs every section without "*".

    Raises BadSections on an unknown need, a name twice, or a circle.
    """
    by_name = {section.name: section for section in sections}
    if len(by_name) < len(sections):
        raise BadSections(f"two sections have one name: {', '.join(sorted(s.name for s in sections))}")
    early = [section.name for section in sections if "*" not in section.needs]
    needs = {
        section.name: [*early, *(n for n in section.needs if n != "*")] if "*" in section.needs else section.needs
        for section in sections
    }
    for section in sections:
        for need in needs[section.name]:
            if need not in by_name:
                raise BadSections(f"section {section.name!r} needs {need!r}, which no capability builds")
    try:
        return tuple(by_name[name] for name in graphlib.TopologicalSorter(needs).static_order())
    except graphlib.CycleError as error:
        raise BadSections(f"sections need each other in a circle: {' -> '.join(error.args[1])}") from error


def _build(
    snapshots: Snapshots,
    name: str,
    osm: OsmExtract,
    osm_sources: tuple[Source, ...],
    clip: BaseGeometry | None,
    sections: tuple[Section[Any], ...],
    layers: tuple[MapLayer, ...],
    progress: Progress,
    now: datetime,
    keep: int,
    disk: Disk,
) -> Snapshot:
    time = _id_time(now, snapshots.list_snapshots())
    hidden = snapshots.folder / f"{BUILDING}{time}-{os.getpid()}"
    disk.make_folder(hidden)
    try:
        work = Import(name, osm, osm_sources, hidden, clip, layers, progress, snapshots.home)
        sources, counts = list(osm_sources), {}
        for section in sections:
            progress.step(f"build {section.name}")
            built = _build_section(section, work, disk)
            _ask_section(section, hidden / section.name, progress)
            counts[section.name] = {counted: int(count) for counted, count in built.counts.items()}
            sources += [source for source in built.sources if source not in sources]
        files = _seal_files(hidden, progress, disk)
        manifest = Manifest(
            id=f"{time}-{_content_hash(files)}",
            name=name,
            created=now.astimezone(UTC),
            builder=__version__,
            sources=tuple(sources),
            sections=counts,
            files=files,
            bounds=_bounds(osm, clip),
        )
        write_durably(hidden / "manifest.json", manifest.as_json(), disk)
        disk.sync_folder(hidden)
        disk.rename(hidden, snapshots.folder / manifest.id)
    except BaseException:
        # Also on Ctrl-C. If even this fails, the next import removes the folder.
        with contextlib.suppress(OSError):
            disk.remove_tree(hidden)
        raise
    point_to(snapshots.home, manifest.id, disk)
    _prune(snapshots, manifest.id, keep, disk)
    return snapshots.open(manifest.id)


def _build_section(section: Section[Any], work: Import, disk: Disk) -> Built:
    folder = work.folder / section.name
    disk.make_folder(folder)
    try:
        with rare_collections():
            built = section.build(work, folder)
    except OSError as error:
        if error.errno is None:  # NumPy's, of a write that ended early
            _probe(folder / ".probe", disk)
            raise OSError(f"section {section.name!r} could not be written: {error}") from error
        raise
    section.check(folder)
    return built


def _ask_section(section: Section[Any], folder: Path, progress: Progress) -> None:
    """One typical question to the section as built; it also leaves compiled code on the disk for the web workers.

    Raises BadInput if the section does not answer.
    """
    try:
        loaded = section.load(folder)
        if section.warm is not None:
            progress.step(f"warm up {section.name}")
            section.warm(loaded)
    except (ValueError, LookupError, TypeError, ArithmeticError, EOFError) as error:
        raise BadInput(
            f"section {section.name!r} does not answer from these files: {error}; what was served is still served"
        ) from error


def _probe(file: Path, disk: Disk) -> None:
    """Write and remove a file; raises the OSError, with its number, of a disk that takes no more."""
    disk.write(file, bytes(PROBE_BYTES))
    file.unlink()


def _seal_files(folder: Path, progress: Progress, disk: Disk) -> dict[str, FileRecord]:
    """Make everything below the folder durable, and give size and hash of each file."""
    files, paths = {}, list_files(folder)
    progress.step("hash and sync", len(paths))
    for path in paths:
        files[path] = hash_file(folder / path)
        disk.sync_file(folder / path)
        progress.advance()
    for inner in sorted(path for path in folder.rglob("*") if path.is_dir()):
        disk.sync_folder(inner)
    return files


def _prune(snapshots: Snapshots, current: str, keep: int, disk: Disk) -> None:
    """Remove all but the newest snapshots.

    A web worker that still maps one loses nothing: Linux keeps unlinked files while they are mapped.
    """
    older = [snapshot_id for snapshot_id in snapshots.list_snapshots() if snapshot_id != current]
    for snapshot_id in older[: max(0, len(older) - (keep - 1))]:
        hidden = snapshots.folder / f"{REMOVED}{snapshot_id}"
        try:
            disk.rename(snapshots.folder / snapshot_id, hidden)  # at once, so that no reader finds half of it
            disk.remove_tree(hidden)
        except OSError as error:  # the import itself has succeeded; the next one tries again
            log.warning("old snapshot %s could not be removed: %s", snapshot_id, error)


def _remove_leftovers(folder: Path, disk: Disk) -> None:
    for entry in folder.iterdir():
        if entry.name.startswith((BUILDING, REMOVED)):
            disk.remove_tree(entry)


def _id_time(now: datetime, existing: tuple[str, ...]) -> str:
    """The time part of a new id: now, but after every existing snapshot even if the clock was set back."""
    time = now.astimezone(UTC).strftime(ID_TIME)
    if existing and time <= (newest := existing[-1].partition("-")[0]):
        time = (datetime.strptime(newest, ID_TIME) + timedelta(seconds=1)).strftime(ID_TIME)
    return time


def _content_hash(files: Mapping[str, FileRecord]) -> str:
    lines = "".join(f"{record.sha256} {path}\n" for path, record in files.items())
    return hashlib.sha256(lines.encode()).hexdigest()[:6]


def _bounds(osm: OsmExtract, clip: BaseGeometry | None) -> tuple[float, float, float, float] | None:
    """Where the data lies: the box of the nodes, cut to the box of the clip (kept ways reach beyond it)."""
    if osm.nodes.id.size == 0:
        return None
    west, south = (osm.nodes.lonlat_e7.min(axis=0) / 1e7).tolist()
    east, north = (osm.nodes.lonlat_e7.max(axis=0) / 1e7).tolist()
    if clip is not None:
        clip_west, clip_south, clip_east, clip_north = clip.bounds
        west, south = max(west, clip_west), max(south, clip_south)
        east, north = min(east, clip_east), min(north, clip_north)
    return west, south, east, north
