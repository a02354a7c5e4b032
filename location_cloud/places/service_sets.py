"""The operator's own lists come and go: what the commands ask.

After each change the served snapshot gets its places anew and is published at once. The OpenStreetMap file is not
needed for it: what came of it is read back from the section (`writing.read_origin`), and all other sections are shared
with the snapshot before by hard links. At 1 M names that takes as long as the index of names does.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.areas.frame import read_frame
from location_cloud.capability import Built, Progress, Source
from location_cloud.errors import BadInput
from location_cloud.places.dataset import SECTION, rebuild
from location_cloud.places.model_own import Bad, RawRows
from location_cloud.places.own_columns import find_columns, parse_columns
from location_cloud.places.own_csv import read_csv
from location_cloud.places.own_geojson import read_geojson
from location_cloud.places.own_rows import OwnRows, Reading, read_rows
from location_cloud.places.sets import (
    FOLDER,
    SOURCE_PREFIX,
    OwnSet,
    check_set_name,
    list_set_names,
    load_set,
    load_sets,
    remove_set,
    save_set,
)
from location_cloud.places.store_gpkg import read_gpkg
from location_cloud.spatial.crs import Crs
from location_cloud.storage.build import replace_section
from location_cloud.storage.snapshot import Snapshot, Snapshots

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["SetWish", "Taken", "count_reasons", "forget_set", "keep_set", "list_sets"]
__all__ += ["parse_columns", "publish_sets", "read_file"]

TEXT_ENDINGS = (".csv", ".tsv", ".txt")
GEOJSON_ENDINGS = (".geojson", ".geojsonl", ".geojsons", ".json")


@dataclass(frozen=True)
class SetWish:
    """How a file is to be taken in.

    name: of the set, "" = the file's. columns: column by meaning (`own_columns`). kind, crs: as `own_rows.Reading`.
    encoding: of a text file, None = found out. layer: of a GeoPackage. licence, attribution, date: of the data.
    """

    name: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    crs: Crs = "wgs84"
    encoding: str | None = None
    layer: str | None = None
    licence: str = ""
    attribution: str = ""
    date: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of a file. set: as it is, or would be, kept. bad: rows left out. note: how the file was read.

    used: column by meaning. report: file that lists all rows left out, None = none or a dry run. snapshot: the new
    one, "" = nothing was published.
    """

    set: OwnSet
    bad: tuple[Bad, ...]
    what: str
    note: str
    used: dict[str, str]
    report: Path | None = None
    snapshot: str = ""


def read_file(path: Path, wish: SetWish, home: Path) -> Taken:
    """What a file would become; nothing is changed.

    Raises BadInput if it cannot be read, or no row of it is good.
    """
    name = check_set_name(wish.name or _set_name(path))
    raw = _raw(path, wish)
    used = find_columns(wish.columns, list(raw.columns))
    rows = read_rows(raw, Reading(used, wish.kind, wish.crs, _area_names(home)), name)
    own = OwnSet(name, _source(name, wish), path.name, rows.places, rows.houses, rows.posts)
    if not sum(own.counts.values()):
        raise BadInput(f"{path}: no row of it can be used; {_first(rows, raw.what)}")
    return Taken(own, tuple(rows.bad), raw.what, raw.note, used)


def keep_set(home: Path, taken: Taken) -> Path | None:
    """Keeps a set in place of the one of its name, and the list of what was left out; gives the file of that list."""
    save_set(home, taken.set)
    report = home / FOLDER / f"{taken.set.name}.bad.csv"
    if not taken.bad:
        report.unlink(missing_ok=True)
        return None
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow((taken.what, "why it was left out"))
    writer.writerows((bad.number, bad.why) for bad in taken.bad)
    hidden = report.with_name(f".{report.name}")
    hidden.write_text(out.getvalue(), encoding="utf-8-sig")  # with the mark by which Excel knows UTF-8
    hidden.replace(report)
    return report


def publish_sets(home: Path, progress: Progress, clock: Callable[[], datetime], keep: int = 3) -> Snapshot | None:
    """The served snapshot with the sets as they are now; None where nothing is imported yet.

    Raises BadInput while another import runs, or if the snapshot was built by a version that kept too little.
    """
    if Snapshots(home).current_id() is None:
        return None
    sets = load_sets(home)

    def build(old: Snapshot, folder: Path) -> Built:
        return rebuild(old.folder / SECTION.name, old.section(AREAS), sets, folder, progress)

    return replace_section(home, SECTION, build, _is_own, progress, clock, keep)


def list_sets(home: Path) -> list[OwnSet]:
    """All sets by name."""
    return [load_set(home, name) for name in list_set_names(home)]


def forget_set(home: Path, name: str) -> None:
    """Removes a set and its list of rows left out. Raises BadInput if there is none of that name."""
    remove_set(home, name)
    (home / FOLDER / f"{name}.bad.csv").unlink(missing_ok=True)


def count_reasons(bad: Sequence[Bad]) -> list[tuple[str, int]]:
    """How often each kind of fault occurs, the most frequent first; numbers and texts in them count as one."""
    counts: dict[str, int] = {}
    for each in bad:
        reason = re.sub(r"'[^']*'|-?\d+(?:\.\d+)?", "…", each.why)
        counts[reason] = counts.get(reason, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _raw(path: Path, wish: SetWish) -> RawRows:
    if not path.is_file():
        raise BadInput(f"{path}: no such file")
    ending = path.suffix.lower()
    try:
        if ending in TEXT_ENDINGS:
            return read_csv(path, wish.encoding, wish.columns.values())
        if ending in GEOJSON_ENDINGS:
            return read_geojson(path)
        if ending == ".gpkg":
            return read_gpkg(path, wish.layer)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from error
    known = ", ".join((*TEXT_ENDINGS, *GEOJSON_ENDINGS, ".gpkg"))
    raise BadInput(f"{path}: unknown kind of file; its name must end in one of {known}")


def _set_name(path: Path) -> str:
    return re.sub(r"[^\w.-]+", "-", path.stem).strip("-.")[:64] or "places"


def _source(name: str, wish: SetWish) -> Source:
    return Source(f"{SOURCE_PREFIX}{name}", wish.licence, wish.attribution, wish.date)


def _is_own(source: Source) -> bool:
    return source.name.startswith(SOURCE_PREFIX)


def _area_names(home: Path) -> frozenset[str]:
    """Names that an address may begin with: of the served areas, else of the shipped ones."""
    snapshots = Snapshots(home)
    current = snapshots.current_id()
    if current is None:
        return frozenset(row.name for row in read_frame())
    return frozenset(snapshots.open(current).section(AREAS).name.as_list())


def _first(rows: OwnRows, what: str) -> str:
    if not rows.bad:
        return "it has none"
    return f"{what} {rows.bad[0].number}: {rows.bad[0].why}"
