"""`location-cloud grids`: grids of files into the store, checked and repaired before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click

from location_cloud.capability import Desk
from location_cloud.errors import BadInput, CloudError
from location_cloud.grids.model import SCHEMES, Scheme
from location_cloud.grids.service_files import COLUMNS, FileWish, read_grids
from location_cloud.grids.service_import import Checked, check, import_grids, is_told_only, sent_by_command

FAULTS_SHOWN = 20


@click.group(help="Grids: unit, manage, evaluate, village and service grids.")
def grids() -> None:
    """The verbs of grids."""


@grids.command("import", help="All grids of an area from a day on, of GeoJSON, GeoPackage or Shapefile.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--scheme", type=click.Choice(SCHEMES), default="unit", show_default=True)
@click.option("--columns", multiple=True, metavar="FIELD=NAME", help=f"Where the file keeps {', '.join(COLUMNS)}.")
@click.option("--area", default="", help="Code of the area whose grids they all are; others there retire.")
@click.option("--all", "is_all", is_flag=True, help="They are all grids of the scheme; all others retire.")
@click.option("--from", "valid_from", default="", metavar="DAY", help="The first day on which they hold; today.")
@click.option("--crs", default="", help="Where the file does not say it: EPSG:4490, gcj02...")
@click.option("--encoding", default="", help="Of a Shapefile's table; found out by default.")
@click.option("--layer", default="", help="Of a file with several.")
@click.option("--repair", is_flag=True, help="Take away slivers of gap and overlap, sharing vertices.")
@click.option("--tolerance", default=1.0, show_default=True, help="Width of a sliver in metres, at most.")
@click.option("--allow-faults", is_flag=True, help="Take them in though gaps or overlaps are left.")
@click.option("--check", "is_check", is_flag=True, help="Only look; exit status 1 if they would be refused.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="All faults as GeoJSON into a file.")
@click.option("--tenant", default="default", show_default=True, help="Whose they are.")
@click.pass_obj
def import_(
    desk: Desk,
    files: tuple[Path, ...],
    scheme: Scheme,
    columns: tuple[str, ...],
    area: str,
    is_all: bool,
    valid_from: str,
    crs: str,
    encoding: str,
    layer: str,
    repair: bool,
    tolerance: float,
    allow_faults: bool,
    is_check: bool,
    report: Path | None,
    tenant: str,
) -> None:
    """Prints what is wrong and what was done."""
    if not is_check and bool(area) == is_all:
        raise BadInput("say whose grids they are: --area CODE, or --all for all grids of the scheme")
    now = datetime.now(UTC)
    day = _day(valid_from) if valid_from else now.astimezone().date()
    wish = FileWish(_columns(columns), layer, crs, encoding)
    told = [grid for path in files for grid in read_grids(path, wish)]
    with desk.world() as world:
        try:
            checked = check(world, scheme, told, area, repair, tolerance)
            _tell(checked)
            if report is not None:
                report.write_text(json.dumps(_as_geojson(checked), ensure_ascii=False), "utf-8")
            if not is_check:
                sent = sent_by_command(now)
                done = import_grids(
                    world, tenant, scheme, area, told, day, repair, allow_faults, sent, tolerance, checked
                )
                click.echo(
                    f"{done.added} added, {done.revised} changed, {done.retired} retired, {done.unchanged} as they were"
                )
        except CloudError as error:
            raise BadInput(f"{error.detail} ({error.hint})" if error.hint else error.detail) from error
    if is_check and not checked.is_sound:
        raise click.exceptions.Exit(1)


def _columns(pairs: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in (each for several in pairs for each in several.split(",")):
        field, equals, name = pair.partition("=")
        if not equals or not name:
            raise BadInput(f"--columns {pair}: write FIELD=NAME, such as code=BGCODE")
        found[field.strip()] = name.strip()
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--from {text}: a day is written 2026-11-01") from None


def _tell(checked: Checked) -> None:
    hindering = sum(not is_told_only(fault) for fault in checked.faults)
    click.echo(f"{len(checked.grids)} grids, {len(checked.faults)} faults, {hindering} of them to be mended")
    for fault in checked.faults[:FAULTS_SHOWN]:
        place = "" if fault.lonlat is None else f" at {fault.lonlat[0]:.6f},{fault.lonlat[1]:.6f}"
        size = f" {fault.area_m2:,.2f} m2" if fault.area_m2 else ""
        click.echo(f"  {fault.kind}:{size}{place} {', '.join(fault.codes[:3])} {fault.words}")
    if len(checked.faults) > FAULTS_SHOWN:
        click.echo(f"  and {len(checked.faults) - FAULTS_SHOWN} more (--report FILE tells all)")
    for each in checked.mended[:FAULTS_SHOWN]:
        moved = f"{each.moved_m:.3f} m moved"
        click.echo(f"  repaired {each.code}: {each.gained_m2:.3f} m2 more, {each.lost_m2:.3f} m2 less, {moved}")


def _as_geojson(checked: Checked) -> dict[str, object]:
    features = [
        {
            "type": "Feature",
            "geometry": None if fault.lonlat is None else {"type": "Point", "coordinates": list(fault.lonlat)},
            "properties": {name: value for name, value in vars(fault).items() if name != "lonlat"},
        }
        for fault in checked.faults
    ]
    return {
        "type": "FeatureCollection",
        "features": features,
        "mended": [vars(each) for each in checked.mended],
    }
