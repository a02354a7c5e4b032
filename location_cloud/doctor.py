"""`location-cloud doctor`: what is wrong with this installation, and the command that mends it."""

from __future__ import annotations

import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import orjson

import location_cloud
import routing
import tiles
from location_cloud.app import all_sections, open_store, utc_now
from location_cloud.capabilities import CAPABILITIES
from location_cloud.errors import BadInput, CloudError, NotReady
from location_cloud.http.web import LOOPBACK
from location_cloud.settings import Settings, load_settings
from location_cloud.storage.jobs import list_runs
from location_cloud.storage.live import LIVE_FILE
from location_cloud.storage.publish import make_home
from location_cloud.storage.snapshot import Snapshots
from location_cloud.storage.world import REPAIR_HINT

FREE_BYTES = 1_000_000_000
"""A city's snapshot takes about 0.1 GB and three are kept."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at: is it well, what was seen, what mends it."""

    title: str
    is_well: bool
    seen: str
    mend: str = ""


@click.command(help="Say what is wrong and the command that mends it. Exit status 1 if anything is.")
@click.option("--full", is_flag=True, help="Also re-hash every file of the served snapshot.")
def doctor(full: bool) -> int:
    """Prints one line a finding."""
    settings, _ = load_settings()
    findings = list(examine(settings, full))
    for finding in findings:
        click.echo(f"{'ok  ' if finding.is_well else 'WRONG'} {finding.title}: {finding.seen}")
        if not finding.is_well:
            click.echo(f"      mend it: {finding.mend}")
    return 0 if all(finding.is_well for finding in findings) else 1


def examine(settings: Settings, full: bool) -> Iterator[Finding]:
    """Every finding, cheapest first."""
    yield _python()
    yield _engines()
    yield _compiled_code()
    yield from _guarded("home", lambda: _home(settings), f"make {settings.home} writable, or set LOCATION_CLOUD_HOME")
    yield from _guarded("snapshot", lambda: _snapshot(settings, full), REPAIR_HINT)
    yield from _guarded("live store", lambda: _live(settings), _live_mend(settings))
    yield from _guarded("background process", lambda: _worker(settings), _live_mend(settings))
    yield _server(settings)
    yield _keys(settings)


def _guarded(title: str, look: Callable[[], Finding], mend: str) -> Iterator[Finding]:
    """The finding, or the failure to look; mend is for failures that do not say themselves what mends them."""
    try:
        yield look()
    except CloudError as error:
        yield Finding(title, False, str(error), mend if error.hint in ("", "location-cloud doctor") else error.hint)
    except (OSError, BadInput, ValueError) as error:
        yield Finding(title, False, str(error), mend)


def _live_mend(settings: Settings) -> str:
    if settings.live_url:
        return "check LOCATION_CLOUD_LIVE_URL and that the database runs"
    file = settings.home / LIVE_FILE
    return f"stop the server, then restore {file} from a backup, or move {file}* away (keys and own layers start empty)"


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer and run: make setup")


def _engines() -> Finding:
    base = Path(location_cloud.__file__).parent.parent
    strangers = [module.__name__ for module in (routing, tiles) if Path(module.__file__ or "").parent.parent != base]
    seen = f"another package hides ours: {', '.join(strangers)}" if strangers else "routing and tiles are ours"
    return Finding(
        "engines", not strangers, seen, "uninstall the other package of that name, or use a fresh venv: make setup"
    )


def _compiled_code() -> Finding:
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or Path(routing.__file__ or ".").parent)
    return Finding(
        "compiled code",
        os.access(folder, os.W_OK),
        f"kept below {folder}",
        "set NUMBA_CACHE_DIR to a writable folder; without it each start compiles anew",
    )


def _home(settings: Settings) -> Finding:
    make_home(settings.home)
    free = shutil.disk_usage(settings.home).free
    is_well = free > FREE_BYTES and os.access(settings.home, os.W_OK)
    return Finding("home", is_well, f"{settings.home.resolve()}, {free / 1e9:.1f} GB free", "free at least 1 GB there")


def _snapshot(settings: Settings, full: bool) -> Finding:
    snapshots = Snapshots(settings.home)
    current = snapshots.current_id()
    if current is None:
        return Finding("snapshot", False, "none yet", "location-cloud import --demo")
    snapshot = snapshots.open(current)
    unread = []
    for section in all_sections(CAPABILITIES):
        try:
            snapshot.section(section)
        except NotReady as error:
            unread.append(error.detail)
    damaged = snapshot.verify(full=full)
    if not unread and not damaged:
        return Finding("snapshot", True, f"{current} ({snapshot.manifest.name})")
    seen = "; ".join(_first_of(problems) for problems in (unread, damaged) if problems)
    return Finding("snapshot", False, seen, REPAIR_HINT)


def _first_of(problems: Sequence[str]) -> str:
    """The first one and how many more there are: a lost folder makes dozens."""
    return problems[0] + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")


def _live(settings: Settings) -> Finding:
    live = open_store(settings)
    version = live.version()
    live.close()
    return Finding("live store", True, f"{live.dialect}, version {version}")


def _worker(settings: Settings) -> Finding:
    live = open_store(settings)
    runs = {run.name: run for run in list_runs(live, utc_now())}
    live.close()
    mend = "location-cloud serve (or: location-cloud work)"
    beat = runs.get("heartbeat")
    if beat is None or beat.age_s is None:
        return Finding("background process", False, "never ran", mend)
    return Finding(
        "background process", beat.age_s < 4 * settings.heartbeat_s, f"reported {beat.age_s:.0f} s ago", mend
    )


def _server(settings: Settings) -> Finding:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{settings.port}/health"
    mend = "location-cloud serve"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy would not reach this machine
    try:
        with direct.open(address, timeout=3) as answer:
            health = orjson.loads(answer.read())
    except (OSError, orjson.JSONDecodeError) as error:
        return Finding("server", False, f"{address}: {error}", mend)
    return Finding("server", bool(health.get("ready")), f"{address}: ready={health.get('ready')}", mend)


def _keys(settings: Settings) -> Finding:
    if settings.host in LOOPBACK:
        return Finding("keys", True, "listening on loopback only: local callers need none")
    return Finding("keys", True, f"listening on {settings.host}: every caller needs a key (location-cloud keys add)")
