"""The snapshot section "areas": the tree of administrative areas, their boundaries and their positions."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from location_cloud.areas.boundaries import OSM, join_boundaries, read_boundaries
from location_cloud.areas.frame import DIVISION, POLYGONS, frame_sources, read_frame, read_sources
from location_cloud.areas.model import LEVELS, POSITIONS, AreaRow
from location_cloud.areas.texts import Texts, load_array, load_texts, pack_texts, save_texts
from location_cloud.capability import Built, Import, Section, Source
from location_cloud.errors import BadInput

__all__ = ["SECTION", "Areas", "Texts", "load_array", "load_texts", "pack_texts", "save_texts"]

_ARRAYS = ("level", "rank", "admin_level", "parent", "child_start", "child", "lonlat", "accuracy_m", "position")
_TEXTS = ("code", "name", "name_en", "source", "osm", "wkb")


@dataclass(frozen=True)
class Areas:
    """All areas of a snapshot as columns, n rows, parents before children within the shipped tree.

    code, name, name_en, source, osm: texts; "" = unknown. level: int8 into LEVELS. rank: int8, depth as an OSM
    admin_level. admin_level: int8, 0 = not from OSM. parent: int32 row, -1 = none.
    child_start, child: CSR of int32 rows. lonlat: (n, 2) degrees, WGS-84. accuracy_m: float32 radius that holds
    the area. position: int8 into POSITIONS. wkb, wkb_start: boundary as WKB, empty = no open boundary.
    """

    code: Texts
    name: Texts
    name_en: Texts
    source: Texts
    osm: Texts
    level: NDArray[np.int8]
    rank: NDArray[np.int8]
    admin_level: NDArray[np.int8]
    parent: NDArray[np.int32]
    child_start: NDArray[np.int32]
    child: NDArray[np.int32]
    lonlat: NDArray[np.float64]
    accuracy_m: NDArray[np.float32]
    position: NDArray[np.int8]
    wkb: NDArray[np.uint8]
    wkb_start: NDArray[np.int64]
    within: dict[str, list[str]]
    sources: dict[str, dict[str, str]]

    def __len__(self) -> int:
        return len(self.level)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each code."""
        return {code: row for row, code in enumerate(self.code.as_list())}

    @cached_property
    def rows_by_name(self) -> list[tuple[str, int]]:
        """(case-folded name, row), sorted, with both the name and the English one."""
        names = [(name.casefold(), row) for row, name in enumerate(self.name.as_list())]
        names += [(name.casefold(), row) for row, name in enumerate(self.name_en.as_list()) if name]
        return sorted(names)

    @cached_property
    def bounded(self) -> NDArray[np.int64]:
        """Rows that have a boundary."""
        return np.flatnonzero(np.diff(self.wkb_start) > 0)

    @cached_property
    def shapes(self) -> NDArray[np.object_]:
        """Prepared polygons of the `bounded` rows; read from the file at the first question that needs them."""
        parts = [self.wkb[self.wkb_start[row] : self.wkb_start[row + 1]].tobytes() for row in self.bounded]
        shapes: NDArray[np.object_] = np.asarray(shapely.from_wkb(np.array(parts, object)), object)
        shapely.prepare(shapes)
        return shapes

    @cached_property
    def depth_order(self) -> NDArray[np.int64]:
        """Positions in `bounded`, the deepest and smallest areas first."""
        return np.lexsort((shapely.area(self.shapes), -self.rank[self.bounded].astype(np.int64)))

    def find_deepest(self, lonlat: NDArray[np.float64]) -> NDArray[np.int32]:
        """Row of the deepest bounded area at each point, -1 where there is none.

        lonlat: (n, 2) degrees, WGS-84. A point on a boundary belongs to both sides; the first in `depth_order`
        is given.
        """
        found = np.full(len(lonlat), -1, np.int32)
        if not len(self.bounded):
            return found
        bounds = self.shape_bounds
        open_points = np.arange(len(lonlat))
        for place in self.depth_order:
            if not len(open_points):
                break
            west, south, east, north = bounds[place]
            x, y = lonlat[open_points, 0], lonlat[open_points, 1]
            near = open_points[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
            inside = near[shapely.intersects_xy(self.shapes[place], lonlat[near, 0], lonlat[near, 1])]
            found[inside] = self.bounded[place]
            open_points = open_points[found[open_points] < 0]
        return found

    def find_deepest_at(self, lonlat: tuple[float, float]) -> int:
        """Row of the deepest bounded area at one point, -1 where there is none."""
        if not len(self.bounded):
            return -1
        west, south, east, north = self.shape_bounds[self.depth_order].T
        lon, lat = lonlat
        near = self.depth_order[(lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)]
        for place in near:
            if shapely.intersects_xy(self.shapes[place], lon, lat):
                return int(self.bounded[place])
        return -1

    @cached_property
    def shape_bounds(self) -> NDArray[np.float64]:
        """(len(bounded), 4) west, south, east, north."""
        bounds: NDArray[np.float64] = shapely.bounds(self.shapes)
        return bounds

    def ancestors(self, row: int) -> list[int]:
        """The row's parents, nearest first."""
        chain = []
        while (row := int(self.parent[row])) >= 0:
            chain.append(row)
        return chain

    def children(self, row: int) -> NDArray[np.int32]:
        """Rows directly below."""
        return self.child[self.child_start[row] : self.child_start[row + 1]]

    def geometry(self, row: int) -> Any:
        """The row's boundary as a shapely geometry, or None."""
        part = self.wkb[self.wkb_start[row] : self.wkb_start[row + 1]]
        return shapely.from_wkb(part.tobytes()) if len(part) else None

    def rows_with_prefix(self, prefix: str) -> list[int]:
        """Rows whose name or English name begins so, sorted by name, each once."""
        folded = prefix.casefold()
        start = bisect_left(self.rows_by_name, (folded, -1))
        rows: dict[int, None] = {}
        for name, row in self.rows_by_name[start:]:
            if not name.startswith(folded):
                break
            rows[row] = None
        return list(rows)


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
