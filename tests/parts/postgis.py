"""A real PostgreSQL server with PostGIS for the tests that need one: started from .parts/, then thrown away."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from tests.parts.install import find_libraries, installed_root

START_LIMIT_S = 30  # measured 0.1 s; 1.8 s with initdb and the extension, on two busy cores
STOP_LIMIT_S = 10

# The cluster lives for one test run: nothing needs to survive a crash (with syncing, 2.4 s to start).
SERVER_SETTINGS = (
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "jit=off",  # its compiler is not laid out
    "max_connections=50",
    "shared_buffers=32MB",
)


class PostgisNotStartedError(Exception):
    """PostgreSQL stopped or was silent while starting; the message ends with its own log."""


@contextlib.contextmanager
def start_postgis(*settings: str) -> Iterator[str]:
    """URL of a new, empty server that listens on a Unix socket only, and is gone when the block ends.

    A database created on it has PostGIS already.

    settings: more of the server's, such as "shared_buffers=1GB"; they win over those of the tests.
    The URL is libpq's: postgresql://postgres@/postgres?host=/tmp/postgis-abc. SQLAlchemy wants its driver
    named: postgresql+psycopg.
    PostgreSQL refuses to run as root, so root runs it as `nobody`.

    Raises PartMissingError if it is not installed, PostgisNotStartedError, with its log, if it does not start.
    """
    installed = installed_root("postgis")
    # /tmp, not pytest's folder: a socket's path may have 107 bytes, and root's folders are closed to `nobody`.
    folder = Path(tempfile.mkdtemp(prefix="postgis-", dir="/tmp"))
    account = _account(folder)
    try:
        root = _readable_root(installed, folder, account)
        environment = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "LD_LIBRARY_PATH": find_libraries(root),
            "PROJ_LIB": str(root / "usr/share/proj"),
            "PROJ_DATA": str(root / "usr/share/proj"),
            "GDAL_DATA": str(root / "usr/share/gdal"),
        }
        options = {**account, "env": environment, "cwd": folder, "stdin": subprocess.DEVNULL}
        with _run_server(_programs(root), folder, options, settings) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _run_server(programs: Path, folder: Path, options: dict[str, Any], more: tuple[str, ...]) -> Iterator[str]:
    log = folder / "log"
    _build_cluster(programs, folder, log, options)
    url = f"postgresql://postgres@/postgres?host={folder}"
    together = (f"unix_socket_directories={folder}", *SERVER_SETTINGS, *more)
    settings = [word for setting in together for word in ("-c", setting)]
    with log.open("a") as out:
        server = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *settings],
            stdout=out,
            stderr=out,
            start_new_session=True,  # Ctrl-C goes to the tests, which then stop it
            **options,
        )
    try:
        _wait_until_ready(server, url, log)
        _add_postgis(url)
        yield url
    finally:
        server.send_signal(signal.SIGINT)  # "fast shutdown": does not wait for sessions to end
        try:
            server.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _build_cluster(programs: Path, folder: Path, log: Path, options: dict[str, Any]) -> None:
    built = subprocess.run(
        [
            programs / "initdb",
            *("--pgdata", folder / "data"),
            *("--username", "postgres", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8"),
            "--no-sync",
            "--no-instructions",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    log.write_text(built.stdout)
    if built.returncode != 0:
        raise PostgisNotStartedError(f"initdb failed:\n{built.stdout}")


def _wait_until_ready(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    until = time.monotonic() + START_LIMIT_S
    while time.monotonic() < until and server.poll() is None:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    raise PostgisNotStartedError(f"PostgreSQL did not start within {START_LIMIT_S} s:\n{log.read_text()}")


def _add_postgis(url: str) -> None:
    """Load PostGIS into the database that CREATE DATABASE copies, which is faster than into each new one."""
    for database in ("template1", "postgres"):
        with psycopg.connect(url.replace("/postgres?", f"/{database}?"), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION postgis")


def _programs(root: Path) -> Path:
    return next(root.glob("usr/lib/postgresql/*/bin"))


def _account(folder: Path) -> dict[str, Any]:
    """Whom to run PostgreSQL as, in subprocess's words; the folder becomes theirs."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _readable_root(installed: Path, folder: Path, account: dict[str, Any]) -> Path:
    """The part's root; where the account cannot enter the checkout (one below /root), a copy in the folder.

    The copy is made of hard links where both lie on one file system, and then takes no room.
    """
    seen = subprocess.run(["test", "-x", _programs(installed) / "postgres"], cwd="/", check=False, **account)
    if seen.returncode == 0:
        return installed
    try:
        shutil.copytree(installed, folder / "root", symlinks=True, copy_function=os.link)
    except (OSError, shutil.Error):
        shutil.rmtree(folder / "root", ignore_errors=True)
        shutil.copytree(installed, folder / "root", symlinks=True)
    return folder / "root"
