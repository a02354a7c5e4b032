"""Fixes from an MQTT broker into the live store, each acknowledged only when it is on the disk.

Topics: OwnTracks' `owntracks/<user>/<device>`, and ours, whose payload is what POST /v1/fixes takes: an object with
`fixes`, a list of fixes, or one fix. Messages are taken together while they come fast, and acknowledged after the
commit; the session outlives a disconnect, so that the broker repeats what was not acknowledged, and the store knows a
repeated fix. The broker must let enough messages be under way and wait (mosquitto: max_queued_messages).
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from time import sleep
from typing import TYPE_CHECKING, Any

import orjson

from location_cloud.errors import BadInput, BadQuery, CloudError, Full, NotReady
from location_cloud.tracks.model import MOST_FIXES
from location_cloud.tracks.read_forms import owntracks_rows
from location_cloud.tracks.read_rows import read_rows
from location_cloud.tracks.service import store_fixes

if TYPE_CHECKING:
    from pathlib import Path

    from location_cloud.storage.live import Live

LOG = logging.getLogger("location_cloud.tracks.mqtt")

OWNTRACKS = "owntracks/"

TOPICS = ("fixes/#", "owntracks/+/+")

UNDER_WAY = 2_000
"""Messages that the broker may send before one is acknowledged: as many go into one transaction at most."""

MOST_BYTES = 1_000_000
"""Of one message."""

SESSION_S = 7 * 86_400
"""How long the broker keeps what we missed."""

WAIT_S = 0.5

RETRY_S, MOST_RETRY_S = 1, 30


@dataclass(frozen=True)
class Broker:
    """Where to subscribe. client: the name under which the broker keeps what we missed; one process each."""

    host: str
    port: int = 1883
    topics: tuple[str, ...] = TOPICS
    client: str = "location-cloud"
    user: str = ""
    password: str = ""
    is_tls: bool = False


@dataclass(frozen=True)
class Message:
    """One message as it came. number: by which the broker knows it."""

    topic: str
    payload: bytes
    number: int
    qos: int


def follow(
    broker: Broker, live: Live, home: Path, tenant: str, clock: Callable[[], datetime], should_stop: Callable[[], bool]
) -> int:
    """Takes fixes from the broker until told to stop; how many were accepted.

    Raises BadInput if the broker refuses us or paho-mqtt is not installed, OSError if it cannot be reached at first;
    later on it is connected to again and again.
    """
    arrived: SimpleQueue[Message] = SimpleQueue()
    client = _connect(broker, arrived)
    client.loop_start()
    accepted = 0
    try:
        while not should_stop():
            if messages := _take(arrived):
                accepted += store_messages(messages, live, home, tenant, clock, should_stop)
                for message in messages:
                    client.ack(message.number, message.qos)
    finally:
        client.disconnect()
        client.loop_stop()
    return accepted


def store_messages(
    messages: list[Message],
    live: Live,
    home: Path,
    tenant: str,
    clock: Callable[[], datetime],
    should_stop: Callable[[], bool] = lambda: False,
) -> int:
    """Takes the fixes of some messages; how many were accepted. What cannot be read is logged and read over.

    A store that is busy or full is waited for; what it refuses for good is logged and left out. Raises NotReady or
    Full if it is so when told to stop.
    """
    accepted = 0
    for source, rows in _rows_of(messages).items():
        for start in range(0, len(rows), MOST_FIXES):
            accepted += _store(rows[start : start + MOST_FIXES], source, live, home, tenant, clock, should_stop)
    return accepted


def _store(
    rows: list[Any],
    source: str,
    live: Live,
    home: Path,
    tenant: str,
    clock: Callable[[], datetime],
    should_stop: Callable[[], bool],
) -> int:
    while True:
        try:
            return store_fixes(live, home, tenant, read_rows(rows, source), clock()).accepted
        except (NotReady, Full) as error:
            if should_stop():
                raise
            LOG.warning("%s", error)
            sleep(RETRY_S)
        except CloudError as error:  # would be so again: whoever sends by HTTP is refused as well
            LOG.error("%d fixes were refused: %s", len(rows), error)
            return 0


def _rows_of(messages: list[Message]) -> dict[str, list[Any]]:
    """Fixes by source; those of a message that cannot be read are left out."""
    found: dict[str, list[Any]] = {}
    for message in messages:
        try:
            source, rows = read_message(message)
            read_rows(rows, source)
        except CloudError as error:
            LOG.warning("a message on %s was read over: %s", message.topic, error)
        else:
            found.setdefault(source, []).extend(rows)
    return found


def read_message(message: Message) -> tuple[str, list[Any]]:
    """Source and fixes of a message as `read_rows` takes them. Raises BadQuery for one that is malformed."""
    if len(message.payload) > MOST_BYTES:
        raise BadQuery(f"{len(message.payload):,} bytes; the most is {MOST_BYTES:,}")
    if not message.payload:  # how a retained message is removed
        return "mqtt", []
    try:
        content = orjson.loads(message.payload)
    except orjson.JSONDecodeError as error:
        raise BadQuery(f"not JSON: {error}") from None
    if message.topic.startswith(OWNTRACKS) or (isinstance(content, dict) and "_type" in content):
        user, _, device = message.topic.removeprefix(OWNTRACKS).partition("/")
        return "owntracks", owntracks_rows(content, user, device.partition("/")[0])
    if isinstance(content, dict) and isinstance(content.get("fixes"), list):
        return "mqtt", content["fixes"]
    return "mqtt", content if isinstance(content, list) else [content]


def _take(arrived: SimpleQueue[Message]) -> list[Message]:
    """What has come; one message is waited for, up to WAIT_S."""
    messages: list[Message] = []
    with contextlib.suppress(Empty):
        messages.append(arrived.get(timeout=WAIT_S))
        while len(messages) < UNDER_WAY:
            messages.append(arrived.get_nowait())
    return messages


def _connect(broker: Broker, arrived: SimpleQueue[Message]) -> Any:
    try:
        from paho.mqtt.client import Client, MQTTv5  # heavy optional: the extra [mqtt]
        from paho.mqtt.enums import CallbackAPIVersion  # heavy optional: comes with the line above
        from paho.mqtt.packettypes import PacketTypes  # heavy optional: the same
        from paho.mqtt.properties import Properties  # heavy optional: the same
    except ImportError as error:
        raise BadInput(f"no MQTT client ({error}); pip install 'location-cloud[mqtt]'") from error
    client = Client(CallbackAPIVersion.VERSION2, broker.client, protocol=MQTTv5, manual_ack=True)
    if broker.user:
        client.username_pw_set(broker.user, broker.password)
    if broker.is_tls:
        client.tls_set()

    def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            LOG.error("the broker refuses us: %s", reason)
            return
        client.subscribe([(topic, 1) for topic in broker.topics])

    def took(_client: Any, _data: Any, message: Any) -> None:
        arrived.put(Message(message.topic, message.payload, message.mid, message.qos))

    client.on_connect, client.on_message = connected, took
    wishes: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # where paho is installed
    wishes.ReceiveMaximum = UNDER_WAY
    wishes.SessionExpiryInterval = SESSION_S
    client.reconnect_delay_set(RETRY_S, MOST_RETRY_S)
    client.connect(broker.host, broker.port, clean_start=False, properties=wishes)
    return client
