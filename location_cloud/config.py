"""`location-cloud config`: every setting, its value and where that comes from."""

from __future__ import annotations

import click

from location_cloud.settings import PREFIX, Settings, load_settings

SECRET = ("live_url",)
"""Shown without the password that it may hold."""


@click.command(help="Show every setting and where its value comes from.")
def config() -> None:
    """Prints one line a setting."""
    settings, origins = load_settings()
    for name, field in Settings.model_fields.items():
        value = str(getattr(settings, name))
        if name in SECRET and "@" in value:
            value = value.split("://", 1)[0] + "://***@" + value.rsplit("@", 1)[1]
        click.echo(f"{name} = {value}   ({origins[name]}; {PREFIX}{name.upper()})\n    {field.description}")
