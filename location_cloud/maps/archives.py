"""Archives of tiles that the operator imported: opened once a process, mapped, and served as they are.

They lie in the home below `archives`: `sets.json` names the folder of each; a folder never changes once it is named
there. Whoever looks compares one `stat` with what it saw before, so every worker serves a new archive at once.
"""

from __future__ import annotations

import logging
import mmap
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.arrays import load_array, save_arrays
from location_cloud.capability import Cache
from location_cloud.errors import BadInput
from location_cloud.maps.archive_cover import within
from location_cloud.tile_sets import Box, Form, Tile, TileAt, TileSet, VectorLayer, always_at_hand
from tiles.pmtiles import FIRST_ID, Directory, Integers, tile_id

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

FOLDER, REGISTER = "archives", "sets.json"
TILES, ABOUT = "tiles.pmtiles", "about.json"

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class About:
    """What is said of an archive, as it stands in its `about.json`.

    layers: name, fields, min_zoom and max_zoom of each, as `tile_sets.VectorLayer` has them.
    center: longitude, latitude, zoom. tiles: how many it has; size: bytes of the file; source: the file's name.
    """

    title: str
    form: Form
    is_packed: bool
    min_zoom: int
    max_zoom: int
    bounds: Box | None
    center: tuple[float, float, int] | None
    attribution: str
    description: str
    layers: tuple[tuple[str, dict[str, str], int, int], ...]
    tile_px: int
    scope: str
    tiles: int
    size: int
    source: str

    def as_json(self) -> bytes:
        """The text of the file."""
        return orjson.dumps(self.__dict__)


def load_about(folder: Path) -> About:
    """What an archive's folder says of it. Raises OSError, ValueError, TypeError if that cannot be read."""
    found: dict[str, Any] = orjson.loads((folder / ABOUT).read_bytes())
    west_south_east_north = found.pop("bounds")
    center = found.pop("center")
    layers = tuple((name, fields, lowest, highest) for name, fields, lowest, highest in found.pop("layers"))
    bounds = tuple(west_south_east_north) if west_south_east_north else None
    return About(**found, bounds=bounds, center=tuple(center) if center else None, layers=layers)


class Archive:
    """The tiles of one folder, mapped read-only; threads may share it. 5 us a tile.

    The file's directories were expanded at the import, so that workers share one mapped copy of them.
    """

    def __init__(self, folder: Path) -> None:
        """Raises OSError or ValueError if the folder is not whole."""
        self.about = load_about(folder)
        with (folder / TILES).open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        names = (*Directory._fields, "hashes")
        self._ids, self._runs, self._lengths, self._offsets, self._hashes = (load_array(folder, each) for each in names)
        self._encoding = "gzip" if self.about.is_packed else ""

    def read(self, at: TileAt) -> Tile | None:
        """The stored bytes of a tile, None where there is none. Its ETag is a hash of them, made at the import."""
        number = tile_id(at.z, at.x, at.y)
        row = int(self._ids.searchsorted(number, "right")) - 1
        if row < 0 or number - int(self._ids[row]) >= self._runs[row]:
            return None
        begin = int(self._offsets[row])
        return Tile(self._data[begin : begin + int(self._lengths[row])], f"{self._hashes[row]:016x}", self._encoding)

    def numbers(self, z: int, box: Box | None, area: BaseGeometry | None) -> Integers:
        """The numbers of the tiles that it has at a zoom, rising. box: degrees, area: WGS-84; None = everywhere."""
        begin, end = self._ids.searchsorted(FIRST_ID[z : z + 2])
        begin = max(int(begin) - 1, 0)  # a run may begin at the zoom before
        runs = self._runs[begin:end]
        found = np.repeat(self._ids[begin:end] - np.cumsum(runs) + runs, runs) + np.arange(int(runs.sum()))
        return within(found[(found >= FIRST_ID[z]) & (found < FIRST_ID[z + 1])], box, area)


def save_directory(folder: Path, entries: Directory, hashes: NDArray[np.uint64]) -> None:
    """Writes what `Archive` reads beside the file. Offsets are those from the beginning of the file."""
    save_arrays(folder, {**entries._asdict(), "hashes": hashes})


# --- which there are ------------------------------------------------------------------------------


def read_register(home: Path) -> dict[str, str]:
    """The folder of each archive below `archives`, by the archive's name. Raises BadInput for a damaged register."""
    register = home / FOLDER / REGISTER
    try:
        found = orjson.loads(register.read_bytes())
    except FileNotFoundError:
        return {}
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(folder, str) for folder in found.values()):
        raise BadInput(f"{register} is damaged; remove that file, then add the archives again")
    return found


def offered(home: Path) -> Mapping[str, TileSet]:
    """The tile sets of all archives in the home by name, as they are at this moment; 2 us if nothing changed."""
    return _shelf(home).sets()


class Shelf:
    """The archives of one home that this process has open."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._register = home / FOLDER / REGISTER
        self._lock = threading.Lock()
        self._seen: tuple[int, ...] = ()
        self._open: dict[str, tuple[str, TileSet]] = {}
        self._sets: Mapping[str, TileSet] = MappingProxyType({})

    def sets(self) -> Mapping[str, TileSet]:
        """The archives' tile sets, opened anew if the register was replaced."""
        if self._stamp() != self._seen:
            with self._lock:
                self._refresh()
        return self._sets

    def _stamp(self) -> tuple[int, ...]:
        try:
            found = os.stat(self._register)
        except FileNotFoundError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _refresh(self) -> None:
        """Opens what the register names; again if it was replaced meanwhile, as a folder may be gone by then."""
        while (stamp := self._stamp()) != self._seen:
            opened: dict[str, tuple[str, TileSet]] = {}
            try:
                register = read_register(self._home)
            except BadInput as error:
                LOG.error("no new archive is served: %s", error)
                register = {name: folder for name, (folder, _) in self._open.items()}
            for name, folder in register.items():
                known = self._open.get(name)
                if known is not None and known[0] == folder:
                    opened[name] = known
                    continue
                try:
                    opened[name] = folder, _as_set(name, Archive(self._home / FOLDER / folder))
                except (OSError, ValueError, TypeError, KeyError) as error:
                    if self._stamp() == stamp:
                        LOG.error("archive %s is not served: %s", name, error)
            self._open = opened
            self._sets = MappingProxyType({name: tile_set for name, (_, tile_set) in opened.items()})
            self._seen = stamp


@cache
def _shelf(home: Path) -> Shelf:
    return Shelf(home)


def _as_set(name: str, archive: Archive) -> TileSet:
    about = archive.about
    extra: dict[str, object] = {"description": about.description} if about.description else {}
    if about.center is not None:
        extra["center"] = list(about.center)
    return TileSet(
        name=name,
        title={"zh-CN": about.title, "en": about.title},
        forms=(about.form,),
        read=archive.read,
        numbers=archive.numbers,
        min_zoom=about.min_zoom,
        max_zoom=about.max_zoom,
        bounds=about.bounds,
        attribution=about.attribution,
        layers=tuple(VectorLayer(*layer) for layer in about.layers),
        tile_px=about.tile_px,
        at_hand=always_at_hand(archive.read),
        cache=Cache.BRIEF,
        scope=about.scope,
        extra=extra,
    )
