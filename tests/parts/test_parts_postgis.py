"""The PostGIS that `make test-all` lays out is a real one: new enough, right on the ellipsoid, indexed."""

from collections.abc import Iterator

import psycopg
import pytest

pytestmark = pytest.mark.parts


@pytest.fixture
def connection(postgis_url: str) -> Iterator[psycopg.Connection]:
    opened = psycopg.connect(postgis_url)
    yield opened
    opened.close()  # without a commit: the next test finds nothing of this one


def answer(connection: psycopg.Connection, statement: str) -> object:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None


def test_server_is_postgresql_15_or_newer(connection: psycopg.Connection) -> None:
    assert connection.info.server_version >= 150000


def test_postgis_answers_with_its_libraries(connection: psycopg.Connection) -> None:
    version = str(answer(connection, "SELECT postgis_full_version()"))
    assert 'POSTGIS="3.' in version
    assert "GEOS=" in version
    assert "PROJ=" in version


def test_database_speaks_utf8_and_sorts_by_code_point(connection: psycopg.Connection) -> None:
    assert answer(connection, "SHOW server_encoding") == "UTF8"
    assert answer(connection, "SELECT datcollate FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
    assert answer(connection, "SELECT '大庆油田' || length('大庆油田')") == "大庆油田4"


def test_geography_distance_is_the_surveyed_one(connection: psycopg.Connection) -> None:
    # Flinders Peak to Buninyong. Source: GDA technical manual (ICSM), worked example of Vincenty's formula.
    distance_m = answer(
        connection,
        "SELECT ST_Distance('POINT(144.424867889 -37.951033417)'::geography, 'POINT(143.926495528 -37.652821139)')",
    )
    assert distance_m == pytest.approx(54972.271, abs=0.01)


def test_projection_data_is_found(connection: psycopg.Connection) -> None:
    # EPSG:4530, CGCS2000 / 3-degree Gauss-Kruger zone 42: its central meridian maps to the false easting.
    easting_m = answer(connection, "SELECT ST_X(ST_Transform('SRID=4490;POINT(126 46.6)'::geometry, 4530))")
    assert easting_m == pytest.approx(42_500_000)


def test_gist_index_serves_a_box_query(connection: psycopg.Connection) -> None:
    connection.execute(
        "CREATE TABLE well AS SELECT ST_Point(124 + n % 100 / 50.0, 46 + n / 5000.0, 4326) AS lonlat "
        "FROM generate_series(0, 9999) AS n"
    )
    connection.execute("CREATE INDEX well_lonlat ON well USING gist (lonlat)")
    connection.execute("ANALYZE well")
    plan = connection.execute(
        "EXPLAIN SELECT * FROM well WHERE lonlat && ST_MakeEnvelope(125.0, 46.5, 125.1, 46.6, 4326)"
    ).fetchall()
    assert "well_lonlat" in "\n".join(line for (line,) in plan)


def test_a_new_database_has_postgis_already(postgis_url: str) -> None:
    with psycopg.connect(postgis_url, autocommit=True) as server:
        server.execute("CREATE DATABASE copied")
        try:
            with psycopg.connect(postgis_url, dbname="copied") as copied:
                assert answer(copied, "SELECT postgis_lib_version()")
        finally:
            server.execute("DROP DATABASE copied WITH (FORCE)")
