"""An operator's own lists of places, wells, addresses and kilometre posts: one file each, kept for every snapshot.

They lie in the installation's folder and not in the snapshot, since a snapshot is built anew from OpenStreetMap and
would forget them. Each snapshot takes them in as it is built; all tenants see them, as they see the city's streets.
"""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from location_cloud.capability import Source
from location_cloud.errors import BadInput
from location_cloud.places.model_table import HouseTable, PlaceTable, PostTable
from location_cloud.places.packing import load_tables, save_tables, unpack_table

FOLDER, ENDING = "places", ".places"

SOURCE_PREFIX = "places: "
"""Begins the name of a set's source in the manifest."""

MOST_SETS = 200
"""So many sets may be kept; their numbers are int16, and each costs a place in the manifest."""

MOST_NAME_BYTES = 200
"""Of a set's name as UTF-8: a file's name has 255 with what is put around it."""

_NAME = re.compile(r"[\w][\w.-]{0,63}")


@dataclass(frozen=True)
class OwnSet:
    """One imported list. name: of the set. source: whom it is from. file: what it was read from."""

    name: str
    source: Source
    file: str
    places: PlaceTable
    houses: HouseTable
    posts: PostTable

    @property
    def counts(self) -> dict[str, int]:
        """How many of each it holds."""
        return {"places": len(self.places), "addresses": len(self.houses), "kilometre_posts": len(self.posts)}


def check_set_name(name: str) -> str:
    """The name of a set. Raises BadInput if it cannot be one."""
    if not _NAME.fullmatch(name) or len(name.encode()) > MOST_NAME_BYTES:
        raise BadInput(f"--name {name[:80]!r}: 1 to 64 letters, digits, '.', '-' or '_', the first no '.' or '-'")
    return name


def save_set(home: Path, own: OwnSet) -> Path:
    """Keeps a set in place of the one of its name; a reader sees the old one or the new one, never a part.

    Raises BadInput if there are too many.
    """
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / f"{check_set_name(own.name)}{ENDING}"
    if not file.exists() and len(list_set_names(home)) >= MOST_SETS:
        raise BadInput(f"there are {MOST_SETS} sets already; remove one: location-cloud places remove SET")
    for left in folder.glob(f".{own.name}~[0-9]*"):  # of an import that was killed
        if not Path("/proc", left.name.rpartition("~")[2]).exists():
            left.unlink(missing_ok=True)
    hidden = folder / f".{own.name}~{os.getpid()}"
    try:
        tables = {"places": own.places, "houses": own.houses, "posts": own.posts}
        save_tables(hidden, tables, {"source": asdict(own.source), "file": own.file})
        _sync(hidden)
        hidden.replace(file)
        _sync(folder)
    finally:
        hidden.unlink(missing_ok=True)
    return file


def list_set_names(home: Path) -> list[str]:
    """The names of all sets, in order."""
    return sorted(file.name.removesuffix(ENDING) for file in (home / FOLDER).glob(f"[!.]*{ENDING}"))


def load_set(home: Path, name: str) -> OwnSet:
    """A kept set. Raises BadInput if there is none of that name, or it is damaged."""
    arrays, about = load_tables(_file(home, name))
    return OwnSet(
        name,
        Source(**about["source"]),
        about["file"],
        unpack_table(PlaceTable, arrays, "places"),
        unpack_table(HouseTable, arrays, "houses"),
        unpack_table(PostTable, arrays, "posts"),
    )


def load_sets(home: Path | None) -> list[OwnSet]:
    """All sets in the order of their names, their rows marked with 1, 2 ... in that order."""
    names = list_set_names(home) if home is not None else []
    return [_numbered(load_set(home, name), number) for number, name in enumerate(names, 1) if home is not None]


def remove_set(home: Path, name: str) -> None:
    """Forgets a set. Raises BadInput if there is none of that name."""
    _file(home, name).unlink()
    _sync(home / FOLDER)


def _file(home: Path, name: str) -> Path:
    file = home / FOLDER / f"{check_set_name(name)}{ENDING}"
    if not file.is_file():
        known = ", ".join(list_set_names(home)) or "none"
        raise BadInput(f"there is no set {name!r}; there are: {known}")
    return file


def _numbered(own: OwnSet, number: int) -> OwnSet:
    def marked(count: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
        return np.full(count, number, np.int16)

    return replace(
        own,
        places=replace(own.places, set=marked(len(own.places))),
        houses=replace(own.houses, set=marked(len(own.houses))),
        posts=replace(own.posts, set=marked(len(own.posts))),
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
