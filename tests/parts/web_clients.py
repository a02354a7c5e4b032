"""Lay out foreign web clients, each with what it needs in a folder of its own under .parts/, through npm."""

import base64
import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

NPM = "npm"


class CannotFetchError(Exception):
    """One line: what went wrong, and what to do about it."""


@dataclasses.dataclass(frozen=True)
class Package:
    """One release in the npm registry. integrity: as npm writes it, of the very file that was looked at."""

    name: str
    version: str
    integrity: str


# Together in one folder, the second of two clients would be given the first one's idea of their shared packages.
WEB_CLIENTS = {
    "leaflet-routing-machine": (
        Package(
            "leaflet",
            "1.9.4",
            "sha512-nxS1ynzJOmOlHp+iL3FyWqK89GtNL8U8rvlMOsQdTTssxZwCXh8N2NB3GDQOL+YR3XnWyZAxwQixURb+FA74PA==",
        ),
        Package(
            "leaflet-routing-machine",
            "3.2.12",
            "sha512-HLde58G1YtD9xSIzZavJ6BPABZaV1hHeGst8ouhzuxmSC3s32NVtADT+njbIUMW1maHRCrsgTk/E4hz5QH7FrA==",
        ),
    ),
    "maplibre-gl-directions": (
        Package(
            "maplibre-gl",
            "5.24.1",
            "sha512-HyiYBwtsbk3L1n1EPLJHWqdoyMiF80n7tEYXFZyu2m1TjvaNx6KMLiFeDdmszt1/mq2zvsR1TJuX/NMu5BonXQ==",
        ),
        Package(
            "@maplibre/maplibre-gl-directions",
            "0.9.1",
            "sha512-gV0knkzbknQXvM1TEu/VXNUj71wrR19JlDzGPpmfrCvnPQW1/sVs8lvUPj2IS6yHHnWWxp9IiJ/kBNuUExifpg==",
        ),
    ),
    "maplibre-gl-geocoder": (
        Package(
            "maplibre-gl",
            "5.24.1",
            "sha512-HyiYBwtsbk3L1n1EPLJHWqdoyMiF80n7tEYXFZyu2m1TjvaNx6KMLiFeDdmszt1/mq2zvsR1TJuX/NMu5BonXQ==",
        ),
        Package(
            "@maplibre/maplibre-gl-geocoder",
            "1.9.4",
            "sha512-ss0NMpjUgK1/8YrrikrAtdda41jERiGg+XqwPkj52AhwvQTLZEnZSU7IhqdyuE1FZ/QhlzAauMbyzJUTTxDscw==",
        ),
    ),
    "maplibre-style-validator": (
        Package(
            "@maplibre/maplibre-gl-style-spec",
            "26.6.0",
            "sha512-4ECXBhVGAXgPvUOQNyKotfCDTs+s9DgxIb7vPTw5tz34VhobO3VS4qSI4KKtMJ+rCjxlfx/yZltleznb93XukQ==",
        ),
    ),
    "osrm-text-instructions": (
        Package(
            "osrm-text-instructions",
            "0.15.0",
            "sha512-VxhAtFZ1H4mYJxbHI2nN94GCrWkbScSuD12slCxuAFkgAJdZPnAKjvymH2gTaRtcn7u0sJmn+BUpaME5ndW9hQ==",
        ),
    ),
}
"""Clients and what they run on. None of their packages runs a script here; what they ship ready built is used."""


def fetch_client(name: str, root: Path, stamp: str) -> bool:
    """Puts a client's packages under root, each below its own name; False if they were there already.

    stamp: name of the file that says so, written last. The machine's own npm, registry and proxy are used.
    Raises CannotFetchError.
    """
    wanted = [dataclasses.asdict(package) for package in WEB_CLIENTS[name]]
    if (root / stamp).exists() and json.loads((root / stamp).read_text("utf-8")) == wanted:
        return False
    if shutil.which(NPM) is None:
        raise CannotFetchError(f"{NPM} is not here; install it (Debian: apt install npm) and run this again")
    growing = root.with_name(root.name + ".growing")
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir(parents=True)
    for package in WEB_CLIENTS[name]:
        _unpack(_fetch(package, growing), growing / package.name)
    (growing / stamp).write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    shutil.rmtree(root, ignore_errors=True)
    growing.rename(root)
    return True


def _fetch(package: Package, folder: Path) -> Path:
    """The package's own file, checked against its hash."""
    named = f"{package.name}@{package.version}"
    command = [NPM, "pack", named, "--json", "--ignore-scripts", "--loglevel=error"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=dict(os.environ))
    files = sorted(folder.glob("*.tgz"))
    if ran.returncode != 0 or len(files) != 1:
        reason = (ran.stderr.strip().splitlines() or ["it gave no reason"])[0]
        raise CannotFetchError(f"npm pack {named} failed: {reason}; is the package registry reachable?")
    algorithm, _, wanted = package.integrity.partition("-")
    found = base64.b64encode(hashlib.new(algorithm, files[0].read_bytes()).digest()).decode()
    if found != wanted:
        raise CannotFetchError(f"{named} has the hash {found}, not {wanted}; the registry gave another file")
    return files[0]


def _unpack(file: Path, target: Path) -> None:
    """The files of a package, which all lie below one folder in it, directly below target."""
    with tarfile.open(file) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        for member in members:
            member.name = member.name.partition("/")[2]
        archive.extractall(target, members=members, filter="data")
    file.unlink()
