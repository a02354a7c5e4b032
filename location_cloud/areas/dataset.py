"""The snapshot section "areas": the tree of administrative areas, their boundaries and their positions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from location_cloud.areas.boundaries import OSM, join_boundaries, read_boundaries
from location_cloud.areas.frame import DIVISION, POLYGONS, frame_sources, read_frame, read_sources
from location_cloud.areas.model import LEVELS, POSITIONS, AreaRow, Areas
from location_cloud.arrays import load_array, load_texts, save_texts
from location_cloud.capability import Built, Import, Section, Source
from location_cloud.errors import BadInput

_ARRAYS = ("level", "rank", "admin_level", "parent", "child_start", "child", "lonlat", "accuracy_m", "position")
_TEXTS = ("code", "name", "name_en", "source", "osm", "wkb")


def build(import_: Import, folder: Path) -> Built:
    """Writes the tree of Daqing and of the import's administrative boundaries below the folder."""
    import_.progress.step("areas")
    rows = join_boundaries(read_frame(), read_boundaries(import_.osm.areas))
    sources = read_sources()
    licences = "; ".join(dict.fromkeys(source.licence for source in import_.osm_sources if source.licence))
    sources[OSM] = {
        "title": "Administrative boundaries of the imported OpenStreetMap data",
        "licence": licences or "ODbL 1.0",
        "attribution": "© OpenStreetMap contributors",
        "note": "Boundaries as volunteers drew them, not legal ones.",
    }
    _write(rows, {key: sources[key] for key in (POLYGONS, DIVISION, OSM)}, folder)
    levels = [row.level for row in rows]
    counts = {level: levels.count(level) for level in LEVELS if level in levels}
    counts["with_boundary"] = sum(row.geometry is not None for row in rows)
    used: tuple[Source, ...] = frame_sources()
    if any(row.osm for row in rows):
        used += import_.osm_sources
    return Built({"areas": len(rows), **counts}, used)


def _write(rows: list[AreaRow], sources: dict[str, dict[str, str]], folder: Path) -> None:
    row_of = {row.code: index for index, row in enumerate(rows)}
    parent = np.array([row_of.get(row.parent, -1) for row in rows], np.int32)
    child = np.argsort(parent, kind="stable").astype(np.int32)[np.count_nonzero(parent < 0) :]
    child_start = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(np.bincount(parent[parent >= 0], minlength=len(rows)), out=child_start[1:])
    np.save(folder / "parent.npy", parent)
    np.save(folder / "child.npy", child)
    np.save(folder / "child_start.npy", child_start)
    np.save(folder / "level.npy", np.array([LEVELS.index(row.level) for row in rows], np.int8))
    np.save(folder / "rank.npy", np.array([row.rank for row in rows], np.int8))
    np.save(folder / "admin_level.npy", np.array([row.admin_level for row in rows], np.int8))
    np.save(folder / "position.npy", np.array([POSITIONS.index(row.position) for row in rows], np.int8))
    np.save(folder / "lonlat.npy", np.array([row.lonlat or (np.nan, np.nan) for row in rows], np.float64))
    np.save(folder / "accuracy_m.npy", np.array([row.accuracy_m for row in rows], np.float32))
    for name in ("code", "name", "name_en", "source", "osm"):
        save_texts(folder, name, [getattr(row, name) for row in rows])
    parts = [b"" if row.geometry is None else shapely.to_wkb(row.geometry) for row in rows]
    np.save(folder / "wkb.npy", np.frombuffer(b"".join(parts), np.uint8))
    np.save(folder / "wkb_start.npy", np.concatenate(([0], np.cumsum([len(part) for part in parts], dtype=np.int64))))
    within = {row.code: list(row.within) for row in rows if row.within}
    (folder / "areas.json").write_bytes(orjson.dumps({"within": within, "sources": sources}))


def load(folder: Path) -> Areas:
    """The section as `build` wrote it, mapped read-only."""
    meta = orjson.loads((folder / "areas.json").read_bytes())
    columns: dict[str, Any] = {name: load_array(folder, name) for name in _ARRAYS}
    columns.update((name, load_texts(folder, name)) for name in _TEXTS if name != "wkb")
    return Areas(
        **columns,
        wkb=load_array(folder, "wkb"),
        wkb_start=load_array(folder, "wkb_start"),
        within=meta["within"],
        sources=meta["sources"],
    )


def check(folder: Path) -> None:
    """Raises BadInput if columns differ in length, a parent does not exist, or a parent chain is a circle."""
    areas = load(folder)
    n = len(areas)
    lengths = {len(areas.code), len(areas.name), len(areas.parent), len(areas.lonlat), len(areas.wkb_start) - 1}
    if lengths != {n}:
        raise BadInput(f"{folder}: columns of areas have different lengths {sorted(lengths | {n})}; import again")
    if n and not -1 <= int(areas.parent.min()) <= int(areas.parent.max()) < n:
        raise BadInput(f"{folder}: a parent row is outside 0..{n - 1}; import again")
    above = areas.parent.astype(np.int64)
    for _ in range(n.bit_length()):
        above = np.where(above >= 0, above[above], -1)
    if (above >= 0).any():
        raise BadInput(f"{folder}: area {areas.code[int(np.argmax(above >= 0))]} is its own ancestor; import again")
    if len(areas.row_of) != n:
        raise BadInput(f"{folder}: {n - len(areas.row_of)} area codes occur twice; import again")


SECTION: Section[Areas] = Section("areas", build, check, load)
