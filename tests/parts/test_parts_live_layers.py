from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

import mapbox_vector_tile
import psycopg
import pytest
from sqlalchemy import make_url

from location_cloud.app import create_app
from location_cloud.settings import Settings
from tests.conftest import copy_home

pytestmark = pytest.mark.parts
WRITERS, EACH = 4, 12


@pytest.fixture
def hosts(demo_home, postgis_url, tmp_path):
    """Two hosts of one city: each with its own home, both on one database."""
    name = f"layers_{secrets.token_hex(4)}"
    with psycopg.connect(postgis_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        url = make_url(postgis_url).set(database=name).render_as_string(hide_password=False)
        homes = [copy_home(demo_home, tmp_path / host) for host in ("a", "b") if not (tmp_path / host).mkdir()]
        apps = [create_app(Settings(home=home, log="off", live_url=url)) for home in homes]
        yield apps
        for app in apps:
            app.extensions["location_cloud"].close()
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def body(name):
    geometry = {"type": "Point", "coordinates": [24.9414, 60.17]}
    return {"type": "Feature", "geometry": geometry, "properties": {"name": name}}


def drawn(app):
    answer = app.test_client().get("/tiles/layers-wells/0/0/0.mvt")
    features = mapbox_vector_tile.decode(answer.data)["wells"]["features"] if answer.status_code == 200 else []
    return {each["id"]: each["properties"]["name"] for each in features}, answer.headers.get("ETag")


def test_what_one_host_writes_the_next_tile_of_the_other_shows(hosts):
    here, there = hosts
    where = here.test_client().post("/v1/layers/wells/features", json=body("1")).json["id"]
    assert drawn(there)[0] == {where: "1"}
    there.test_client().put(f"/v1/layers/wells/features/{where}?version=1", json=body("2"))
    assert drawn(here) == drawn(there) == ({where: "2"}, drawn(here)[1])
    here.test_client().delete(f"/v1/layers/wells/features/{where}?version=2")
    assert drawn(there)[0] == {}


def test_no_change_of_many_writers_is_missed(hosts):
    def write(number):
        client = hosts[number % 2].test_client()
        for step in range(EACH):
            where = client.post("/v1/layers/wells/features", json=body(f"{number}-{step}")).json["id"]
            drawn(hosts[(number + 1) % 2])
            if step % 3 == 0:
                client.delete(f"/v1/layers/wells/features/{where}?version=1")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    wanted = {f"{number}-{step}" for number in range(WRITERS) for step in range(EACH) if step % 3}
    assert [set(drawn(app)[0].values()) for app in hosts] == [wanted, wanted]
    assert drawn(hosts[0])[1] == drawn(hosts[1])[1]
