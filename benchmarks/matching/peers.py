"""The peers' process: OSRM match and Valhalla Meili, asked track by track as their own documentation says.

Run as
PEERS_PYTHON -m benchmarks.matching.peers FOLDER
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

import osrm
import valhalla

from benchmarks.routing.lockstep import answer_questions, take_output


class Peers:
    """Both engines over the same extract, one thread each, in process."""

    def __init__(self, folder: Path) -> None:
        storage = str(folder / "osrm/mld/city.osrm")
        self._osrm = osrm.OSRM(algorithm="MLD", storage_config=storage, use_shared_memory=False)
        self._meili = valhalla.Actor(str(folder / "valhalla/valhalla.json"))

    def match(self, engine: str, tracks_file: str, lines_file: str, repeats: int) -> float:
        """Processor seconds for all tracks of a file, the least of some passes; the lines found are written."""
        tracks = json.loads(Path(tracks_file).read_text())
        one = self._match_osrm if engine == "osrm" else self._match_meili
        asked = [self._asked_osrm(track) if engine == "osrm" else _asked_meili(track) for track in tracks]
        best, answers = float("inf"), []
        for _ in range(repeats):
            gc.collect()
            begun = time.process_time()
            answers = [one(each) for each in asked]
            best = min(best, time.process_time() - begun)
        lines = _osrm_lines if engine == "osrm" else _meili_lines
        Path(lines_file).write_text(json.dumps([lines(answer) if answer is not None else [] for answer in answers]))
        return best

    def _asked_osrm(self, track: dict[str, Any]) -> Any:
        return osrm.MatchParameters(
            coordinates=[tuple(at) for at in track["lonlat"]],
            timestamps=track["time"],
            radiuses=[track["sigma"]] * len(track["time"]),
            overview="full",
            geometries="geojson",
            steps=False,
            generate_hints=False,
        )

    def _match_osrm(self, asked: Any) -> Any:
        try:
            return self._osrm.Match(asked)
        except RuntimeError:
            return None

    def _match_meili(self, asked: str) -> Any:
        try:
            return self._meili.trace_attributes(asked)
        except (RuntimeError, valhalla.ValhallaError):
            return None


def _asked_meili(track: dict[str, Any]) -> str:
    return json.dumps(
        {
            "shape": [{"lon": lon, "lat": lat, "time": at} for (lon, lat), at in zip(track["lonlat"], track["time"])],
            "costing": "auto",
            "shape_match": "map_snap",
            "trace_options": {"gps_accuracy": track["sigma"]},
            "filters": {"attributes": ["shape", "edge.begin_shape_index", "edge.end_shape_index"], "action": "include"},
        }
    )


def _osrm_lines(answer: Any) -> list[Any]:
    return [
        [[float(at[0]), float(at[1])] for at in matching["geometry"]["coordinates"]] for matching in answer["matchings"]
    ]


def _meili_lines(answer: str) -> list[Any]:
    """The shape edge by edge: where the match is broken, its edges do not follow each other."""
    found = json.loads(answer)
    shape, lines, last = _decode(found["shape"]), [], None
    for edge in found["edges"]:
        begin, end = edge["begin_shape_index"], edge["end_shape_index"]
        if last is not None and begin == last:
            lines[-1] += shape[begin + 1 : end + 1]
        else:
            lines.append(shape[begin : end + 1])
        last = end
    return lines


def _decode(text: str) -> list[list[float]]:
    """Encoded polyline of six digits."""
    values, shift, value = [], 0, 0
    for char in text:
        bits = ord(char) - 63
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits < 0x20:
            values.append(~(value >> 1) if value & 1 else value >> 1)
            shift, value = 0, 0
    lat, lon, line = 0, 0, []
    for place in range(0, len(values), 2):
        lat += values[place]
        lon += values[place + 1]
        line.append([lon / 1e6, lat / 1e6])
    return line


def main(folder: Path) -> None:
    """Answers until its input ends."""
    out = take_output()
    answer_questions(out, {"match": Peers(folder).match})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
