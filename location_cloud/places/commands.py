"""`location-cloud places`: take in, list and remove the operator's own lists of places."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from location_cloud.capability import Desk
from location_cloud.errors import BadInput
from location_cloud.places import service_sets
from location_cloud.places.service_names import keep_names
from location_cloud.places.service_sets import SetWish, Taken

SHOWN = 20
"""Bad rows that are printed; all of them are in the report."""

CRS_NAMES = ("wgs84", "cgcs2000", "gcj02", "bd09")
ENCODINGS = ("utf-8-sig", "gb18030", "utf-16", "big5", "cp1252")


@click.group(help="Take in, list and remove your own places, addresses, wells and kilometre posts.")
def places() -> None:
    """The verbs of places."""


@places.command(
    "import",
    help="Take in FILES (.csv, .tsv, .geojson, .gpkg) of addresses, points of interest, wells or kilometre posts. They "
    "are found at once, and stay found when the city is imported anew. A list of the same name takes the old one's "
    "place. Bad rows are left out and told with their line numbers.",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--columns",
    default="",
    metavar="M=C,...",
    help="What the columns mean: lon=X,lat=Y,name=名称,street=...,number=...,address=...,kind=...,ref=...,"
    "chainage=...,alias=...,town=...,postcode=...,id=.... Without a header, columns by number: lon=1,lat=2. "
    "Columns with usual names are found by themselves.",
)
@click.option(
    "--kind",
    default="",
    type=click.Choice(["", "address", "poi", "well", "kmpost", "settlement"]),
    help="What all rows are.",
)
@click.option("--crs", default="wgs84", show_default=True, type=click.Choice(CRS_NAMES), help="Of the coordinates.")
@click.option("--name", metavar="SET", help="Of the list; the file's name by default.")
@click.option("--encoding", type=click.Choice(ENCODINGS), help="Of a text file; found out by default.")
@click.option("--layer", help="Of a GeoPackage with several.")
@click.option("--licence", default="", metavar="L", help="Under which licence the data may be used.")
@click.option("--attribution", default="", metavar="A", help="Whom an answer from it must name.")
@click.option("--date", default="", metavar="D", help="Of what day the data is: 2024-05-31.")
@click.option("--dry-run", is_flag=True, help="Only read and check; change nothing.")
@click.option("--later", is_flag=True, help="Keep the list for the next import; the served data stays as it is.")
@click.pass_obj
def import_(
    desk: Desk,
    files: tuple[Path, ...],
    columns: str = "",
    kind: str = "",
    crs: Any = "wgs84",
    name: str | None = None,
    encoding: str | None = None,
    layer: str | None = None,
    licence: str = "",
    attribution: str = "",
    date: str = "",
    dry_run: bool = False,
    later: bool = False,
) -> None:
    """Reads and keeps each file, then publishes once."""
    if name and len(files) > 1:
        raise BadInput("--name goes with one file: each file is a list of its own")
    settings = desk.settings()
    home: Path = settings.home
    meant = service_sets.parse_columns(columns)
    wish = SetWish(name or "", meant, kind, crs, encoding, layer, licence, attribution, date)
    with desk.progress() as progress:
        for file in files:
            progress.step(f"read {file.name}")
            taken = service_sets.read_file(file, wish, home)
            report = None if dry_run else service_sets.keep_set(home, taken)
            _tell(taken, report)
        if dry_run:
            click.echo("dry run: nothing was changed")
            return
        _publish(desk, later, progress)


@places.command("list", help="List your own lists.")
@click.pass_obj
def list_(desk: Desk) -> None:
    """Prints one line a list."""
    for own in service_sets.list_sets(desk.settings().home):
        counts = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in own.counts.items() if count)
        told = "  ".join(part for part in (own.source.licence, own.source.attribution, own.source.date) if part)
        click.echo(f"{own.name}  {counts}  from {own.file}  {told}".rstrip())


@places.command(help="Remove the list SET; what it held is not found any more.")
@click.argument("name", metavar="SET")
@click.option("--later", is_flag=True, help="The served data stays as it is until the next import.")
@click.pass_obj
def remove(desk: Desk, name: str, later: bool) -> None:
    """Removes the file, then publishes."""
    settings = desk.settings()
    service_sets.forget_set(settings.home, name)
    click.echo(f"{name} is removed")
    with desk.progress() as progress:
        _publish(desk, later, progress)


def _tell(taken: Taken, report: Path | None) -> None:
    counts = ", ".join(f"{count:,} {what.replace('_', ' ')}" for what, count in taken.set.counts.items() if count)
    click.echo(f"{taken.set.name}: {counts} ({taken.note})")
    click.echo("columns: " + ", ".join(f"{meaning}={column}" for meaning, column in taken.used.items()))
    if not taken.bad:
        return
    click.echo(f"{len(taken.bad):,} left out:", err=True)
    for reason, count in service_sets.count_reasons(taken.bad)[:SHOWN]:
        click.echo(f"  {count:,} x {reason}", err=True)
    for bad in taken.bad[:SHOWN]:
        click.echo(f"  {taken.what} {bad.number}: {bad.why}", err=True)
    if report is not None:
        click.echo(f"  all of them: {report}", err=True)


def _publish(desk: Desk, later: bool, progress: Any) -> None:
    settings = desk.settings()
    if later:
        click.echo("kept for the next import")
        return
    try:
        keep = settings.snapshots_kept
        snapshot = service_sets.publish_sets(settings.home, progress, lambda: datetime.now(UTC), keep)
    except BadInput as error:
        raise BadInput(f"the list is kept and comes with the next import, but is not served yet: {error}") from error
    if snapshot is None:
        click.echo("kept; it is served with the first import of a city: location-cloud import FILE")
    else:
        if settings.places_candidates == "postgres":
            with desk.store() as live:
                keep_names(live, snapshot, progress)
        click.echo(f"snapshot {snapshot.id} is served from {settings.home}")
