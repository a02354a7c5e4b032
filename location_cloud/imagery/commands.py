"""`location-cloud imagery`: add, list and remove scenes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click

from location_cloud.capability import Desk
from location_cloud.errors import BadInput
from location_cloud.imagery import service_adding
from location_cloud.imagery.model import EVERYBODY, Compression, Kind, Wish


@click.group(help="Add, list and remove scenes: aerial and satellite pictures, measured bands, heights.")
def imagery() -> None:
    """The verbs of imagery."""


@imagery.command(
    help="Add FILES as scenes: GeoTIFF (.tif), SRTM (.hgt, .hgt.zip), a folder of them, a STAC item or a MosaicJSON. "
    "They are on the map as soon as each is converted; adding the same file again changes nothing."
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--demo", is_flag=True, help="The shipped demo scenes: a picture and heights of the Rocky Mountains.")
@click.option("--name", metavar="SET", help="The set that the scenes belong to; the first file's name by default.")
@click.option("--date", "taken", default="", metavar="D", help="When they were taken: 2024-05-31, or RFC 3339.")
@click.option("--licence", default="", metavar="L", help="Under which licence they may be used.")
@click.option("--attribution", default="", metavar="A", help="Whom a map that shows them must name.")
@click.option("--kind", type=click.Choice(get_args(Kind)), help="What the values are; by content by default.")
@click.option(
    "--compression",
    type=click.Choice(get_args(Compression)),
    help="How pictures are kept; by content by default. jpeg has no transparency: ragged edges become black.",
)
@click.option("--tenant", default=EVERYBODY, metavar="T", help="Only this tenant sees them; everybody by default.")
@click.pass_obj
def add(
    desk: Desk,
    files: tuple[Path, ...],
    demo: bool = False,
    name: str | None = None,
    taken: str = "",
    licence: str = "",
    attribution: str = "",
    kind: Kind | None = None,
    compression: Compression | None = None,
    tenant: str = EVERYBODY,
) -> None:
    """Converts the files and shows them; what was served before is served on."""
    if demo == bool(files):
        raise BadInput("give files, or --demo")
    home: Path = desk.settings().home
    now = datetime.now(UTC)
    with desk.store() as live, desk.progress() as progress:
        if demo:
            added, same = service_adding.add_demo(live, home, now, progress), 0
        else:
            wish = Wish(name or "", tenant, taken, licence, attribution, kind, compression)
            added, same = service_adding.add_paths(live, home, files, wish, now, progress)
    for scene in added:
        grid = scene.grid
        click.echo(
            f"{scene.set}/{scene.id}: {scene.kind}, {len(scene.bands)} bands, zooms {grid.min_zoom}-{grid.max_zoom}, "
            f"{scene.resolution_m:g} m, {scene.bytes / 1e6:,.1f} MB {scene.compression}"
        )
    if same:
        click.echo(f"{same} were there already")


@imagery.command("list", help="List the scenes.")
@click.option("--tenant", default=EVERYBODY, metavar="T", help="Also what only this tenant sees.")
@click.pass_obj
def list_(desk: Desk, tenant: str) -> None:
    """Prints one line a scene."""
    with desk.store() as live:
        found = service_adding.list_scenes(live, tenant)
    for scene in found:
        whose = f"  of {scene.tenant}" if scene.tenant else ""
        click.echo(f"{scene.set}/{scene.id}  {scene.kind}  {scene.taken or 'undated'}  {scene.bytes:,} bytes{whose}")


@imagery.command(help="Remove a whole SET, or one SCENE of it.")
@click.argument("set_name", metavar="SET")
@click.argument("scene", required=False)
@click.option("--tenant", default=EVERYBODY, metavar="T", help="Whose set; everybody's by default.")
@click.pass_obj
def remove(desk: Desk, set_name: str, scene: str | None, tenant: str) -> None:
    """Removes rows, then files."""
    with desk.store() as live:
        count = service_adding.remove_scenes(live, desk.settings().home, tenant, set_name, scene)
    if not count:
        raise BadInput(f"{set_name}{'/' + scene if scene else ''}: there is no such scene; location-cloud imagery list")
    click.echo(f"{count} removed")
