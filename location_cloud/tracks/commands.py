"""`location-cloud tracks`: what runs beside the server."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime

import click

from location_cloud.capability import Desk
from location_cloud.errors import BadInput
from location_cloud.tracks.service_mqtt import TOPICS, Broker, follow


@click.group(help="Trackers that do not come by HTTP.")
def tracks() -> None:
    """The verbs of tracks."""


@tracks.command(help="Take fixes from an MQTT broker until stopped: OwnTracks' messages, and bodies of POST /v1/fixes.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the broker is.")
@click.option("--port", type=int, help="[1883, with --tls 8883]")
@click.option("--topic", "topics", multiple=True, default=TOPICS, show_default=True, help="May be given several times.")
@click.option("--client", default="location-cloud", show_default=True, help="Our name there; of one process only.")
@click.option("--user", default="", help="User name at the broker.")
@click.option("--password", default="", envvar="MQTT_PASSWORD", help="Better by the variable MQTT_PASSWORD.")
@click.option("--tls", is_flag=True, help="Encrypt; the broker's certificate is checked.")
@click.option("--tenant", help="Whose the fixes are; the settings' tenant by default.")
@click.pass_obj
def mqtt(
    desk: Desk,
    host: str,
    port: int | None,
    topics: tuple[str, ...],
    client: str,
    user: str,
    password: str,
    tls: bool,
    tenant: str | None,
) -> None:
    """Runs until SIGTERM or Ctrl-C."""
    settings = desk.settings()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    broker = Broker(host, port or (8883 if tls else 1883), topics, client, user, password, tls)
    with desk.store() as live:
        try:
            click.echo(f"following {', '.join(topics)} at {host}:{broker.port}", err=True)
            accepted = follow(
                broker, live, settings.home, tenant or settings.tenant, lambda: datetime.now(UTC), stop.is_set
            )
        except OSError as error:
            raise BadInput(f"the broker at {host}:{broker.port} cannot be reached: {error}") from error
    click.echo(f"{accepted} fixes accepted", err=True)
