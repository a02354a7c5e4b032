"""`location-cloud components`: components of files into the store."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from location_cloud.capability import Desk
from location_cloud.cases.model import Actor
from location_cloud.cases.service_importing import import_file
from location_cloud.errors import BadInput, CloudError


@click.group(help="Components: things in the city that somebody owns and maintains.")
def components() -> None:
    """The verbs of components."""


@components.command("import", help="Add or change the components of CSV or GeoJSON files; each file as a whole.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tenant", default="default", show_default=True, help="Whose they are.")
@click.option("--county", default="", help="Six digits of new ids, where no area or grid tells them.")
@click.pass_obj
def import_(desk: Desk, files: tuple[Path, ...], tenant: str, county: str) -> None:
    """Prints one line a file."""
    if county and not (county.isdigit() and len(county) == 6):
        raise BadInput(f"--county {county}: six digits, such as 230602")
    actor = Actor("command", datetime.now(UTC))
    with desk.world() as world:
        for path in files:
            try:
                added = import_file(world, tenant, path.read_bytes(), actor, county)
            except CloudError as error:
                raise BadInput(f"{path}: {error.detail}") from error
            click.echo(f"{path}: {len(added.ids)} added, {added.changed} changed, {added.same} as they were")
