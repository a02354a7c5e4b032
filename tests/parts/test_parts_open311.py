"""The Open311 client of others, georeport, unmodified: services, definitions and requests of the served product."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

georeport = pytest.importorskip("georeport", reason="pip install georeport==0.3.1")
requests = pytest.importorskip("requests")

pytestmark = pytest.mark.parts

POTHOLE = "E0112"


@pytest.fixture(scope="module")
def base(served: str) -> str:
    return f"{served}/open311/v2"


@pytest.fixture(params=["json", "xml"])
def client(request: pytest.FixtureRequest, base: str) -> Any:
    return georeport.GeoReport(base, output_format=request.param)


@pytest.fixture(scope="module")
def made(base: str) -> list[str]:
    """Ids of two reports, posted as forms."""
    return [report(base, description=f"hole {number} & <more>") for number in range(2)]


def report(base: str, **fields: str) -> str:
    form = urlencode({"service_code": POTHOLE, "lat": "60.169", "long": "24.9458", **fields}).encode()
    with urlopen(f"{base}/requests.json", form, timeout=10) as answer:
        assert answer.status == 201
        return str(json.load(answer)[0]["service_request_id"])


def test_georeport_lists_services(client):
    found = {each["service_code"]: each for each in client.get_service_list()}
    assert len(found) > 100
    assert found[POTHOLE]["service_name"] == "道路破损"
    assert found[POTHOLE]["type"] == "realtime"


def test_georeport_reads_a_definition(client):
    told = client.get_service_definition("0118")
    assert told["service_code"] == "0118"
    assert "component" in str(told["attributes"])


def test_georeport_reads_one_request(client, made):
    told = client.get_service_request(made[0])
    assert told["service_request_id"] == made[0]
    assert told["description"] == "hole 0 & <more>"
    assert (float(told["lat"]), float(told["long"])) == (60.169, 24.9458)
    assert told["status"] == "open"


def test_georeport_chooses_requests(client, made):
    ids = [each["service_request_id"] for each in client.get_service_requests(",".join(made))]
    assert ids == made[::-1]
    hour = timedelta(hours=1)
    start, end = (f"{datetime.now(UTC) + part:%Y-%m-%dT%H:%M:%SZ}" for part in (-hour, hour))
    found = client.get_service_requests(service_code=POTHOLE, start_date=start, end_date=end, status="open")
    assert {each["service_request_id"] for each in found} >= set(made)


def test_georeport_names_a_jurisdiction(base, made):
    own = georeport.GeoReport(base, jurisdiction="default")
    assert own.get_service_request(made[0])["service_request_id"] == made[0]
    with pytest.raises(requests.HTTPError, match="404"):
        georeport.GeoReport(base, jurisdiction="elsewhere.gov").get_service_list()


def test_both_forms_of_the_client_tell_the_same_request(base, made):
    told = [georeport.GeoReport(base, output_format=form).get_service_request(made[1]) for form in ("json", "xml")]
    as_text = {name: None if value is None else str(value) for name, value in told[0].items()}
    assert as_text == told[1]


def test_a_wrong_report_is_told_in_words(base):
    with pytest.raises(HTTPError) as refusal:
        report(base, service_code="NONE")
    assert refusal.value.code == 404
    assert "service_code" in json.load(refusal.value)[0]["description"]
