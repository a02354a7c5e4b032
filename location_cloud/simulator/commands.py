"""`location-cloud simulate`: vehicles on the real roads, for demonstrations, tests and benchmarks."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from location_cloud.capability import Desk
from location_cloud.errors import BadInput
from location_cloud.simulator import service
from location_cloud.simulator.service import Plan, State, Wish
from location_cloud.simulator.service_cases import CasesMade, CaseWish, simulate_cases

TELL_EVERY_S = 5.0


@click.group(
    invoke_without_command=True,
    help="Drive simulated vehicles over the roads of the current snapshot, through rush hours, hot spots and incidents "
    "that a seed makes up, and send what their devices report to a server or into files. Every record says that it is "
    "simulated. Ctrl-C ends it; what was true up to then is still written.",
)
@click.option("--vehicles", default=1000, show_default=True, metavar="N", help="How many there are.")
@click.option("--share", default=0.05, show_default=True, metavar="S", help="How many of them report, 0..1.")
@click.option("--seed", default=1, show_default=True, metavar="K", help="Equal seeds give equal drives.")
@click.option("--begin", default="", metavar="ISO", help="2026-03-02T07:30; by default it ends now, or begins now.")
@click.option("--hours", default=1.0, show_default=True, metavar="H", help="How long, in simulated time.")
@click.option("--rate", default="1x", show_default=True, metavar="R", help="1x, 60x, ...: speed of time; or max.")
@click.option("--to", "url", default="", metavar="URL", help="Send to this server: http://127.0.0.1:8000.")
@click.option(
    "--key",
    default="",
    envvar="LC_KEY",
    metavar="KEY",
    help="API key, better by the variable LC_KEY; none is needed on the server's machine.",
)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write NDJSON; a folder with --history.")
@click.option("--history", "weeks", default=0, metavar="WEEKS", help="Write so many past weeks, a file a day.")
@click.option("--truth", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.npz", help="Write the truth.")
@click.option("--incidents", default="", metavar="N|FILE", help="So many made up, or a script (JSON).")
@click.pass_context
def simulate(
    context: click.Context,
    vehicles: int,
    share: float,
    seed: int,
    begin: str,
    hours: float,
    rate: str,
    url: str,
    key: str,
    out: Path | None,
    weeks: int,
    truth: Path | None,
    incidents: str,
) -> None:
    """Makes the plan, runs it, and writes the truth even if it was interrupted."""
    if context.invoked_subcommand is not None:
        return
    desk: Desk = context.obj
    if bool(url) == (out is not None):
        raise BadInput("say where it goes: --to URL, or --out FILE")
    if weeks and out is None:
        raise BadInput("--history is written to a folder: --out FOLDER")
    speed = _rate(rate) if url else math.inf
    server = service.find_server(url, key) if url else None
    wish = Wish(vehicles, share, seed, begin, hours, speed, incidents, weeks, truth is not None)
    with desk.world() as world:
        plan = service.make_plan(world, wish, time.time())
        click.echo(_intention(plan))
        shown = Shown()
        try:
            if server is not None:
                service.send(plan, server, speed, shown.tell)
            elif out is not None and weeks:
                service.write_days(plan, out, shown.tell)
            elif out is not None:
                service.write_file(plan, out, shown.tell)
        finally:
            shown.end()
            if truth is not None:
                service.write_truth(plan, truth)
                click.echo(f"truth: {truth}")


@simulate.command(
    "cases",
    help="Open cases of some past days and work on them as a grid centre would, through the real case engine: late, "
    "done again, suspended, as it happens. Where the tenant has no unit grids, squares are laid around the real towns. "
    "Every case says that it is simulated; a tenant with real cases is refused.",
)
@click.option("--days", default=30, show_default=True, metavar="N", help="How many days.")
@click.option("--per-day", default=100.0, show_default=True, metavar="N", help="Cases on a weekday, about.")
@click.option("--seed", default=1, show_default=True, metavar="K", help="Equal seeds give equal cases.")
@click.option("--begin", type=click.DateTime(["%Y-%m-%d"]), help="First day; by default they end with yesterday.")
@click.option("--tenant", default="default", show_default=True, help="Whose cases they are.")
@click.option("--area", default="2306", show_default=True, help="Below which squares are laid around towns.")
@click.option("--grid-m", default=400.0, show_default=True, metavar="M", help="Side of those squares.")
@click.pass_obj
def cases(
    desk: Desk, days: int, per_day: float, seed: int, begin: datetime | None, tenant: str, area: str, grid_m: float
) -> None:
    """Runs it, and says what came of it."""
    first = None if begin is None else begin.date()
    wish = CaseWish(days, per_day, seed, first, tenant, area, grid_m)
    last_s = time.monotonic()

    def tell(made: CasesMade) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= TELL_EVERY_S:
            last_s = time.monotonic()
            click.echo(_case_line(made))

    with desk.world() as world:
        click.echo(_case_line(simulate_cases(world, wish, time.time(), tell)))


class Shown:
    """Says every few seconds how far a run is."""

    def __init__(self) -> None:
        self._start_s = self._last_s = time.monotonic()
        self._state: State | None = None

    def tell(self, state: State) -> None:
        """A line, if the last one is some seconds old."""
        self._state = state
        if time.monotonic() - self._last_s >= TELL_EVERY_S:
            self._last_s = time.monotonic()
            click.echo(self._line(state))

    def end(self) -> None:
        """The last line."""
        if self._state is not None:
            click.echo(self._line(self._state))

    def _line(self, state: State) -> str:
        spent_s = max(time.monotonic() - self._start_s, 1e-3)
        said = "".join(f", {count:,} {word}" for word, count in state.answers.items())
        return f"simulated up to {_text(state.at_s)}: {state.fixes:,} fixes, {state.fixes / spent_s:,.0f}/s{said}"


def _case_line(made: CasesMade) -> str:
    taken = ", ".join(f"{action} {count:,}" for action, count in made.actions.most_common())
    laid = f"{made.grids:,} unit grids laid, " if made.grids else ""
    return f"simulated up to {_text(made.at_s)}: {laid}{made.cases:,} cases; {taken or 'no action'}"


def _rate(text: str) -> float:
    try:
        rate = math.inf if text == "max" else float(text.removesuffix("x"))
    except ValueError:
        rate = 0.0
    if not rate > 0.0:
        raise BadInput(f"--rate {text!r} must be like 1x or 60x, or max")
    return rate


def _intention(plan: Plan) -> str:
    probes = int(plan.simulation.reports.sum())
    return (
        f"simulated: {len(plan.names):,} vehicles, {probes:,} of them report, "
        f"{len(plan.simulation.incidents)} incidents, {_text(plan.begin_s)} to {_text(plan.end_s)}"
    )


def _text(time_s: float) -> Any:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
