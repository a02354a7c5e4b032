"""Roads with the car's network alone: drawn ones, and the centre of Helsinki."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from location_cloud.directions.costs import edge_costs
from location_cloud.directions.dataset import build_family, build_network
from location_cloud.directions.network import Network
from location_cloud.directions.profiles import load_profiles
from location_cloud.directions.star import build_star
from location_cloud.roads.edges import edge_heads, edge_tails
from location_cloud.roads.model import Roads
from tests.conftest import ROOT
from tests.directions.town import read_roads
from tests.draw import Drawing, draw_roads

CAR = load_profiles()["car"]


@dataclass(frozen=True)
class Town:
    """Roads, the car's network on them, and where edges lead."""

    roads: Roads
    network: Network
    drawing: Drawing | None = None

    @cached_property
    def edges(self) -> dict[str, int]:
        """The edges of a drawing by its signs: "AB"."""
        names = dict(enumerate(sorted(self.drawing.lonlat), 1))
        signs = [names[each] for each in self.roads.node_osm_id.tolist()]
        ends = zip(edge_tails(self.roads).tolist(), edge_heads(self.roads).tolist())
        return {signs[tail] + signs[head]: edge for edge, (tail, head) in enumerate(ends)}


def car_town(file: Path, drawing: Drawing | None = None) -> Town:
    roads = read_roads(file)
    costs = edge_costs(roads, CAR)
    family = build_family(roads, CAR.family, (CAR,), {CAR.name: costs}, build_star(roads))
    return Town(roads, build_network(family, CAR, costs), drawing)


@pytest.fixture
def drawn_town(tmp_path: Path) -> Any:
    """A function: drawing, ways and what else `draw_roads` takes -> Town."""

    def build(text: str, **more: Any) -> Town:
        drawing = draw_roads(text, **more)
        file = tmp_path / "drawn.osm"
        file.write_text(drawing.osm_xml(), "utf-8")
        return car_town(file, drawing)

    return build


@pytest.fixture(scope="session")
def helsinki(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """The shipped extract: 30,000 edges of which cars use a third."""
    file = tmp_path_factory.mktemp("helsinki") / "centre.osm.pbf"
    shutil.copy(ROOT / "data/demo/helsinki-centre.osm.pbf", file)
    return car_town(file)
