"""`location-cloud tiles`: write tiles to a file; add, list and remove archives of tiles."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from location_cloud.capability import Desk
from location_cloud.errors import BadInput, NotReady
from location_cloud.maps import service, service_archive_build, service_archives


class BoxType(click.ParamType[Any]):
    """west,south,east,north in degrees."""

    name = "w,s,e,n"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The box; west > east means over the antimeridian."""
        try:
            west, south, east, north = (float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value}: give west,south,east,north in degrees, e.g. 124.9,46.4,125.2,46.7", param, ctx)
        if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
            self.fail(
                f"{value}: longitudes go from -180 to 180, latitudes from -90 to 90, south before north", param, ctx
            )
        return west, south, east, north


class ZoomsType(click.ParamType[Any]):
    """One zoom, or first-last."""

    name = "a-b"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """First and last zoom."""
        if isinstance(value, tuple):
            return value
        first, _, last = str(value).partition("-")
        if not (first.isdecimal() and (last or first).isdecimal() and int(first) <= int(last or first) <= 30):
            self.fail(f"{value}: give one zoom or two, e.g. 10-14", param, ctx)
        return int(first), int(last or first)


@click.group(help="Write tiles to a PMTiles or MBTiles file; add, list and remove such archives.")
def tiles() -> None:
    """The verbs of tiles."""


@tiles.command(help="Write the tiles of a set, as they are served, to FILE (.pmtiles or .mbtiles).")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--set", "name", default="base", show_default=True, help="The tile set.")
@click.option("--bbox", type=BoxType(), help="Only tiles that touch this box, degrees.")
@click.option("--area", metavar="X", help="Only tiles that touch X: a GeoJSON file, or a district of Daqing.")
@click.option("--zoom", "zooms", type=ZoomsType(), help="Only these zooms, e.g. 10-14; all of the set by default.")
@click.option(
    "--form", type=click.Choice(service_archive_build.FORMS), help="Of the tiles; the set's first by default."
)
@click.option("--tenant", help="Whose sets; the settings' tenant by default.")
@click.pass_obj
def build(
    desk: Desk,
    file: Path,
    name: str,
    bbox: tuple[float, float, float, float] | None,
    area: str | None,
    zooms: tuple[int, int] | None,
    form: Any,
    tenant: str | None,
) -> None:
    """Writes under a hidden name and renames: an interrupted run leaves what was there before."""
    if bbox is not None and area is not None:
        raise BadInput("give --bbox or --area, not both")
    started = time.monotonic()
    boundary = None if area is None else desk.boundary(area)
    with desk.world() as world, desk.progress() as progress:
        who = tenant or desk.settings().tenant
        written = service_archive_build.build(world, who, file, name, progress, bbox, boundary, zooms, form)
    seconds = time.monotonic() - started
    click.echo(f"{file}: {written.tiles:,} tiles, {written.bytes / 1e6:,.1f} MB ({seconds:.1f} s)")


@tiles.command(
    help="Serve the tiles of FILE (.pmtiles or .mbtiles) as the set NAME, in place of an older archive NAME."
)
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--scope", default="maps:read", show_default=True, help="What a caller's key must carry.")
@click.pass_obj
def add(desk: Desk, name: str, file: Path, scope: str) -> None:
    """Checks every tile, copies the archive into the home and serves it at once."""
    if scope.count(":") != 1 or not all(scope.split(":")):
        raise BadInput(f"--scope {scope}: scopes read slice:verb, e.g. maps:read")
    _add(desk, name, file, scope)


@click.command(hidden=True)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--name")
@click.pass_obj
def import_archives(desk: Desk, files: tuple[Path, ...], name: str | None) -> None:
    """What `location-cloud import` does with archives: each is served under its file's name, or the one given."""
    if name is not None and len(files) > 1:
        raise BadInput("--name names one archive; import them one by one, or leave it out")
    names = [name or service_archives.name_from(file) for file in files]
    if len(set(names)) < len(names):
        raise BadInput("two of the files would have one name; import them one by one with --name")
    for own, file in zip(names, files, strict=True):
        _add(desk, own, file, "maps:read")


@tiles.command("list", help="List the archives.")
@click.pass_obj
def list_(desk: Desk) -> None:
    """Prints one line an archive."""
    for name, about in service_archives.list_archives(desk.settings().home).items():
        state = "damaged: add it again, or remove it" if about is None else service_archives.describe(about)
        click.echo(f"{name}  {state}")


@tiles.command(help="Stop serving the archive NAME and remove it from the home.")
@click.argument("name")
@click.pass_obj
def remove(desk: Desk, name: str) -> None:
    """Removes the archive."""
    service_archives.remove(desk.settings().home, name)
    click.echo(f"{name} is removed")


def _add(desk: Desk, name: str, file: Path, scope: str) -> None:
    home = desk.settings().home
    with desk.progress() as progress:
        about = service_archives.add(home, name, file, progress, _taken(desk), scope)
    click.echo(f"{name}: {service_archives.describe(about)}; served at /tiles/{name}.json")


def _taken(desk: Desk) -> set[str]:
    """Names of the sets that are not archives. Nothing is served before the first import of a city."""
    try:
        with desk.world() as world:
            offered = service.list_sets(world, desk.settings().tenant)
    except NotReady:
        return set()
    return offered.keys() - service_archives.list_archives(desk.settings().home).keys()
