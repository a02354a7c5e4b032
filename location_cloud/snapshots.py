"""`location-cloud snapshots`: what is kept on disk, and the way back to an earlier one."""

from __future__ import annotations

import click

from location_cloud.errors import BadInput
from location_cloud.settings import load_settings
from location_cloud.storage.snapshot import Snapshots


@click.command(help="List the snapshots; --use ID serves an earlier one again.")
@click.option("--use", metavar="ID", help="Serve this snapshot from now on.")
def snapshots(use: str | None) -> None:
    """Prints one line a snapshot, the served one marked."""
    settings, _ = load_settings()
    kept = Snapshots(settings.home)
    if use is not None:
        if use not in kept.list_snapshots():
            raise BadInput(
                f"--use {use}: no such snapshot in {settings.home}; kept are: {', '.join(kept.list_snapshots())}"
            )
        kept.publish(use)
    current = kept.current_id()
    for snapshot_id in kept.list_snapshots():
        snapshot = kept.open(snapshot_id)
        sections = ", ".join(snapshot.manifest.sections)
        click.echo(f"{'*' if snapshot_id == current else ' '} {snapshot_id}  {snapshot.manifest.name}  [{sections}]")
    if current is None:
        click.echo("no snapshot is served; build one with: location-cloud import --demo")
