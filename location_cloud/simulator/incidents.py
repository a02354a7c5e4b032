"""What happens on the roads of a simulation: a script from a file, or one made up from a seed."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from location_cloud.errors import BadInput
from location_cloud.roads.edges import edge_heads, edge_key, edge_line_e7, edge_tails, find_edge
from location_cloud.roads.model import Roads
from location_cloud.simulator.chance import uniform
from location_cloud.simulator.city import City
from location_cloud.simulator.model import Incident

FACTORS = {"closure": 0.0, "accident": 0.3, "roadworks": 0.6}
"""Kinds, and what is left of the speed unless the script says otherwise. Ours: an accident on a two-lane road takes
two thirds of its capacity (HCM 2010, exhibit 10-17)."""

SEVERITIES = ((0.45, "major"), (0.75, "moderate"), (1.0, "minor"))
"""Words of /v1/incidents for what is left of the speed, each up to a share; by what it takes them to mean."""

KIND_SHARES = (0.25, 0.5, 0.25)
LASTS_S = (1800.0, 7200.0)
MOST_INCIDENTS, MOST_EDGES = 1000, 5000

_EDGE, _KIND, _BEGIN, _LASTS = range(601, 605)


def make_incidents(
    roads: Roads, city: City, seed: int, count: int, begin_s: float, end_s: float
) -> tuple[Incident, ...]:
    """So many incidents between two times, on roads that suffer much. Accidents hold up the edges before them, too."""
    weight = np.cumsum(np.repeat(city.length_m, 2) * city.suffering * ~np.isnan(city.free_kmh))
    if not len(weight) or weight[-1] <= 0:
        return ()
    number = np.arange(count)
    edges = np.searchsorted(weight, uniform(seed, _EDGE, number) * weight[-1], "right")
    kinds = np.searchsorted(np.cumsum(KIND_SHARES)[:-1], uniform(seed, _KIND, number), "right")
    begin = begin_s + uniform(seed, _BEGIN, number) * max(end_s - begin_s - LASTS_S[0], 0.0)
    end = np.minimum(begin + LASTS_S[0] + uniform(seed, _LASTS, number) * (LASTS_S[1] - LASTS_S[0]), end_s)
    head, tail = edge_heads(roads), edge_tails(roads)
    found = []
    for i, edge in enumerate(edges.tolist()):
        kind = list(FACTORS)[int(kinds[i])]
        touched = [edge, edge ^ 1] if kind == "closure" else [edge]
        if kind == "accident":
            touched += [other for other in np.flatnonzero(head == tail[edge]).tolist() if other != edge ^ 1]
        open_edges = tuple(each for each in touched if not np.isnan(city.free_kmh[each]))
        where = roads.names[int(roads.seg_name[edge >> 1])] or edge_key(roads, edge)
        text = f"simulated {kind}: {where}"
        found.append(
            Incident(kind, open_edges, float(begin[i] // 60 * 60), float(end[i] // 60 * 60), FACTORS[kind], text)
        )
    return tuple(found)


def read_incidents(file: Path, roads: Roads) -> tuple[Incident, ...]:
    """The incidents of a JSON file: [{"kind", "edges": ["way:position:f", ...], "begin", "end", "speed_factor",
    "description"}, ...]; the last two may be left out, times are RFC 3339.

    Raises BadInput naming the place and what is wrong.
    """
    try:
        rows = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise BadInput(f"{file}: cannot be read as JSON: {error}") from None
    if not isinstance(rows, list) or len(rows) > MOST_INCIDENTS:
        raise BadInput(f"{file}: must be a list of at most {MOST_INCIDENTS} incidents")
    return tuple(_read(f"{file}: incident {number}", row, roads) for number, row in enumerate(rows))


def as_documents(roads: Roads, incidents: tuple[Incident, ...]) -> list[dict[str, Any]]:
    """The script as `read_incidents` reads it."""
    return [
        {
            "kind": incident.kind,
            "edges": [edge_key(roads, edge) for edge in incident.edges],
            "begin": _text(incident.begin_s),
            "end": _text(incident.end_s),
            "speed_factor": incident.speed_factor,
            "description": incident.description,
        }
        for incident in incidents
    ]


def as_body(roads: Roads, incident: Incident) -> dict[str, Any]:
    """What POST /v1/incidents is told of an incident, which says in every field it has for it that it is simulated."""
    line = edge_line_e7(roads, incident.edges[0]) / 1e7
    return {
        "kind": incident.kind,
        "geometry": {"type": "LineString", "coordinates": line.tolist()},
        "roads": [edge_key(roads, edge) for edge in incident.edges],
        "starts_at": _text(incident.begin_s),
        "ends_at": _text(incident.end_s),
        "severity": next(word for most, word in SEVERITIES if incident.speed_factor <= most),
        "description": incident.description,
        "source": "simulated",
        "simulated": True,
    }


def parse_time(text: str, zone: tzinfo) -> float:
    """Unix seconds of an RFC 3339 time; without an offset it is the city's clock. Raises BadInput."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no time; write 2026-03-02T07:30 or 2026-03-02T07:30:00+08:00") from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).timestamp()


def _read(where: str, row: Any, roads: Roads) -> Incident:
    known = {"kind", "edges", "begin", "end", "speed_factor", "description"}
    if not isinstance(row, dict) or set(row) - known or {"kind", "edges", "begin", "end"} - set(row):
        raise BadInput(f"{where}: must have kind, edges, begin, end, and may have speed_factor, description")
    if row["kind"] not in FACTORS:
        raise BadInput(f"{where}: kind {row['kind']!r} is none of {', '.join(FACTORS)}")
    keys = row["edges"]
    if not isinstance(keys, list) or not 1 <= len(keys) <= MOST_EDGES or not all(isinstance(key, str) for key in keys):
        raise BadInput(f"{where}: edges must be 1..{MOST_EDGES} keys like 27182818:4:f")
    edges = [find_edge(roads, key) for key in keys]
    if None in edges:
        raise BadInput(f"{where}: these roads have no edge {keys[edges.index(None)]!r}; /v1/roads?bbox= lists keys")
    factor = row.get("speed_factor", FACTORS[row["kind"]])
    if not isinstance(factor, (int, float)) or not 0.0 <= factor <= 1.0:
        raise BadInput(f"{where}: speed_factor {factor!r} must lie in 0..1")
    try:
        begin_s, end_s = (parse_time(str(row[name]), UTC) for name in ("begin", "end"))
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from None
    if not begin_s < end_s:
        raise BadInput(f"{where}: ends at {row['end']}, before it begins at {row['begin']}")
    told = str(row.get("description", row["kind"]))
    text = told if told.startswith("simulated") else f"simulated {told}"
    return Incident(row["kind"], tuple(edge for edge in edges if edge is not None), begin_s, end_s, float(factor), text)


def _text(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat().replace("+00:00", "Z")
