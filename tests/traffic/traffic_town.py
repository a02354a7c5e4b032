"""A drawn town with a published picture of its traffic, asked through the web; its numbers are made up for tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from flask import Flask

from location_cloud.app import create_app, utc_now
from location_cloud.directions.live import edge_keys
from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.roads.edges import edge_key
from location_cloud.roads.model import Roads
from location_cloud.settings import Settings
from location_cloud.storage.live import Live
from location_cloud.storage.snapshot import Snapshots
from location_cloud.traffic.drawing import feature_ids
from location_cloud.traffic.levels import level_of, load_levels
from location_cloud.traffic.model import LIVE
from location_cloud.traffic.model_picture import Picture, empty_picture
from location_cloud.traffic.now import Publisher
from tests.draw import Drawing, draw_roads
from tiles.mercator import tiles_in_bbox

MAP = """
    A---B---C
    |   |   |
    D---E---F
"""
WAYS = {
    "ABC": {"highway": "primary", "name": "中七路", "maxspeed": "60"},
    "DEF": {"highway": "residential", "name": "纬二路"},
    "AD": {"highway": "secondary", "name": "西路", "ref": "S1"},
    "BE": {"highway": "tertiary", "name": "中路"},
    "CF": {"highway": "secondary", "name": "东路", "oneway": "yes"},
}
FREE_KMH = 50.0


def draw_town() -> Drawing:
    """The town as a drawing."""
    return draw_roads(MAP, ways={way: dict(tags) for way, tags in WAYS.items()})


@dataclass
class Town:
    """One home's web application and the publisher of its traffic."""

    home: Path
    app: Flask
    names: Mapping[int, str]

    def __post_init__(self) -> None:
        snapshots = Snapshots(self.home)
        snapshot_id = snapshots.current_id()
        assert snapshot_id is not None
        self.snapshot = snapshots.open(snapshot_id)
        self.roads: Roads = self.snapshot.section(ROADS)
        self.publisher = Publisher(self.roads, self.snapshot.folder)
        self.live: Live = self.app.extensions["location_cloud"].live

    def edge(self, ends: str) -> int:
        """The edge from one sign to the next, "AB"."""
        number = {name: osm for osm, name in self.names.items()}
        ids = self.roads.node_osm_id
        for segment in range(self.roads.segment_count):
            signs = [int(ids[side[segment]]) for side in (self.roads.seg_from, self.roads.seg_to)]
            if signs == [number[end] for end in ends]:
                return 2 * segment
            if signs == [number[end] for end in reversed(ends)]:
                return 2 * segment + 1
        raise KeyError(ends)

    def key(self, ends: str) -> str:
        return edge_key(self.roads, self.edge(ends))

    def tile_id(self, ends: str) -> Any:
        """The id of an edge's feature on the map, (1,)."""
        return feature_ids(edge_keys(self.roads)[[self.edge(ends)]])

    def tile(self, z: int = 14) -> tuple[int, int]:
        """Column and row of the tile that the first junction lies in."""
        lon, lat = self.roads.node_e7[0] / 1e7
        (_, x, y), *_ = tiles_in_bbox(lon, lat, lon, lat, z).tiles()
        return x, y

    def picture(self, kmh: Mapping[str, float], source: int = LIVE, closed: str = "", **more: Any) -> Picture:
        """A picture of some speeds: "AB": 20.0; free flow is 50 km/h everywhere. closed: one edge."""
        empty = empty_picture(2 * self.roads.segment_count)
        estimate, levels = empty.estimate, load_levels()
        columns = {
            name: np.array(getattr(estimate, name))
            for name in ("kmh", "source", "samples", "age_s", "is_simulated", "variance")
        }
        free = np.full(len(estimate.kmh), FREE_KMH, np.float32)
        for ends, value in kmh.items():
            edge = self.edge(ends)
            columns["kmh"][edge], columns["source"][edge] = value, source
            columns["samples"][edge], columns["age_s"][edge], columns["variance"][edge] = 3, 20.0, 4.0
            columns["is_simulated"][edge] = more.get("simulated_drives", 0) > 0
        level = level_of(columns["kmh"], free, levels.groups(self.roads), levels)
        at_s = utc_now().timestamp()
        estimate = replace(estimate, at_s=at_s, free_flow_kmh=free, level=level, **columns)
        is_closed = np.zeros(len(free), bool)
        if closed:
            is_closed[self.edge(closed)] = True
        return replace(empty, estimate=estimate, is_closed=is_closed, version=int(1000 * at_s), **more)

    def publish(self, kmh: Mapping[str, float], **more: Any) -> Picture:
        picture = self.picture(kmh, **more)
        self.publisher.publish(picture)
        return picture

    def get(self, path: str, **headers: str) -> Any:
        return self.app.test_client().get(path, headers=headers)

    def close(self) -> None:
        self.publisher.close()
        self.app.extensions["location_cloud"].close()


def open_town(home: Path) -> Town:
    """The town of a home, served."""
    names = dict(enumerate(sorted(draw_town().lonlat), 1))
    return Town(home, create_app(Settings(home=home, log="off")), names)
