"""Maps drawn as text: roads as an OSM file or as arrays, areas as polygons.

    drawing = draw_roads('''
        A---B---C
            |
            D
    ''', restrictions=[("no_left_turn", "CB", "B", "BD")])

One character is `grid_m` metres both ways; A is 4 characters = 400 m west of B. Capital letters are junctions, small
letters and digits only bend the road (unless a way ends there or two ways meet). Without `ways`, each drawn line from
one junction to the next is a way named by its signs; - | / and \\ draw lines, + crosses two of them. With `ways`, the
names say what is joined and the lines are for the eye. A way is driven both ways unless its tags say otherwise; its
name may be given in either direction when a restriction or an edge is meant.
"""

import math
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import shapely

ORIGIN = (125.1, 46.6)
"""Where the first character of a map lies, lon and lat: Daqing."""

SPEED_KMH = 36.0
"""Where no maxspeed is given: 10 m a second, so that a map can be timed by eye."""

CLOSED = 2**31 - 1
Restriction = tuple[str, str, str | tuple[str, ...], str]
_STEPS = [("-", (0, 1)), ("|", (1, 0)), ("\\", (1, 1)), ("/", (1, -1))]


@dataclass(frozen=True)
class Drawing:
    """Roads read from a drawing; `lonlat` holds every sign's place in degrees, `xy_m` in metres from the first one."""

    lonlat: dict[str, tuple[float, float]]
    xy_m: dict[str, tuple[float, float]]
    ways: dict[str, dict[str, str]]
    restrictions: list[Restriction] = field(default_factory=list)
    nodes: dict[str, dict[str, str]] = field(default_factory=dict)

    def osm_xml(self) -> str:
        """The drawing as an .osm file: nodes 1.. in alphabetical order, ways 1.. and relations 1.. as written."""
        root = ElementTree.Element("osm", version="0.6", generator="drawn")
        ids = {name: str(number) for number, name in enumerate(sorted(self.lonlat), 1)}
        way_ids = {way: str(number) for number, way in enumerate(self.ways, 1)}
        meta = {"version": "1", "timestamp": "2026-01-01T00:00:00Z"}
        for name, number in ids.items():
            lon, lat = self.lonlat[name]
            node = ElementTree.SubElement(root, "node", id=number, lat=f"{lat:.7f}", lon=f"{lon:.7f}", **meta)
            _tag(node, self.nodes.get(name, {}))
        for way, tags in self.ways.items():
            element = ElementTree.SubElement(root, "way", id=way_ids[way], **meta)
            for name in way:
                ElementTree.SubElement(element, "nd", ref=ids[name])
            _tag(element, {"name": way, **tags})
        for number, (kind, origin, via, to) in enumerate(self.restrictions, 1):
            relation = ElementTree.SubElement(root, "relation", id=str(number), **meta)
            members = [("way", way_ids[self.way(origin)], "from")]
            for part in (via,) if isinstance(via, str) else via:
                is_node = len(part) == 1
                member = ("node", ids[part], "via") if is_node else ("way", way_ids[self.way(part)], "via")
                members.append(member)
            members.append(("way", way_ids[self.way(to)], "to"))
            for type_, ref, role in members:
                ElementTree.SubElement(relation, "member", type=type_, ref=ref, role=role)
            _tag(relation, {"type": "restriction", "restriction": kind})
        ElementTree.indent(root)
        return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"

    def way(self, name: str) -> str:
        """The key of a way, given in either direction."""
        for key in (name, name[::-1]):
            if key in self.ways:
                return key
        raise KeyError(f"no way {name} is drawn; there are {', '.join(self.ways)}")

    def network(self) -> "Network":
        """The roads as arrays: junctions as nodes, pieces between them as segments, directions as edges."""
        used = Counter(name for way in self.ways for name in way)
        ends = {name for way in self.ways for name in (way[0], way[-1])}
        junctions = sorted(name for name in used if name.isupper() or name in ends or used[name] > 1)
        network = Network(self, {name: number for number, name in enumerate(junctions)})
        for way, tags in self.ways.items():
            cuts = [i for i, name in enumerate(way) if name in network.nodes]
            for i, j in pairwise(cuts):
                network.add_segment(way[i : j + 1], way, tags)
        return network


@dataclass
class Network:
    """The arrays of a drawing. `names[e]` spells the signs edge e passes; `rules` are for `expand_restrictions`."""

    drawing: Drawing
    nodes: dict[str, int]
    names: list[str] = field(default_factory=list)
    edge_way: list[str] = field(default_factory=list)
    edge_segment: list[int] = field(default_factory=list)
    edge_reversed: list[bool] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)

    def add_segment(self, name: str, way: str, tags: Mapping[str, str]) -> None:
        length_m = sum(math.dist(self.drawing.xy_m[a], self.drawing.xy_m[b]) for a, b in pairwise(name))
        cost = round(length_m * 3600.0 / float(tags.get("maxspeed", SPEED_KMH)))
        oneway = {"yes": [False], "-1": [True]}.get(tags.get("oneway", "no"), [False, True])
        for backwards in oneway:
            self.names.append(name[::-1] if backwards else name)
            self.edge_way.append(way)
            self.edge_segment.append(len(self.segments))
            self.edge_reversed.append(backwards)
            self.costs.append(cost)
        self.segments.append(name)

    @property
    def edge_tail(self) -> np.ndarray:
        return np.array([self.nodes[name[0]] for name in self.names], np.int32)

    @property
    def edge_head(self) -> np.ndarray:
        return np.array([self.nodes[name[-1]] for name in self.names], np.int32)

    @property
    def cost_ms(self) -> np.ndarray:
        return np.array(self.costs, np.int32)

    @property
    def shape_start(self) -> np.ndarray:
        return np.cumsum([0, *map(len, self.segments)]).astype(np.int32)

    @property
    def shape_e7(self) -> np.ndarray:
        points = [self.drawing.lonlat[name] for segment in self.segments for name in segment]
        return np.rint(np.array(points, np.float64).reshape(-1, 2) * 1e7).astype(np.int32)

    @property
    def rules(self) -> list[tuple[str, list[int]]]:
        return [
            (kind.split("_")[0], self._rule(origin, via, to)) for kind, origin, via, to in self.drawing.restrictions
        ]

    def edge(self, name: str, way: str | None = None) -> int:
        """The edge that passes these signs in this order, or from the first to the last; `way` tells parallel ones."""
        for alike in (lambda own: own == name, lambda own: len(name) == 2 and own[0] + own[-1] == name):
            for edge, own in enumerate(self.names):
                if alike(own) and (way is None or self.drawing.way(way) == self.edge_way[edge]):
                    return edge
        raise KeyError(f"no edge {name} is drawn; there are {', '.join(self.names)}")

    def drive(self, names: str) -> list[int]:
        """The edges of a drive past these junctions: "ABD" is the edge AB, then BD."""
        return [self.edge(a + b) for a, b in pairwise(names)]

    def spell(self, edges: Sequence[int]) -> str:
        """The junctions a drive passes, the inverse of `drive`."""
        return "".join([self.names[edges[0]][0], *(self.names[edge][-1] for edge in edges)]) if len(edges) else ""

    def oracle_edges(self) -> list[tuple[int, int, int | None]]:
        """The edges as the oracle takes them."""
        return list(zip(self.edge_tail.tolist(), self.edge_head.tolist(), self.costs))

    def _rule(self, origin: str, via: str | tuple[str, ...], to: str) -> list[int]:
        steps = [via] if isinstance(via, str) else list(via)
        ways = [self.drawing.way(step) for step in steps if len(step) > 1]
        found = []
        for first in self._of_way(origin):
            if len(steps[0]) == 1 and self.names[first][-1] != steps[0]:
                continue
            for middle in self._through(self.names[first][-1], ways):
                at = self.names[middle[-1] if middle else first][-1]
                found += [[first, *middle, last] for last in self._of_way(to) if self.names[last][0] == at]
        if len(found) != 1:
            raise ValueError(f"restriction from {origin} via {via} to {to} fits {len(found)} drives; cut ways at via")
        return found[0]

    def _through(self, at: str, ways: Sequence[str]) -> list[list[int]]:
        if not ways:
            return [[]]
        for names in (ways[0], ways[0][::-1]):
            if names[0] == at:
                inside = [name for name in names if name in self.nodes]
                middle = [self.edge(a + b, ways[0]) for a, b in pairwise(inside)]
                return [middle + rest for rest in self._through(names[-1], ways[1:])]
        return []

    def _of_way(self, way: str) -> list[int]:
        return [edge for edge, own in enumerate(self.edge_way) if own == self.drawing.way(way)]


def draw_roads(
    text: str,
    ways: Mapping[str, Mapping[str, str]] | None = None,
    restrictions: Sequence[Restriction] = (),
    grid_m: float = 100.0,
    nodes: Mapping[str, Mapping[str, str]] | None = None,
    origin: tuple[float, float] = ORIGIN,
) -> Drawing:
    """The roads of a drawing.

    ways: name (the signs it passes) -> OSM tags; without "highway" it is residential; None = as the lines are drawn.
    restrictions: (restriction=*, from way, via node or way or ways, to way). nodes: sign -> OSM tags.
    """
    rows = _rows(text)
    cells = {(r, c): sign for r, row in enumerate(rows) for c, sign in enumerate(row) if sign.isalnum()}
    if repeated := [sign for sign, times in Counter(cells.values()).items() if times > 1]:
        raise ValueError(f"{repeated} are drawn more than once")
    xy_m = {sign: (c * grid_m, -r * grid_m) for (r, c), sign in cells.items()}
    named = {way: {} for way in _trace(rows, cells)} if ways is None else ways
    for way in named:
        if unknown := [sign for sign in way if sign not in xy_m]:
            raise ValueError(f"way {way} passes {unknown}, which the map lacks")
    return Drawing(
        {sign: _lonlat(xy, origin) for sign, xy in xy_m.items()},
        xy_m,
        {way: {"highway": "residential", **tags} for way, tags in named.items()},
        list(restrictions),
        {sign: dict(tags) for sign, tags in (nodes or {}).items()},
    )


def draw_areas(
    text: str, grid_m: float = 100.0, origin: tuple[float, float] = ORIGIN
) -> dict[str, shapely.Polygon | shapely.MultiPolygon]:
    """The areas of a drawing by letter, lon and lat: each character is a square of `grid_m`, dots are nobody's."""
    squares: dict[str, list[shapely.Polygon]] = {}
    for r, row in enumerate(_rows(text)):
        for c, sign in enumerate(row):
            if sign not in " .":
                corners = [_lonlat((x * grid_m, -y * grid_m), origin) for x, y in _square(r, c)]
                squares.setdefault(sign, []).append(shapely.Polygon(corners))
    # Shared corners are equal numbers, so the union is exact; normalizing makes two drawings comparable.
    return {sign: shapely.normalize(shapely.union_all(parts).simplify(0.0)) for sign, parts in squares.items()}


def _square(r: int, c: int) -> list[tuple[int, int]]:
    return [(c, r + 1), (c + 1, r + 1), (c + 1, r), (c, r)]


def _rows(text: str) -> list[str]:
    lines = textwrap.dedent(text).split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def _lonlat(xy_m: tuple[float, float], origin: tuple[float, float]) -> tuple[float, float]:
    """The place east and north of the origin, in the plane that touches the WGS-84 ellipsoid there, to 1e-7 degree."""
    sine2 = math.sin(math.radians(origin[1])) ** 2
    w2 = 1.0 - 0.00669437999014 * sine2
    prime_vertical = 6_378_137.0 / math.sqrt(w2)
    meridian = prime_vertical * (1.0 - 0.00669437999014) / w2
    lon = origin[0] + math.degrees(xy_m[0] / (prime_vertical * math.cos(math.radians(origin[1]))))
    return round(lon, 7), round(origin[1] + math.degrees(xy_m[1] / meridian), 7)


def _trace(rows: Sequence[str], cells: Mapping[tuple[int, int], str]) -> list[str]:
    """The ways of the lines drawn, each once, in reading order of their first sign; small letters bend them."""
    joined: dict[str, list[str]] = {}
    for (r, c), sign in sorted(cells.items()):
        for line, (down, right) in _STEPS:
            at, drawn = (r + down, c + right), 0
            while _sign(rows, at) in (line, "+"):
                at, drawn = (at[0] + down, at[1] + right), drawn + 1
            if drawn and at in cells:
                joined.setdefault(sign, []).append(cells[at])
                joined.setdefault(cells[at], []).append(sign)
    ways: list[str] = []
    for sign in cells.values():
        for following in joined.get(sign, ()):
            way = sign + following
            while not way[-1].isupper() and len(joined[way[-1]]) == 2 and way[-1] not in way[:-1]:
                way += next((other for other in joined[way[-1]] if other != way[-2]), way[-2])
            if (sign.isupper() or len(joined[sign]) != 2) and way[::-1] not in ways:
                ways.append(way)
    return ways


def _sign(rows: Sequence[str], at: tuple[int, int]) -> str:
    r, c = at
    return rows[r][c] if 0 <= r < len(rows) and 0 <= c < len(rows[r]) else " "


def _tag(element: ElementTree.Element, tags: Mapping[str, str]) -> None:
    for key, value in tags.items():
        ElementTree.SubElement(element, "tag", k=key, v=value)
