"""An edit over HTTP on the served product: whichever of the two workers answers next shows it."""

from __future__ import annotations

import json
import urllib.request

import mapbox_vector_tile


def send(url, method="GET", body=None):
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), method=method)
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read(), answer.headers.get("ETag", "")


def feature(name):
    ring = [[24.94, 60.17], [24.95, 60.17], [24.95, 60.175], [24.94, 60.17]]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"name": name},
    }


def test_every_worker_shows_an_edit_at_once_and_under_one_etag(served):
    where = json.loads(send(f"{served}/v1/layers/yards/features", "POST", feature("0"))[0])["id"]
    for version in range(1, 6):
        send(f"{served}/v1/layers/yards/features/{where}?version={version}", "PUT", feature(str(version)))
        answers = [send(f"{served}/tiles/layers-yards/8/145/74.mvt") for _ in range(8)]  # a connection each
        found = {mapbox_vector_tile.decode(body)["yards"]["features"][0]["properties"]["name"] for body, _ in answers}
        assert found == {str(version)}
        assert len({etag for _, etag in answers}) == 1
