"""`location-cloud import`: OpenStreetMap files in, a published snapshot out."""

from __future__ import annotations

import importlib
import importlib.resources
import os
import re
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from shapely import union_all

from location_cloud.app import all_sections, utc_now
from location_cloud.areas.frame import read_frame
from location_cloud.capabilities import CAPABILITIES
from location_cloud.errors import BadInput
from location_cloud.settings import load_settings
from location_cloud.spatial.errors import BadGeometry, SpatialError
from location_cloud.spatial.geojson import parse_feature, parse_geometry
from location_cloud.storage.build import build_snapshot, check_home
from location_cloud.storage.osm import SUFFIXES, read_osm
from location_cloud.storage.overpass import fetch_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

    from location_cloud.extract import OsmExtract

DEMO_FILE = "demo/helsinki-centre.osm.pbf"
DEMO_NAME = "demo"
NAMELESS = "city"
"""Name of a snapshot where neither a name is given nor the file or place has one."""

IMPORTERS = tuple(importer for capability in CAPABILITIES for importer in capability.importers)
OTHERS = tuple(ending for importer in IMPORTERS for ending in importer.endings if ending != "/")
"""Endings of files that are not OpenStreetMap's."""


@click.command(
    "import",
    help="Build a snapshot from FILES (.osm.pbf, .osm, .osm.gz, .osm.bz2), from --demo or from --place, and serve it. "
    f"Files of other kinds ({', '.join(OTHERS)}) go to the capability that they belong to, as its own command takes "
    "them.",
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--demo", is_flag=True, help="The shipped demo: central Helsinki's streets and Daqing's areas.")
@click.option("--place", metavar="NAME", help="Fetch a place from OpenStreetMap by name (needs the internet).")
@click.option(
    "--clip",
    metavar="X",
    help="Keep only what touches X: a GeoJSON file, or a district of Daqing by name or code.",
)
@click.option("--name", metavar="N", help="Name of the snapshot; the first file's name by default.")
@click.pass_context
def import_(
    ctx: click.Context, files: tuple[Path, ...], demo: bool, place: str | None, clip: str | None, name: str | None
) -> None:
    """Reads, builds, checks and publishes; the snapshot served before stays until the new one is whole."""
    target = find_importer(files)
    if target is not None:
        if demo or place is not None or clip is not None:
            raise BadInput(f"{files[0]}: --demo, --place and --clip go with OpenStreetMap data only")
        module, attribute = target.split(":")
        ctx.invoke(getattr(importlib.import_module(module), attribute), files=files, name=name)
        return
    if sum((bool(files), demo, place is not None)) != 1:
        raise BadInput("give files, or --demo, or --place NAME: exactly one of the three")
    if place is not None and not place.strip():
        raise BadInput("--place: give the name of a place, such as 大庆市")
    settings, _ = load_settings()
    started = time.monotonic()
    called = snapshot_name(name, demo, place, files)
    boundary = None if clip is None else read_clip(clip)
    check_home(settings.home)
    with shown_progress() as progress, _input_files(files, demo, place, progress) as paths:
        osm, sources = read_osm(paths, boundary, progress)
        refuse_empty(osm, place or ", ".join(map(str, paths)), clip)
        snapshot = build_snapshot(
            settings.home,
            name=called,
            osm=osm,
            osm_sources=sources,
            clip=boundary,
            sections=all_sections(CAPABILITIES),
            layers=tuple(layer for capability in CAPABILITIES for layer in capability.map_layers()),
            progress=progress,
            clock=utc_now,
            keep=settings.snapshots_kept,
        )
        for capability in CAPABILITIES:
            capability.prepare_overlay(snapshot, settings, progress)
    counts = "; ".join(
        f"{section}: " + ", ".join(f"{count:,} {what}" for what, count in found.items())
        for section, found in snapshot.manifest.sections.items()
    )
    click.echo(f"snapshot {snapshot.id} is served from {settings.home} ({time.monotonic() - started:.1f} s)")
    click.echo(counts)


def find_importer(files: tuple[Path, ...]) -> str | None:
    """The command of the capability that the files belong to (`capability.Importer.target`); None if they are OSM data.

    Raises BadInput if they belong to different ones, or one to none.
    """
    targets = {_importer_of(file) for file in files}
    if len(targets) > 1:
        raise BadInput("the files are of different kinds; import each kind by itself: " + ", ".join(map(str, files)))
    return targets.pop() if targets else None


def _importer_of(file: Path) -> str | None:
    ending = "/" if file.is_dir() else file.name.lower()
    for importer in IMPORTERS:
        if ending.endswith(importer.endings):
            return importer.target
    if file.exists() and not file.name.endswith(SUFFIXES):
        raise BadInput(f"{file}: unknown kind of file; its name must end in one of {', '.join((*SUFFIXES, *OTHERS))}")
    return None


def refuse_empty(osm: OsmExtract, read: str, clip: str | None) -> None:
    """Raises BadInput if nothing usable was found: it would replace the served city by an empty one.

    read: what was read, clip: what it was clipped to, as the user named them.
    """
    if len(osm.ways.id) or len(osm.nodes.tagged) or len(osm.areas.id):
        return
    if clip is not None:
        raise BadInput(f"nothing of {read} lies in the clip {clip}; choose a file or a clip of the same region")
    raise BadInput(f"{read} holds no road, area or named thing; is it the right file?")


def read_clip(text: str) -> BaseGeometry:
    """The boundary that --clip names: a GeoJSON file, else a shipped district by name or code.

    Raises BadInput if it is neither.
    """
    if not text.strip():
        raise BadInput("--clip: give a GeoJSON file or a district of Daqing (try 让胡路区, 230604 or area.geojson)")
    path = Path(text)
    if not os.path.exists(text):
        found = find_shipped_boundary(text)
        if found is None:
            raise BadInput(
                f"--clip {text}: neither a file nor a district of Daqing (try 让胡路区, 230604 or area.geojson)"
            )
        return found
    try:
        content = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise BadInput(f"{path}: not a GeoJSON file: {error}") from error
    try:
        shapes = _shapes(content)
    except SpatialError as error:
        raise BadInput(f"{path}: {error}") from error
    polygons = [shape for shape in shapes if shape is not None and shape.geom_type in ("Polygon", "MultiPolygon")]
    if not polygons:
        raise BadInput(f"{path}: holds no Polygon or MultiPolygon to clip with")
    whole: BaseGeometry = union_all(polygons)
    return whole


def find_shipped_boundary(text: str) -> BaseGeometry | None:
    """The boundary of a shipped area by its code, its name or its name without 区, 县, 市; None if there is none."""
    for row in read_frame():
        if row.geometry is not None and text in (row.code, row.name, row.name[:-1], row.name_en):
            return row.geometry
    return None


def _shapes(content: Any) -> list[BaseGeometry | None]:
    if not isinstance(content, dict):
        raise BadGeometry(f"a GeoJSON object is needed, found {str(content)[:40]}")
    if content.get("type") != "FeatureCollection":
        return [parse_feature(content)[0] if content.get("type") == "Feature" else parse_geometry(content)]
    features = content.get("features")
    if not isinstance(features, list):
        raise BadGeometry('"features" must be a list of features')
    shapes = []
    for number, feature in enumerate(features):
        try:
            shapes.append(parse_feature(feature)[0])
        except SpatialError as error:
            raise BadGeometry(f"feature {number}: {error}") from error
    return shapes


def snapshot_name(name: str | None, demo: bool, place: str | None, files: tuple[Path, ...]) -> str:
    """The snapshot's name: as given, else from what it is built of; letters, digits, dots and dashes of any script.

    Raises BadInput if the given one has other characters, or only dots.
    """
    if name is not None:
        if not re.fullmatch(r"[\w.-]{1,64}", name) or not name.strip("."):
            raise BadInput(f"--name {name!r}: 1 to 64 letters, digits, '.', '-' or '_', and not only dots")
        return name
    found = DEMO_NAME if demo else place or files[0].name.split(".")[0]
    cleaned = re.sub(r"[^\w.-]+", "-", found)[:64]
    return cleaned if cleaned.strip(".") else NAMELESS


@contextmanager
def _input_files(files: tuple[Path, ...], demo: bool, place: str | None, progress: Any) -> Iterator[list[Path]]:
    if demo:
        with importlib.resources.as_file(importlib.resources.files("location_cloud.data") / DEMO_FILE) as path:
            yield [path]
    elif place is not None:
        with tempfile.TemporaryDirectory(prefix="location-cloud-") as folder:
            yield [fetch_place(place, Path(folder), progress)]
    else:
        yield list(files)


# --- progress -------------------------------------------------------------------------------------


@contextmanager
def shown_progress() -> Iterator[Any]:
    """Where a long command says how far it is: bars with rate and time left, plain lines where there is no terminal."""
    if not sys.stderr.isatty():
        yield LineProgress()
        return
    columns = (
        TextColumn("{task.description:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        shown = BarProgress(bars)
        yield shown
        shown.finish()


class BarProgress:
    """Progress on a terminal, one bar a step."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: Any = None

    def step(self, title: str, total: int = 0) -> None:
        """A new step begins; total in units, 0 = unknown."""
        self.finish()
        self._task = self._bars.add_task(title, total=total or None, rate="")

    def advance(self, units: int = 1) -> None:
        """So many units are done."""
        self._bars.advance(self._task, units)
        speed = self._bars.tasks[self._task].speed
        self._bars.update(self._task, rate=f"{speed:,.0f}/s" if speed else "")

    def finish(self) -> None:
        """The running step is done."""
        if self._task is not None:
            done = max(self._bars.tasks[self._task].completed, 1)
            self._bars.update(self._task, total=done, completed=done)


class LineProgress:
    """Progress in a log: one line a step, and one every REPORT_S while a step runs."""

    REPORT_S = 5.0

    def __init__(self) -> None:
        self._title, self._total, self._done = "", 0, 0
        self._started = self._reported = time.monotonic()

    def step(self, title: str, total: int = 0) -> None:
        """A new step begins; total in units, 0 = unknown."""
        self._title, self._total, self._done = title, total, 0
        self._started = self._reported = time.monotonic()
        click.echo(f"{title} ...", err=True)

    def advance(self, units: int = 1) -> None:
        """So many units are done."""
        self._done += units
        now = time.monotonic()
        if now - self._reported < self.REPORT_S:
            return
        self._reported = now
        rate = self._done / (now - self._started)
        left = f", {(self._total - self._done) / rate:.0f} s left" if self._total and rate else ""
        click.echo(f"{self._title}: {self._done:,} of {self._total or '?':,} ({rate:,.0f}/s{left})", err=True)
