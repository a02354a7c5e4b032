"""Road networks built from drawings, through the real reader and the real section."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from location_cloud.capability import Built, Import
from location_cloud.roads.dataset import SECTION
from location_cloud.roads.edges import edge_access, edge_heads, edge_tails, rules_for
from location_cloud.roads.model import CAR, FLAGS, Roads
from location_cloud.storage.osm import read_osm
from tests.draw import Drawing


class Silent:
    def step(self, title: str, total: int = 0) -> None:
        pass

    def advance(self, units: int = 1) -> None:
        pass


@dataclass(frozen=True)
class City:
    """A built network that is asked by the signs of its drawing."""

    folder: Path
    roads: Roads
    built: Built
    names: dict[int, str]

    def edge(self, ends: str) -> int:
        """The edge between two signs, "AB"."""
        (found,) = [edge for edge, (tail, head) in enumerate(self.ends()) if tail + head == ends]
        return found

    def ends(self) -> list[tuple[str, str]]:
        osm_id = self.roads.node_osm_id
        pairs = zip(edge_tails(self.roads).tolist(), edge_heads(self.roads).tolist())
        return [(self.names[int(osm_id[tail])], self.names[int(osm_id[head])]) for tail, head in pairs]

    def along(self, what: str, ends: str) -> int:
        """What the columns seg_<what>_forward and _backward say of driving from one sign to the other."""
        edge = self.edge(ends)
        return int(getattr(self.roads, f"seg_{what}_{'backward' if edge & 1 else 'forward'}")[edge >> 1])

    def flags(self, ends: str) -> set[str]:
        """Names of the flags of the segment between two signs."""
        mask = int(self.roads.seg_flags[self.edge(ends) >> 1])
        return {name for name, bit in FLAGS.items() if mask & bit}

    def open_to(self, vehicle: int) -> set[str]:
        """Edges that somebody may use, as signs."""
        access = edge_access(self.roads)
        return {tail + head for (tail, head), mask in zip(self.ends(), access) if mask & vehicle}

    def rules(self, vehicle: int = CAR) -> set[str]:
        """Turn rules that bind somebody: "no ABC" is from AB into BC."""
        ends = self.ends()
        return {
            kind + " " + ends[edges[0]][0] + "".join(ends[edge][1] for edge in edges)
            for kind, edges in rules_for(self.roads, vehicle)
        }


Builder: TypeAlias = Callable[[Drawing | str], City]


@pytest.fixture
def build(tmp_path: Path) -> Builder:
    """Builds the network of a drawing, or of OSM elements written as text."""

    def build_city(drawing: Drawing | str) -> City:
        text = drawing.osm_xml() if isinstance(drawing, Drawing) else f'<osm version="0.6">{drawing}</osm>'
        names = dict(enumerate(sorted(drawing.lonlat), 1)) if isinstance(drawing, Drawing) else {}
        folder = Path(tempfile.mkdtemp(dir=tmp_path))
        (folder / "drawn.osm").write_text(text)
        return build_files([folder / "drawn.osm"], folder / "roads", names)

    return build_city


def build_files(files: list[Path], folder: Path, names: dict[int, str] | None = None) -> City:
    """The network of OSM files, built, checked and loaded."""
    osm, sources = read_osm(files, None, Silent())
    folder.mkdir()
    built = SECTION.build(Import("test", osm, sources, folder, None, (), Silent()), folder)
    SECTION.check(folder)
    roads = SECTION.load(folder)
    return City(folder, roads, built, names or {})
