"""`location-cloud traffic`: learn what is usual from archives of fixes, or from the live store."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from location_cloud.capability import Desk
from location_cloud.errors import BadInput
from location_cloud.traffic import service_learn


@click.group(help="Learn what traffic is usual at each hour of the week.")
def traffic() -> None:
    """The verbs of traffic."""


@traffic.command(
    help="Learn free flow and a typical week from FILES of fixes (.ndjson, .ndjson.gz, .parquet, or folders of them; "
    "the form of POST /v1/fixes), for routes by hour and for the traffic layer. What replaces an earlier week holds "
    "from the next start of the server on. On Dask where dask_scheduler is set."
)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--from-store", is_flag=True, help="From the fixes in the live store instead of files.")
@click.option("--add", "adds", is_flag=True, help="Add to what was learned before; it is replaced otherwise.")
@click.option("--tenant", help="Whose fixes are read from the store; the settings' tenant by default.")
@click.pass_obj
def learn(desk: Desk, files: tuple[Path, ...], from_store: bool, adds: bool, tenant: str | None) -> None:
    """Writes beside the snapshot; what is served stays until it is whole."""
    if bool(files) == from_store:
        raise BadInput("give FILES, or --from-store")
    started, settings = time.monotonic(), desk.settings()
    threads = os.cpu_count() or 1
    if from_store:
        with desk.store() as live:
            pieces = service_learn.stored_fixes(live, tenant or settings.tenant)
            learned = service_learn.learn_pieces(settings.home, pieces, adds, threads)
    else:
        archives = service_learn.list_archives(files)
        with desk.progress() as progress:
            learned = service_learn.learn_files(
                settings.home, archives, settings.dask_scheduler, adds, progress, threads
            )
    said = " simulated" if learned.is_simulated else ""
    click.echo(
        f"{learned.fixes:,}{said} fixes, {learned.drives:,} drives along edges: {learned.roads:,} edges of their own, "
        f"{learned.hours} hours of the week ({time.monotonic() - started:.1f} s)"
    )
    fading = ", ".join(f"{name} {seconds / 60:.0f} min" for name, seconds in learned.decay_s.items())
    click.echo(f"the unusual fades to a third within: {fading}")
