"""Drawn road networks, asked by the signs of their drawing what their edges cost."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from location_cloud.capability import Import
from location_cloud.directions.costs import edge_costs
from location_cloud.directions.model import Options
from location_cloud.directions.profiles import load_profiles
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import edge_heads, edge_tails
from location_cloud.roads.model import Roads
from location_cloud.storage.osm import read_osm
from routing.trip import CLOSED
from tests.conftest import Silent
from tests.draw import draw_roads

PROFILES = load_profiles()
PLAIN = Options()
DAQING = (125.1, 46.6)


@dataclass(frozen=True)
class Town:
    """A drawn network that is asked by the signs of its drawing."""

    roads: Roads
    edges: dict[str, int]

    def ms(self, edge, profile="car", options=PLAIN, at=None, speeds=None, local=False):
        """Milliseconds of an edge "AB"; None = closed."""
        costs = edge_costs(self.roads, PROFILES[profile], options, at, speeds)
        cost = int((costs.local_ms if local else costs.cost_ms)[self.edges[edge]])
        return None if cost == CLOSED else cost

    def length_m(self, edge):
        return float(self.roads.seg_length_m[self.edges[edge] // 2])

    def kmh(self, edge, profile="car", options=PLAIN, at=None):
        """Speed driven on an edge without signals and signs."""
        return round(self.length_m(edge) * 3600 / self.ms(edge, profile, options, at), 1)


def read_roads(file: Path) -> Roads:
    osm, sources = read_osm([file], None, Silent())
    folder = Path(tempfile.mkdtemp(dir=file.parent if file.name == "drawn.osm" else None))
    ROADS.build(Import("test", osm, sources, folder, None, (), Silent()), folder)
    return ROADS.load(folder)


def build_town(folder, ways=None, text="A---B", nodes=None, origin=DAQING) -> Town:
    """The network of a drawing, through a real .osm file in the folder."""
    drawing = draw_roads(text, ways=ways, nodes=nodes, origin=origin)
    file = folder / "drawn.osm"
    file.write_text(drawing.osm_xml(), "utf-8")
    roads = read_roads(file)
    names = dict(enumerate(sorted(drawing.lonlat), 1))
    signs = [names[each] for each in roads.node_osm_id.tolist()]
    ends = zip(edge_tails(roads).tolist(), edge_heads(roads).tolist())
    return Town(roads, {signs[tail] + signs[head]: edge for edge, (tail, head) in enumerate(ends)})
