"""Snapshots as their readers see them: immutable folders, a manifest each, and one pointer to the current one."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

import orjson

from location_cloud.capability import Section, Source
from location_cloud.errors import NotFound, NotReady
from location_cloud.storage.disk import Disk
from location_cloud.storage.publish import POINTER, SNAPSHOTS, only_publisher, point_to

T = TypeVar("T")

FORMAT = 2
"""Version of manifest.json; a reader refuses others."""

ID_PATTERN = re.compile(r"[0-9]{8}T[0-9]{6}-[0-9a-f]{6}")
"""UTC second and the first digits of the content's hash: 20261122T171500-1f3a9c. Sorts by age."""

IMPORT_HINT = "location-cloud import --demo"


@dataclass(frozen=True)
class FileRecord:
    """Size and hash of one file of a snapshot."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a snapshot holds and where it came from.

    created: when it was built, UTC. builder: version of the product that built it.
    sections: counts by section name. files: by path below the folder, with "/".
    bounds: west, south, east, north of the imported data, WGS-84 degrees; None if there is none.
    """

    id: str
    name: str
    created: datetime
    builder: str
    sources: tuple[Source, ...]
    sections: Mapping[str, Mapping[str, int]]
    files: Mapping[str, FileRecord]
    bounds: tuple[float, float, float, float] | None

    def as_json(self) -> bytes:
        """The bytes of manifest.json."""
        value = {"format": FORMAT, **asdict(self)}
        return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def parse_manifest(content: bytes) -> Manifest:
    """The manifest that manifest.json holds.

    Raises ValueError if it is not one, or one of another format.
    """
    value = orjson.loads(content)
    try:
        if value["format"] != FORMAT:
            raise ValueError(f"manifest format {value['format']}, this version reads {FORMAT}")
        return Manifest(
            id=value["id"],
            name=value["name"],
            created=datetime.fromisoformat(value["created"]),
            builder=value["builder"],
            sources=tuple(Source(**source) for source in value["sources"]),
            sections=value["sections"],
            files={path: FileRecord(**record) for path, record in value["files"].items()},
            bounds=None if value["bounds"] is None else tuple(value["bounds"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a manifest: {error!r}") from error


class Snapshot:
    """One opened snapshot. Its sections are loaded once, when first asked for, and may be shared by all threads."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.id = manifest.id
        self.folder = folder
        self.manifest = manifest
        self._loaded: dict[str, Any] = {}
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def section(self, section: Section[T]) -> T:
        """A capability's part of this snapshot.

        Raises NotReady if the snapshot was built without it, or its files cannot be read.
        """
        # Reading a dict needs no lock; two threads meet only while the section is loaded for the first time.
        loaded = self._loaded.get(section.name)
        return cast("T", loaded) if loaded is not None else self._load(section)

    def verify(self, full: bool = True) -> tuple[str, ...]:
        """What is wrong with the files, one sentence each; nothing if all is sound.

        full: hash every byte again (about 1 s per gigabyte); otherwise only names and sizes are compared.
        """
        problems = [
            problem
            for path, record in self.manifest.files.items()
            if (problem := _find_damage(self.folder / path, record, full))
        ]
        known = {*self.manifest.files, "manifest.json"}
        strangers = sorted(set(list_files(self.folder)) - known)
        return (*problems, *(f"{self.folder / path} is not in the manifest" for path in strangers))

    def _load(self, section: Section[T]) -> T:
        with self._lock:
            lock = self._loading.setdefault(section.name, threading.Lock())
        with lock:
            if section.name not in self._loaded:
                self._loaded[section.name] = self._read(section)
            return cast("T", self._loaded[section.name])

    def _read(self, section: Section[T]) -> T:
        if section.name not in self.manifest.sections:
            raise NotReady(
                f"snapshot {self.id} was built without the section {section.name!r}",
                hint="import the data again with this version",
            )
        try:
            return section.load(self.folder / section.name)
        except (OSError, ValueError, LookupError, TypeError, EOFError) as error:
            raise NotReady(
                f"section {section.name!r} of snapshot {self.id} cannot be read: {error}",
                hint="location-cloud doctor",
            ) from error


class Snapshots:
    """The snapshots below HOME and the pointer that names the current one."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / SNAPSHOTS
        self.pointer = home / POINTER
        self._seen: tuple[tuple[int, int, int], str] | None = None

    def current_id(self) -> str | None:
        """Which snapshot to serve; None before the first import. Costs one stat while nothing changes.

        Raises NotReady if the pointer file holds anything but the id of a snapshot.
        """
        try:
            stat = self.pointer.stat()
            # The pointer is only ever replaced by rename, so another content is another file.
            mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            seen = self._seen
            if seen is not None and seen[0] == mark:
                return seen[1]
            text = self.pointer.read_bytes().decode("ascii", "replace").strip()
        except FileNotFoundError:
            return None
        if not ID_PATTERN.fullmatch(text):
            raise NotReady(
                f"{self.pointer} holds {text[:40]!r} instead of a snapshot's id",
                hint="go back: location-cloud snapshots --use ID, or import again",
            )
        self._seen = (mark, text)
        return text

    def open(self, snapshot_id: str) -> Snapshot:
        """The snapshot of that id; only its manifest is read.

        Raises NotFound if there is none, NotReady if its manifest is damaged.
        """
        folder = self.folder / snapshot_id
        try:
            if not ID_PATTERN.fullmatch(snapshot_id):
                raise FileNotFoundError(snapshot_id)
            manifest = parse_manifest((folder / "manifest.json").read_bytes())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFound(f"there is no snapshot {snapshot_id!r}", hint="location-cloud doctor") from error
        except ValueError as error:
            raise NotReady(f"{folder / 'manifest.json'}: {error}", hint="location-cloud doctor") from error
        return Snapshot(folder, manifest)

    def publish(self, snapshot_id: str) -> None:
        """Serve a kept snapshot again; the way back from a bad import.

        Raises NotFound or NotReady as `open` does, BadInput while an import runs.
        """
        with only_publisher(self.home):
            self.open(snapshot_id)
            point_to(self.home, snapshot_id, Disk())

    def list_snapshots(self) -> tuple[str, ...]:
        """The ids of all complete snapshots, oldest first."""
        if not self.folder.is_dir():
            return ()
        return tuple(sorted(entry.name for entry in self.folder.iterdir() if ID_PATTERN.fullmatch(entry.name)))


def list_files(folder: Path) -> list[str]:
    """Every regular file below a folder, as sorted paths relative to it with "/"."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def hash_file(file: Path) -> FileRecord:
    """Size and SHA-256 of a file, read in chunks."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return FileRecord(stream.tell(), digest.hexdigest())


def _find_damage(file: Path, record: FileRecord, full: bool) -> str | None:
    try:
        found = hash_file(file) if full else FileRecord(file.stat().st_size, record.sha256)
    except OSError as error:
        return f"{file}: {error.strerror}"
    if found.bytes != record.bytes:
        return f"{file} has {found.bytes} bytes, the manifest says {record.bytes}"
    return None if found == record else f"{file} does not have the hash of the manifest"
