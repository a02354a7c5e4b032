"""Map matching measured beside OSRM match and Valhalla Meili: prints Markdown for benchmarks/RESULTS.md.

    python -m benchmarks.matching [--drives 40] [--repeats 2] [--rows 1:5,5:5,...] [FILE.osm.pbf]

The same simulated drives, the same extract, one run, one thread each, in process; peers and what is built for them are
those of benchmarks.routing. Every engine is told the standard deviation of the noise (radiuses; gps_accuracy).
Timed, in processor seconds, so that what else the machine does counts little: the call from the track to the answer
with its full geometry, as each engine's own interface gives it (OSRM: objects; Meili: JSON text in and out; ours:
arrays, all tracks in one call). Not timed: making the question, reading the answer, scoring. Score: see `score`.
White noise jumps about while a car stands, which Meili suffers from at a second's interval; the rows "fading" and "no
stops" show its other side.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.matching import strange
from benchmarks.matching.drives import STOP_SHARE, Drive, Row, record, simulate_drives
from benchmarks.matching.ours import Ours
from benchmarks.matching.score import mismatch
from benchmarks.routing.cities import Peers, prepare
from benchmarks.routing.figures import Report, machine, versions
from benchmarks.routing.lockstep import ROOT, Side

ROWS = (
    Row(1, 5),
    Row(5, 5),
    Row(5, 15),
    Row(15, 10),
    Row(30, 10),
    Row(60, 10),
    Row(120, 10),
    Row(1, 5, 30),
    Row(5, 10, 30),
    Row(5, 50),
    Row(30, 50),
)
"""The reference's, two minutes, errors that fade slowly, and a street's width of noise."""

UNSTOPPED = (Row(1, 5), Row(5, 15))
"""Recorded once more of drives that never stand still."""

ENGINES = ("osrm", "meili", "ours")
SEED = 20261123


class Race:
    """One city, all engines open."""

    def __init__(self, ours: Ours, side: Side, folder: Path, report: Report, repeats: int, seed: int) -> None:
        self._ours, self._side, self._folder, self._report = ours, side, folder, report
        self._repeats, self._seed = repeats, seed

    def run(self, row: Row, drives: Sequence[Drive], name: str) -> None:
        """Asks every engine for the drives as recorded, and prints a row."""
        tracks = record(drives, row, self._seed)
        points = sum(len(track["time"]) for track in tracks)
        plain = [{key: track[key] for key in ("time", "lonlat", "sigma")} for track in tracks]
        (self._folder / "tracks.json").write_text(json.dumps(plain))
        speed, wrong = {}, {}
        for engine in ("osrm", "meili"):
            file = self._folder / f"{engine}.json"
            spent = self._side.ask("match", engine, str(self._folder / "tracks.json"), str(file), self._repeats)
            speed[engine] = points / spent
            answers = json.loads(file.read_text())
            wrong[engine] = [sum(mismatch(track["line"], lines)) for track, lines in zip(tracks, answers)]
        spent, matched = self._ours.match(tracks, self._repeats)
        speed["ours"] = points / spent
        lines = [self._ours.lines(matched, number) for number in range(len(tracks))]
        wrong["ours"] = [sum(mismatch(track["line"], found)) for track, found in zip(tracks, lines)]
        mean = {engine: 100.0 * statistics.mean(wrong[engine]) for engine in ENGINES}
        cells = []
        for engine in ENGINES:
            cells += [f"{speed[engine]:,.0f}", f"{mean[engine]:.2f} ({100.0 * statistics.median(wrong[engine]):.2f})"]
        times = {engine: speed["ours"] / speed[engine] for engine in ("osrm", "meili")}
        self._report.row(name, *cells, f"{times['osrm']:.1f}", f"{times['meili']:.1f}")
        if row.interval_s <= 15 or row.interval_s == 60:
            for engine, least in (("meili", 5.0), ("osrm", 3.0)):
                wanted = 1.5 if row.interval_s == 60 else least
                self._report.compare(f"{name}: points/s to {engine}", speed["ours"], speed[engine], wanted)
        self._report.limit(f"{name}: mismatch, Meili's + 0.3", mean["ours"], mean["meili"] + 0.3, "%")
        self._report.limit(f"{name}: mismatch, OSRM's", mean["ours"], mean["osrm"], "%")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="benchmarks.matching", description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", type=Path, default=ROOT / "data/demo/helsinki-centre.osm.pbf")
    parser.add_argument("--drives", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--rows", default="", help="some of interval:sigma[:fading], as 5:15,60:10 [all]")
    asked = parser.parse_args()
    rows = [Row(*map(int, one.split(":"))) for one in asked.rows.split(",")] if asked.rows else ROWS
    peers, report = Peers(), Report()
    report.say(f"{machine()}; {versions(peers.python)}")
    city = prepare(asked.file.name.split(".")[0].split("-")[0], asked.file, peers)
    ours = Ours(city.folder)
    drives = simulate_drives(ours.directions, ours.car, asked.drives, asked.seed, STOP_SHARE)
    minutes = [len(drive.at_m) / 60.0 for drive in drives]
    report.say(
        f"{city.name}: {len(drives)} simulated drives of {min(minutes):.0f} to {max(minutes):.0f} minutes, "
        f"{sum(drive.at_m[-1] for drive in drives) / 1000.0:.0f} km; {ours.network.segments} segments. "
        "Mismatch: mean (median) of the drives, %"
    )
    head = [f"{name} {what}" for name in ("OSRM", "Meili", "ours") for what in ("points/s", "mismatch")]
    report.head("interval, noise", *head, "x OSRM", "x Meili")
    side = Side(peers.python, "benchmarks.matching.peers", str(city.folder))
    ours.match(record(drives[:2], Row(5, 5), 1))
    with tempfile.TemporaryDirectory() as folder:
        race = Race(ours, side, Path(folder), report, asked.repeats, asked.seed)
        for row in rows:
            race.run(row, drives, row.name)
        if not asked.rows:
            moving = simulate_drives(ours.directions, ours.car, asked.drives, asked.seed, 0.0)
            for row in UNSTOPPED:
                race.run(row, moving, f"{row.name}, no stops")
            strange.race(ours, report, asked.seed)
    side.close()
    report.tell_goals()
    report.say(f"Afterwards: {machine()}")


if __name__ == "__main__":
    main()
