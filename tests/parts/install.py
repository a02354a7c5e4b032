"""Lay out the optional real parts of `make test-all`, PostGIS, Chromium, web clients, peers, privately
under .parts/: peers are OSRM and Valhalla.

    python tests/parts/install.py postgis chromium qgis web-clients peers

Needs Python, apt-get and dpkg-deb, for web clients npm, no root; the system's packages, lists and caches are
neither changed nor locked. The machine's own apt sources, keys and proxy are used, and apt checks every
package's signature; web clients are checked against the hashes in tests/parts/web_clients.py.

Which packages: the full closure of dependencies as an empty system would need it, not "what this machine
lacks". What is laid out then does not depend on what happens to be installed, and does not break when that
changes; the price is libraries that the machine may have already. Left out is only what LEFT_OUT names.

    .parts/root/PART/   the packages' files, and installed.json: the stamp, written last
    .parts/apt/         apt's private lists and configuration
    .parts/packages/    downloads; removed when all asked parts are in place

A part appears under its name by one rename, complete or not at all, so a run that was stopped is simply run
again: what was downloaded stays. To renew a part, remove .parts/root/PART.
"""

import argparse
import dataclasses
import fcntl
import fnmatch
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if __package__ in (None, ""):  # run as a script
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.parts.ogctests import OGCTESTS, SUITE, SuiteMissingError, install_ogctests
from tests.parts.peers import WHEELS, PeersMissingError, install_peers
from tests.parts.web_clients import WEB_CLIENTS, CannotFetchError, fetch_client

PARTS_FOLDER = Path(__file__).resolve().parents[2] / ".parts"
PEERS = "peers"
WEB = "web-clients"
STAMP = "installed.json"


@dataclasses.dataclass(frozen=True)
class Part:
    """What to ask apt for, and what must then be there."""

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]  # patterns below the part's root; each must find all its libraries
    room_mb: int  # packages and laid-out files together, measured on Debian 12, rounded up
    elsewhere: Path | None = None  # a copy installed by the system that serves as well
    left_out: tuple[str, ...] = ()  # packages besides LEFT_OUT that the part runs without


PARTS = {
    part.name: part
    for part in (
        Part("web-servers", ("nginx-light", "wrk"), ("usr/sbin/nginx", "usr/bin/wrk"), room_mb=60),
        Part("mosquitto", ("mosquitto",), ("usr/sbin/mosquitto",), room_mb=40),
        Part(
            "postgis",
            # The metapackage names the release's own PostgreSQL: 15 on Debian 12, 17 on Debian 13.
            ("postgresql-postgis",),
            (
                "usr/lib/postgresql/*/bin/initdb",
                "usr/lib/postgresql/*/bin/postgres",
                "usr/lib/postgresql/*/lib/postgis-3.so",
            ),
            room_mb=500,
        ),
        Part(
            "chromium",
            # libatomic1 is for Playwright's driver, which the Python package brings without it.
            ("chromium", "fonts-noto-cjk", "libatomic1"),
            ("usr/lib/chromium/chromium",),
            room_mb=1000,
            elsewhere=Path("/usr/bin/chromium"),
        ),
        Part(
            "qgis",
            ("python3-qgis",),
            (
                "usr/lib/libqgis_core.so.*",
                "usr/lib/python3/dist-packages/qgis/_core.*.so",
                "usr/lib/qgis/plugins/*wms*.so",
            ),
            room_mb=1100,
            # Compilers, which Qt's and Boost's development packages bring, and what only its plugins compute with.
            left_out=(
                *("binutils*", "cpp*", "g++*", "gcc*", "gfortran*", "libasan*", "libbinutils", "libboost*-dev"),
                *("libc-dev-bin", "libc6-dev", "libclang*", "libexpat1-dev", "libgcc-*-dev", "libgfortran-*-dev"),
                *("libgl1-mesa-dri", "libjs-*", "liblsan*", "libopenblas*-dev", "libpython3*-dev", "libstdc++-*-dev"),
                *("libtsan*", "libubsan*", "linux-libc-dev", "pyqt5-dev-tools", "python-matplotlib-data"),
                *("python3*-dev", "python3-ipython", "python3-matplotlib", "python3-pandas", "python3-plotly"),
                *("python3-scipy", "python3-sympy", "qtchooser", "qttools5*", "unicode-data", "zlib1g-dev"),
            ),
        ),
    )
}

LEFT_OUT = {
    "libc6": "the C library must be the one that the machine's own program loader belongs to",
    "libc-bin": "belongs to the C library",
    "libllvm*": "110 MB unpacked; compiles queries and shaders, which the parts run without",
    "libz3-4": "serves LLVM only",
    "libperl*": "the parts' Perl scripts set up a system service, which nobody here does",
    "perl*": "as libperl",
    "adwaita-icon-theme": "icons of windows; there is no screen",
    "dpkg": "a running system's own",
    "systemd*": "a running system's own",
}


class CannotInstallError(Exception):
    """One line: what went wrong, and what to do about it."""


class PartMissingError(Exception):
    """A part is not under .parts/; the message is the command that puts it there."""


def installed_root(name: str) -> Path:
    """Where the part's own /usr begins.

    Raises PartMissingError if the part was never, or not completely, installed.
    """
    root = PARTS_FOLDER / "root" / name
    if not (root / STAMP).exists():
        asked = WEB if name in WEB_CLIENTS else name
        needs = " (needs npm)" if name in WEB_CLIENTS else ""
        raise PartMissingError(f"{name} is not installed; run: python tests/parts/install.py {asked}{needs}")
    return root


def find_libraries(root: Path) -> str:
    """LD_LIBRARY_PATH with which the programs below the root find the libraries laid out beside them."""
    folders = [*root.glob("usr/lib/*-linux-gnu*"), *root.glob("lib/*-linux-gnu*"), root / "usr/lib"]
    # Some lie one deeper: a system links one of several blas into place, libpulse knows its folder by full path.
    folders += [
        folder / name for folder in folders for name in ("blas", "lapack", "pulseaudio") if (folder / name).is_dir()
    ]
    return ":".join(map(str, folders))


def install(part: Part) -> bool:
    """Put the part under .parts/root; False if it was there already.

    Raises CannotInstallError.
    """
    root = PARTS_FOLDER / "root" / part.name
    if _is_complete(root, part):
        return False
    started = time.monotonic()
    if shutil.disk_usage(PARTS_FOLDER).free < part.room_mb * 1_000_000:
        raise CannotInstallError(f"less than {part.room_mb} MB free in {PARTS_FOLDER}; make room there")
    for program in ("apt-get", "dpkg-deb", "tar"):
        if shutil.which(program) is None:
            raise CannotInstallError(f"{program} is not here; use Debian 12, or `make test`, which needs no parts")
    _configure_apt()
    _say(f"{part.name}: asking apt what it needs")
    list(_apt_lines("update"))
    files = _closure(part)
    packages = _download(part.name, files)
    growing = root.with_suffix(".growing")
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir(parents=True)
    _lay_out(part.name, packages, growing)
    _check_libraries(part, growing)
    (growing / STAMP).write_text(json.dumps({**_asked(part), "files": files}, indent=1))
    shutil.rmtree(root, ignore_errors=True)
    growing.rename(root)
    _say(f"{part.name}: in place, {len(files)} packages, {time.monotonic() - started:.0f} s")
    return True


def _is_complete(root: Path, part: Part) -> bool:
    stamp = root / STAMP
    return stamp.exists() and _asked(part).items() <= json.loads(stamp.read_text()).items()


def _asked(part: Part) -> dict[str, list[str]]:
    """What decides the result; when it changes in this file, the part is laid out anew."""
    return {"packages": list(part.packages), "left_out": [*LEFT_OUT, *part.left_out]}


def _configure_apt() -> None:
    """Give apt the machine's own configuration, with every folder it writes to moved under .parts/.

    The machine's hooks are cleared: some empty the system's cache or rebuild its catalogues at each update.
    An empty list of installed packages makes apt resolve as for an empty system.
    """
    folder = PARTS_FOLDER / "apt"
    for name in ("lists/partial", "cache/archives/partial", "conf.d"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (PARTS_FOLDER / "packages").mkdir(exist_ok=True)
    (folder / "status").touch()
    for old in (folder / "conf.d").iterdir():
        old.unlink()
    for theirs in Path("/etc/apt/apt.conf.d").glob("*"):
        (folder / "conf.d" / theirs.name).symlink_to(theirs)
    (folder / "conf.d" / "zz-private").write_text(
        f"""\
Dir::State "{folder}";
Dir::State::lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Log "{folder}";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Update::Error-Mode "any";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
Acquire::Languages "none";
Acquire::Retries "3";
"""
    )
    (folder / "apt.conf").write_text(f'Dir::Etc::parts "{folder}/conf.d";\n')


def _apt_lines(*arguments: str) -> Iterator[str]:
    """What apt-get prints, as it prints it.

    Raises CannotInstallError with apt's own first error.
    """
    environment = os.environ | {"APT_CONFIG": str(PARTS_FOLDER / "apt/apt.conf"), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(
        ["apt-get", "-q", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        cwd=PARTS_FOLDER / "packages",
    ) as process:
        errors = []
        for line in process.stdout or ():
            if line.startswith(("E: ", "W: Failed to fetch")):
                errors.append(line[3:].strip())
            yield line
    if process.returncode != 0:
        raise CannotInstallError(
            f"apt-get {arguments[0]} failed: {errors[0] if errors else 'it gave no reason'}; "
            "see whether `apt-get update` works as root, then run this again"
        )


def _closure(part: Part) -> list[str]:
    """The files' names, as gcc-12-base_12.2.0-14_amd64.deb, of all that the part needs, less what is left out."""
    lines = [line for line in _apt_lines("install", "--yes", "--print-uris", *part.packages) if line.startswith("'")]
    files = sorted(shlex.split(line)[1] for line in lines)
    left_out = (*LEFT_OUT, *part.left_out)
    return [file for file in files if not any(fnmatch.fnmatch(file.split("_")[0], name) for name in left_out)]


def _download(name: str, files: list[str]) -> list[Path]:
    """Where the files are; apt goes on with what an earlier run left, and checks each against its hash."""
    wanted = ["=".join(urllib.parse.unquote(file).split("_")[:2]) for file in files]
    folder = PARTS_FOLDER / "packages"
    done = sum((folder / file).exists() for file in files)
    for line in _apt_lines("download", *wanted):
        if line.startswith("Get:"):  # printed as each begins; one that is resumed is counted already
            done = min(done + 1, len(files))
            _say_step(f"{name}: downloading", done, len(files))
    return [folder / file for file in files]


def _lay_out(name: str, packages: list[Path], root: Path) -> None:
    """Unpack below the root, owned by whoever runs this, without set-user-id bits; no package script is run."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(lambda package: _unpack(package, root), packages), 1):
            _say_step(f"{name}: unpacking", done, len(packages))
    # What PostGIS's script would do: its files carry the major version, CREATE EXTENSION asks without it.
    for control in root.glob("usr/share/postgresql/*/extension/*-3.control"):
        control.with_name(control.name.replace("-3.", ".")).symlink_to(control.name)
    # What QGIS's script would begin with: the reference systems that it knows.
    for template in root.glob("usr/share/qgis/resources/srs-template.db"):
        shutil.copy(template, template.with_name("srs.db"))


def _unpack(package: Path, root: Path) -> None:
    command = ["tar", "--extract", "--no-same-owner", "--no-same-permissions", "--directory", str(root)]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as reader:
        tar = subprocess.run(command, stdin=reader.stdout, stderr=subprocess.PIPE, text=True, check=False)
    if reader.returncode != 0 or tar.returncode != 0:
        package.unlink()
        reason = (tar.stderr.strip().splitlines() or ["it is damaged"])[-1]
        raise CannotInstallError(f"cannot unpack {package.name}: {reason}; run this again")


def _check_libraries(part: Part, root: Path) -> None:
    environment = os.environ | {"LD_LIBRARY_PATH": find_libraries(root), "LC_ALL": "C.UTF-8"}
    for pattern in part.programs:
        program = next(iter(sorted(root.glob(pattern))), None)
        if program is None:
            raise CannotInstallError(f"{part.name}: the packages hold no {pattern}; this release has another layout")
        found = subprocess.run(["ldd", program], capture_output=True, text=True, env=environment, check=False)
        missing = [line.split()[0] for line in found.stdout.splitlines() if line.endswith("not found")]
        if missing or found.returncode != 0:
            what = ", ".join(missing) or found.stderr.strip()
            raise CannotInstallError(f"{program.name} lacks {what}; add its package to PARTS in {__file__}")


def _install_web_clients() -> None:
    """What npm cannot bring is said and left out: the tests that need it skip with the same reason."""
    for name in WEB_CLIENTS:
        try:
            is_new = fetch_client(name, PARTS_FOLDER / "root" / name, STAMP)
            _say(f"{name}: in place" + (", fetched now" if is_new else ""))
        except CannotFetchError as error:
            _say(f"{name}: {error}. Its tests will be skipped")


def _say(message: str) -> None:
    print(message, flush=True)


def _say_step(what: str, done: int, total: int) -> None:
    """One line that counts up on a terminal; in a log, a line every 50 steps and at the end."""
    if sys.stdout.isatty():
        print(f"\r{what} {done} of {total}", end="\n" if done == total else "", flush=True)
    elif done % 50 == 0 or done == total:
        _say(f"{what} {done} of {total}")


def _install_peers() -> None:
    """OSRM and Valhalla; where no Python is new enough for their wheels, the tests that need them say so and skip."""
    try:
        _say(f"{PEERS}: {', '.join(WHEELS)} in place" if install_peers() else f"{PEERS}: in place")
    except PeersMissingError as error:
        _say(f"{PEERS}: {error}. Their tests will be skipped")


def _install_ogctests() -> None:
    """The suite; where it cannot be had, its test says so and skips."""
    try:
        _say(f"{OGCTESTS}: {SUITE} in place" if install_ogctests() else f"{OGCTESTS}: in place")
    except SuiteMissingError as error:
        _say(f"{OGCTESTS}: {error}. Its test will be skipped")


def main(names: list[str]) -> int:
    """Install the parts one after the other; 0 if all are in place afterwards."""
    os.umask(0o022)  # PostgreSQL runs as another account when root installs
    PARTS_FOLDER.mkdir(exist_ok=True)
    failed = 0
    with (PARTS_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second run waits here for the first
        if WEB in names:
            _install_web_clients()
        if PEERS in names:
            _install_peers()
        if OGCTESTS in names:
            _install_ogctests()
        for part in (PARTS[name] for name in names if name in PARTS):
            try:
                if not install(part):
                    _say(f"{part.name}: in place")
            except CannotInstallError as error:
                if part.elsewhere is not None and part.elsewhere.exists():
                    _say(f"{part.name}: {error}. The tests will use {part.elsewhere} instead")
                else:
                    print(f"{part.name}: {error}", file=sys.stderr)
                    failed += 1
        if not failed:
            shutil.rmtree(PARTS_FOLDER / "packages", ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Lay out the real parts of `make test-all` under .parts/.")
    every = [*sorted(PARTS), OGCTESTS, PEERS, WEB]
    parser.add_argument("names", nargs="+", choices=every, metavar="PART", help=", ".join(every))
    try:
        sys.exit(main(parser.parse_args().names))
    except KeyboardInterrupt:
        print("\nstopped; run the same command again to go on from here", file=sys.stderr)
        sys.exit(130)
    except OSError as failure:
        print(
            f"cannot write below {PARTS_FOLDER}: {failure}; free or open that folder and run again",
            file=sys.stderr,
        )
        sys.exit(1)
