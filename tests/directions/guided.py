"""Drives over drawn roads, told as steps: the way is given, so that only the guidance is asked."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np

from location_cloud.directions.guidance import as_steps, build_guide, guide_leg
from location_cloud.directions.model import Leg, LegShape, Step
from location_cloud.directions.star import build_star
from location_cloud.roads.dataset import build_roads
from location_cloud.roads.edges import edge_access, edge_heads, edge_tails
from location_cloud.roads.model import BICYCLE, CAR, FOOT
from location_cloud.storage.osm import read_osm
from routing.metric import lengths_along_m
from routing.shape import build_edge_shapes, path_shape
from routing.trip import CLOSED

SILENT = SimpleNamespace(step=lambda title, total=0: None, advance=lambda units=1: None)
ACCESS = {"driving": CAR, "cycling": BICYCLE, "walking": FOOT}


class Town:
    """A drawing as roads and guide."""

    def __init__(self, drawing):
        self.drawing = drawing
        with TemporaryDirectory() as folder:
            file = Path(folder) / "drawn.osm"
            file.write_text(drawing.osm_xml(), "utf-8")
            self.roads, _ = build_roads(read_osm([file], None, SILENT)[0])
        self.star = build_star(self.roads)
        self.guide = build_guide(self.roads, self.star)
        edge = np.arange(2 * self.roads.segment_count)
        self.shapes = build_edge_shapes(self.roads.shape_start, self.roads.shape_e7, edge // 2, edge % 2 == 1)
        signs = dict(enumerate(sorted(drawing.lonlat), 1))
        self.sign = [signs[int(number)] for number in self.roads.node_osm_id]

    def path(self, signs: str) -> list[int]:
        """The edges past these junctions."""
        at = {
            self.sign[tail] + self.sign[head]: edge
            for edge, (tail, head) in enumerate(zip(edge_tails(self.roads), edge_heads(self.roads)))
        }
        return [at[one + other] for one, other in pairwise(signs)]

    def open_ms(self, mode: str, closed: Sequence[str] = ()) -> np.ndarray:
        is_open = edge_access(self.roads) & ACCESS[mode] != 0
        is_open[[self.path(pair)[0] for pair in closed]] = False
        return np.where(is_open, 1000, CLOSED).astype(np.int32)

    def leg(self, signs: str, first: float = 0.0, last: float = 1.0) -> tuple[Leg, LegShape]:
        edges = np.array(self.path(signs), np.int32)
        line, begins = path_shape(self.shapes, edges, first, last)
        return (
            Leg(edges, first, last, np.full(len(edges), 1000, np.int64)),
            LegShape(line, begins, lengths_along_m(line)),
        )

    def arrays(self, signs, mode="driving", first=0.0, last=1.0, start=None, end=None, closed=()):
        leg, shape = self.leg(signs, first, last)
        ends = [tuple(shape.line_e7[place] / 1e7) for place in (0, -1)]
        return guide_leg(
            self.guide,
            self.open_ms(mode, closed),
            leg,
            shape,
            start or ends[0],
            end or ends[1],
            mode,
            ACCESS[mode],
            True,
        ), shape

    def steps(self, signs: str, mode: str = "driving", **others) -> tuple[Step, ...]:
        """The steps of a drive past these junctions."""
        arrays, shape = self.arrays(signs, mode, **others)
        return as_steps(self.guide, arrays, shape)


def told(town: Town, signs: str, mode: str = "driving", **others) -> list[str]:
    """What lies between departure and arrival, "turn left BC": kind, modifier, exit and road."""
    steps = town.steps(signs, mode, **others)[1:-1]
    return [
        " ".join(filter(None, (step.kind, step.modifier, f"{step.exit or ''}", step.name or step.ref)))
        for step in steps
    ]
