"""`location-cloud snapshots`: what is kept on disk, and the way back to an earlier one."""

from __future__ import annotations

import click

from location_cloud.errors import BadInput, NotReady
from location_cloud.settings import load_settings
from location_cloud.storage.snapshot import Snapshots


@click.command(help="List the snapshots; --use ID serves an earlier one again.")
@click.option("--use", metavar="ID", help="Serve this snapshot from now on.")
def snapshots(use: str | None) -> None:
    """Prints one line a snapshot, the served one marked."""
    settings, _ = load_settings()
    kept = Snapshots(settings.home)
    if use is not None:
        serve_again(kept, use)
    current = kept.current_id()
    for snapshot_id in kept.list_snapshots():
        click.echo(f"{'*' if snapshot_id == current else ' '} {snapshot_id}  {_in_words(kept, snapshot_id)}")
    if current is None:
        click.echo("no snapshot is served; build one with: location-cloud import --demo")


def serve_again(kept: Snapshots, snapshot_id: str) -> None:
    """Points back to a kept snapshot. Raises BadInput if it is not kept, is damaged, or an import runs."""
    known = kept.list_snapshots()
    if snapshot_id not in known:
        raise BadInput(f"--use {snapshot_id}: no such snapshot in {kept.home}; kept are: {', '.join(known) or 'none'}")
    try:
        damage = kept.open(snapshot_id).verify(full=False)
    except NotReady as error:
        damage = (error.detail,)
    if damage:
        raise BadInput(f"--use {snapshot_id}: {'; '.join(damage)}; what was served before is still served")
    kept.publish(snapshot_id)


def _in_words(kept: Snapshots, snapshot_id: str) -> str:
    try:
        manifest = kept.open(snapshot_id).manifest
    except NotReady as error:
        return f"damaged: {error.detail}"
    return f"{manifest.name}  [{', '.join(manifest.sections)}]"
