"""`location-cloud keys`: issue, list and revoke API keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click

from location_cloud.access import service
from location_cloud.capability import Desk
from location_cloud.errors import BadInput


@click.group(help="Issue, list and revoke API keys.")
def keys() -> None:
    """The verbs of keys."""


@keys.command(help="Issue a key; it is shown once.")
@click.option("--tenant", default="default", show_default=True, help="Whose rows the key opens.")
@click.option("--name", default="", help="What the key is for, e.g. the app's name.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    default=("*:read",),
    show_default=True,
    help="May be given several times.",
)
@click.option("--days", type=click.IntRange(1, 36_500), help="Expires after so many days; never by default.")
@click.pass_obj
def add(desk: Desk, tenant: str, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Prints the new key."""
    if not tenant or len(tenant) > 64 or not tenant.isprintable():
        raise BadInput(f"--tenant {tenant!r}: a name of 1 to 64 printable characters")
    for scope in scopes:
        if scope != "*" and (scope.count(":") != 1 or not all(scope.split(":")) or scope == "*:*"):
            raise BadInput(f"--scope {scope}: scopes read slice:verb, e.g. areas:read, *:read, layers:*, or * for all")
    now = datetime.now(UTC)
    expires = None if days is None else now + timedelta(days=days)
    with desk.store() as live:
        key, text = service.issue_key(live, tenant, name, scopes, now, expires)
    click.echo(text)
    click.echo(f"key {key.id} of tenant {tenant}; scopes: {' '.join(scopes)}; it is not shown again", err=True)


@keys.command("list", help="List keys, never their secrets.")
@click.option("--tenant", help="Only this tenant's.")
@click.pass_obj
def list_(desk: Desk, tenant: str | None) -> None:
    """Prints one line a key."""
    now = datetime.now(UTC)
    with desk.store() as live:
        found = service.list_keys(live, tenant)
    for key in found:
        state = "valid" if key.is_valid(now) else "revoked" if key.revoked else "expired"
        click.echo(f"{key.id}  {key.tenant}  {state}  {' '.join(key.scopes)}  {key.name}")


@keys.command(help="Revoke a key: within a second it opens nothing.")
@click.argument("key_id")
@click.pass_obj
def revoke(desk: Desk, key_id: str) -> None:
    """Revokes the key."""
    with desk.store() as live:
        was_valid = service.revoke_key(live, key_id, datetime.now(UTC))
    if not was_valid:
        raise BadInput(f"{key_id}: no valid key has that id; location-cloud keys list shows them")
    click.echo(f"{key_id} is revoked")
