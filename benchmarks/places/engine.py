"""Our geocoder in process: snapshots of files, built once for each state of the code and kept."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.places.answers import BENCH, Answer
from benchmarks.places.questions import Question
from benchmarks.routing.lockstep import ROOT
from location_cloud.areas.dataset import SECTION as AREAS
from location_cloud.capability import Import, Section
from location_cloud.errors import CloudError, NotReady
from location_cloud.places import service
from location_cloud.places.dataset import SECTION as PLACES
from location_cloud.storage.memory import rare_collections
from location_cloud.storage.osm import read_osm

ASKS_ONLY = (
    "service",
    "api",
    "schema",
    "search",
    "parse",
    "find",
    "found",
    "lookup",
    "readings",
    "uncertainty",
    "nearby",
    "commands",
)
"""Beginnings of the names of modules that a snapshot does not depend on; a change of any other builds it anew."""

KEPT = 3
"""Snapshots of one file: of the newest states of the code, so that two who measure do not take each other's away."""


class Quiet:
    """Progress that nobody looks at."""

    def step(self, title: str, total: int = 0) -> None:
        """A step begins."""

    def advance(self, units: int = 1) -> None:
        """So much of it is done."""


@dataclass(frozen=True)
class BuiltWorld:
    """The sections that places needs, as a request sees them."""

    sections: dict[str, Any]
    folder: Path
    live: Any = None
    overlay: Any = None

    def section(self, section: Section[Any]) -> Any:
        """A loaded section. Raises NotReady for one that is not built here."""
        if section.name not in self.sections:
            raise NotReady(f"{section.name} is not built here")
        return self.sections[section.name]


def code_key() -> str:
    """A name of the state of the code that builds snapshots."""
    files = [file for file in (ROOT / "location_cloud/places").glob("*.py") if not file.name.startswith(ASKS_ONLY)]
    files += (ROOT / "location_cloud/areas").glob("*.py")
    files += [
        file for name in ("osm", "pbf", "area_tags") for file in (ROOT / "location_cloud/storage").glob(f"{name}*.py")
    ]
    files += (ROOT / "data/places").glob("*")
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(file.read_bytes())
    return found.hexdigest()[:12]


def world_of(file: Path, name: str) -> BuiltWorld:
    """The snapshot of a file below .parts/bench/places/built, built when the code has changed."""
    folder = BENCH / "built" / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        whole = folder / f"{code_key()}-{file.stat().st_size}"
        if not (whole / "built.json").exists():
            shutil.rmtree(whole, ignore_errors=True)
            seconds = build(file, whole)
            (whole / "built.json").write_text(json.dumps(seconds))
        os.utime(whole)
        others = sorted((each for each in folder.iterdir() if each.is_dir()), key=lambda each: each.stat().st_mtime)
        for old in others[:-KEPT]:
            shutil.rmtree(old)
        return open_world(whole)


def build(file: Path, folder: Path) -> dict[str, float]:
    """Builds the sections below the folder; seconds of each step, and of the processor (all threads) in it."""
    started, used = time.perf_counter(), time.process_time()
    extract, sources = read_osm([file], None, Quiet())
    seconds = {"read": time.perf_counter() - started, "read, processor": time.process_time() - used}
    import_ = Import("bench", extract, sources, folder, None, (), Quiet())
    for section in (AREAS, PLACES):
        started, used = time.perf_counter(), time.process_time()
        (folder / section.name).mkdir(parents=True)
        with rare_collections():  # as `location-cloud import`
            section.build(import_, folder / section.name)
        seconds[section.name] = time.perf_counter() - started
        seconds[f"{section.name}, processor"] = time.process_time() - used
    for section in (AREAS, PLACES):
        section.check(folder / section.name)
    return seconds


def open_world(folder: Path) -> BuiltWorld:
    """The sections of a folder, mapped."""
    return BuiltWorld({each.name: each.load(folder / each.name) for each in (AREAS, PLACES)}, folder)


def answer(world: Any, asked: Question, limit: int = 5) -> list[Answer]:
    """What we say: suggest for those who are typing, geocode for the others; [] for a refusal."""
    try:
        if asked.is_typing:
            found: Sequence[Any] = service.suggest(world, asked.text, asked.focus, limit)
        else:
            found = service.geocode(world, asked.text, asked.focus, limit=limit)
    except CloudError:
        return []
    return [_answer(each) for each in getattr(found, "places", found)]


def _answer(place: Any) -> Answer:
    values = asdict(place)
    return Answer(
        values["lonlat"],
        values["name"],
        values["level"],
        values["precise"],
        values["confidence"],
        values["accuracy_m"],
        values.get("ask", "") or "",
    )
