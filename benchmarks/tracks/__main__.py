"""Tracks measured, one command: prints Markdown for benchmarks/RESULTS.md.

    python -m benchmarks.tracks [--only ingest,kills] [--seconds 10] [--kills 200] [--seed 7]

ingest: fixes a second that a served product makes durable over HTTP, in each form and size of batch, while it answers
others; beside SQLite alone, with a batch and with a fix a transaction. kills: processes of the server ended by kill -9
at random moments under load; every fix that was acknowledged is looked for afterwards.
"""

from __future__ import annotations

import argparse

from benchmarks.routing.figures import Report, machine
from benchmarks.tracks import ingest, kills

RACES = ("ingest", "kills")


def main() -> None:
    """Measures what was asked and prints it."""
    parser = argparse.ArgumentParser(prog="benchmarks.tracks", description=__doc__.split("\n")[0])
    parser.add_argument("--only", default=",".join(RACES), help=f"some of {', '.join(RACES)}")
    parser.add_argument("--seconds", type=float, default=10, help="of each kind of batch [10]")
    parser.add_argument("--kills", type=int, default=200, help="how many times something is killed [200]")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    races = asked.only.split(",")
    if unknown := set(races) - set(RACES):
        parser.error(f"--only {','.join(sorted(unknown))}: choose among {', '.join(RACES)}")
    report = Report()
    report.say(machine())
    if "ingest" in races:
        ingest.race(asked.seconds, report)
    if "kills" in races:
        kills.race(asked.kills, asked.seed, report)
    report.tell_goals()
    report.say()
    report.say(f"Afterwards: {machine()}")


if __name__ == "__main__":
    main()
