"""Fixes over a real broker: kept before they are acknowledged, and repeated by the broker if they were not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import orjson
import pytest

from location_cloud.app import utc_now
from location_cloud.storage.live import open_live
from location_cloud.tracks import service
from location_cloud.tracks.service_mqtt import Broker, follow
from location_cloud.tracks.store import MIGRATIONS
from tests.parts.mosquitto import start_mosquitto

pytestmark = pytest.mark.parts
mqtt = pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed: the extra [mqtt]")

ROOT = Path(__file__).parents[2]
LIMIT_S = 20


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with start_mosquitto(tmp_path_factory.mktemp("mosquitto")) as port:
        yield port


@pytest.fixture
def live(tmp_path):
    store = open_live("", tmp_path)
    store.migrate({"tracks": MIGRATIONS})
    yield store
    store.close()


@pytest.fixture
def publish(port):
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", port)
    client.loop_start()

    def publish(topic, content):
        payload = content if isinstance(content, bytes) else orjson.dumps(content)
        client.publish(topic, payload, qos=1).wait_for_publish(LIMIT_S)

    yield publish
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def followed(port, live, tmp_path, request):
    """A subscriber that is listening, on topics of the test's own."""
    stop, name = threading.Event(), request.node.name
    broker = Broker("127.0.0.1", port, (f"{name}/#", "owntracks/+/+"), client=name)
    thread = threading.Thread(target=follow, args=(broker, live, tmp_path, "a", utc_now, stop.is_set))
    thread.start()
    time.sleep(0.5)  # until it is subscribed
    yield name
    stop.set()
    thread.join()


BEGUN_S = time.time() - 1000


def fix(step, device="bus"):
    return {"device": device, "time": BEGUN_S + step, "lon": 125.1, "lat": 46.6}


def wait_for(live, count, limit_s=LIMIT_S):
    end = time.monotonic() + limit_s
    while len(fixes := service.read_after(live, "a", 0)) < count and time.monotonic() < end:
        time.sleep(0.02)
    return fixes


def test_fixes_of_every_form_arrive(followed, publish, live):
    publish(f"{followed}/bus", fix(0))
    publish(f"{followed}/bus", [fix(1), fix(2)])
    publish(f"{followed}/bus", {"fixes": [fix(3)]})
    publish(
        "owntracks/wang/phone", {"_type": "location", "tst": time.time() - 60, "lat": 46.6, "lon": 125.1, "vel": 36}
    )
    fixes = wait_for(live, 5)
    assert sorted(set(fixes.device_names.values())) == ["bus", "wang:phone"]
    assert sorted(fixes.source.tolist()) == ["mqtt"] * 4 + ["owntracks"]


def test_what_cannot_be_read_does_not_stop_what_comes_after(followed, publish, live):
    for payload in (b"no json", b"", b"7", b'{"device": 7}', b'{"fixes": [{}]}', b"[[]]", b"\xff"):
        publish(f"{followed}/x", payload)
    publish(f"{followed}/x", fix(0))
    assert len(wait_for(live, 1)) == 1


@pytest.fixture
def start_taker(port, tmp_path):
    """Starts the command; gives its process once it follows."""
    options = ["--port", str(port), "--topic", "killed/#", "--client", "killed", "--tenant", "a"]
    environment = {**os.environ, "LOCATION_CLOUD_HOME": str(tmp_path)}

    def start():
        return subprocess.Popen(
            [sys.executable, "-m", "location_cloud", "tracks", "mqtt", *options], cwd=ROOT, env=environment
        )

    return start


def test_fixes_that_a_killed_process_did_not_acknowledge_come_again(start_taker, publish, live):
    taker = start_taker()
    while not len(wait_for(live, 1, limit_s=0.2)):
        publish("killed/x", fix(0))  # until its session is known to the broker
    for step in range(1, 600):
        publish("killed/x", fix(step))
        if step in (200, 400):
            taker.kill()
            taker.wait()
            taker = start_taker()
    assert len(wait_for(live, 600)) == 600
    taker.send_signal(signal.SIGTERM)
    assert taker.wait(LIMIT_S) == 0
