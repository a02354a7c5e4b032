"""The console's script for state tiles, in a real browser on the served product, with simulated levels."""

from __future__ import annotations

import importlib.resources

import numpy as np
import pytest

from location_cloud.live_values import LiveValues
from location_cloud.storage.snapshot import Snapshots
from tests.conftest import Served
from tests.maps.live_streets import import_with_levels

pytestmark = pytest.mark.parts

SHOW = """async () => {
  const { Map } = await import('/console/js/maplibre.js');
  const { followStates } = await import('/console/js/live_states.js');
  const box = document.createElement('div');
  box.style.cssText = 'position:fixed;inset:0;width:500px;height:400px';
  document.body.append(box);
  const color = ['match', ['feature-state', 'level'], 'jammed', '#f00', '#888'];
  window.map = new Map({ container: box, center: [24.9414, 60.17], zoom: 14.5, style: {
    version: 8, sources: { live: { type: 'vector', url: location.origin + '/tiles/simulated-geometry.json' } },
    layers: [{ id: 'l', type: 'line', source: 'live', 'source-layer': 'levels', paint: { 'line-color': color } }] } });
  await new Promise((done) => map.once('idle', done));
  window.stop = await followStates(map, { set: '/tiles/simulated.json', source: 'live', everyMs: 100 });
  window.levels = () => map.querySourceFeatures('live', { sourceLayer: 'levels' })
    .map(({ id }) => map.getFeatureState({ source: 'live', sourceLayer: 'levels', id }).level);
  return levels().length;
}"""


@pytest.fixture
def home(tmp_path):
    demo = importlib.resources.files("location_cloud.data") / "demo/helsinki-centre.osm.pbf"
    with importlib.resources.as_file(demo) as file:
        import_with_levels(tmp_path, file)
    return tmp_path


def test_a_page_shows_published_levels_without_new_geometry(home, browser):
    server, snapshots = Served(home, LOCATION_CLOUD_LOG="off"), Snapshots(home)
    levels = LiveValues.open(snapshots.open(snapshots.current_id()).folder, "simulated")
    page = browser.new_page()
    try:
        server.wait_until_ready()
        page.goto(server.url)
        asked = []
        assert page.evaluate(SHOW) > 100
        page.on("request", lambda request: asked.append(request.url))
        rows = np.arange(len(levels.values), dtype=np.int32)
        levels.publish("levels", rows, np.full(len(rows), 3, np.uint8))
        page.wait_for_function("() => levels().filter((level) => level === 'jammed').length > 100", timeout=20_000)
        assert asked
        assert all(address.endswith(".bin") for address in asked if "/simulated" in address)
    finally:
        page.close()
        levels.close()
        server.stop()
