"""Photos and papers of cases: what they are is read from their bytes, which lie below the home folder by their digest.

A file is on the disk before its row is written, and its row before anybody is told; bytes that no row names, because
the process died in between, are removed later. A lock keeps both apart: whoever adds shares it, whoever removes has it
alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from location_cloud.cases import store, store_files
from location_cloud.cases.model import Actor, Entry, StoredFile
from location_cloud.cases.photo import ENDINGS, look, public_copy
from location_cloud.cases.service import get_in, writing
from location_cloud.errors import Denied, Full, NotFound, NotReady, TooLarge, Unprocessable
from location_cloud.spatial.measure import distance_m
from location_cloud.storage.disk import Disk
from location_cloud.storage.live import Live

FOLDER = "files"
"""Below home. Nothing serves it but the operation that asks who may read the case."""

MOST_FILES, MOST_BYTES = 50, 25_000_000
"""Of a case; of a file, which is held in memory while it is read."""

ORPHAN_AGE_S = 3600.0
"""A file that no row names is removed after so long."""

LOCK_WAIT_S = 2.0


@dataclass(frozen=True)
class Content:
    """A file with its bytes. media: of these bytes."""

    file: StoredFile
    body: bytes
    media: str
    name: str


def add_file(
    live: Live, home: Path, tenant: str, case_id: int, content: bytes, name: str, actor: Actor, disk: Disk | None = None
) -> tuple[StoredFile, bool]:
    """The file as stored with its case, and whether it is new there; durable when this returns.

    Raises Unprocessable for what is no photo or paper, TooLarge over a ceiling, NotFound, Denied for who has no role,
    Full if the disk takes no more.
    """
    seen = look(content)
    if not actor.roles:
        raise Denied("files are added by who has a role", hint="the operator issues keys with cases:inspector, ...")
    digest = hashlib.sha256(content).hexdigest()
    with _sharing(home):
        _keep(home, tenant, digest, content, disk or Disk())
        with writing(live) as connection:
            case = get_in(connection, tenant, case_id, actor)
            if (known := store_files.find_digest(connection, tenant, case_id, digest)) is not None:
                return known, False
            if case.files >= MOST_FILES:
                raise TooLarge(f"case {case_id} has {case.files} files; that is the most", hint="send the best ones")
            away = None if seen.exif.lonlat is None else float(distance_m([case.lonlat], [seen.exif.lonlat])[0])
            file = StoredFile(
                id=0,
                case=case_id,
                digest=digest,
                media=seen.media,
                size=len(content),
                name=name or f"{digest[:12]}.{ENDINGS[seen.media]}",
                at=actor.now.timestamp(),
                who=actor.who,
                stage=case.stage,
                lonlat=seen.exif.lonlat,
                distance_m=away,
                taken=seen.exif.taken,
            )
            stored = store_files.insert_file(connection, tenant, file)
            after = store.change_case(connection, tenant, replace(case, files=case.files + 1))
            role = min(actor.roles)
            told = {"file": stored.id, "media_type": stored.media, "distance_m": away, "files": after.files}
            entry = Entry(
                0,
                case_id,
                after.version,
                after.change,
                file.at,
                actor.who,
                role,
                "file_added",
                case.stage,
                case.stage,
                told,
            )
            store.append_log(connection, tenant, entry, actor.request, actor.digest)
    return stored, True


def list_files(live: Live, tenant: str, case_id: int, actor: Actor) -> list[StoredFile]:
    """A case's files, oldest first. Raises NotFound."""
    with live.read() as connection:
        get_in(connection, tenant, case_id, actor)
        return store_files.list_files(connection, tenant, case_id)


def read_file(live: Live, home: Path, tenant: str, case_id: int, file_id: int, actor: Actor, plain: bool) -> Content:
    """A file with its bytes. plain: without what its camera wrote (place, time, maker).

    Raises NotFound, Unprocessable for what cannot be told plainly, NotReady if the bytes are gone.
    """
    with live.read() as connection:
        get_in(connection, tenant, case_id, actor)
        file = store_files.find_file(connection, tenant, case_id, file_id)
    if file is None:
        raise NotFound(f"case {case_id} has no file {file_id}", hint=f"GET /v1/cases/{case_id}/files lists them")
    try:
        body = _path(home, tenant, file.digest).read_bytes()
    except OSError as error:
        raise NotReady(
            f"file {file_id} cannot be read: {error.strerror}", hint=f"restore {FOLDER} below home"
        ) from None
    if plain:
        copy = public_copy(body)
        if copy is None:
            raise Unprocessable(f"a plain copy of {file.media} is not made", hint="only of JPEG, PNG, WebP, HEIC, GIF")
        body = copy
    return Content(file, body, file.media, file.name)


def remove_orphans(live: Live, home: Path, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Removes bytes that no row names and that are older than ORPHAN_AGE_S; how many."""
    gone = 0
    for folder in sorted((home / FOLDER).glob("*/*")) if (home / FOLDER).is_dir() else ():
        if should_stop():
            break
        old = {path.name.split(".")[0]: path for path in folder.iterdir() if _age_s(path) > ORPHAN_AGE_S}
        if not old:
            continue
        with _alone(home) as is_alone:
            if not is_alone:
                continue
            with live.read() as connection:
                named = store_files.list_named(connection, old)
            for digest, path in old.items():
                if (digest not in named or path.name != digest) and _age_s(path) > ORPHAN_AGE_S:
                    path.unlink(missing_ok=True)
                    gone += 1
    return gone


# --- parts -------------------------------------------------------------------------------------------------------


def _keep(home: Path, tenant: str, digest: str, content: bytes, disk: Disk) -> None:
    """Puts the bytes on the disk, whole or not at all. Raises Full."""
    path = _path(home, tenant, digest)
    hidden = path.with_name(f"{digest}.{secrets.token_hex(4)}.part")
    try:
        for folder in reversed([path.parent, *list(path.parent.parents)[:2]]):
            if not folder.is_dir():
                with contextlib.suppress(FileExistsError):
                    disk.make_folder(folder)
                disk.sync_folder(folder.parent)
        disk.write(hidden, content)
        disk.sync_file(hidden)
        disk.rename(hidden, path)
        disk.sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            hidden.unlink(missing_ok=True)
        raise Full(
            f"the file cannot be stored: {error.strerror}", hint="free disk space; the case is unchanged"
        ) from error


def _path(home: Path, tenant: str, digest: str) -> Path:
    """Where bytes lie: a folder a tenant, so that nobody's file is found by another's digest."""
    owner = hashlib.blake2b(tenant.encode(), digest_size=8).hexdigest()
    return home / FOLDER / owner / digest[:2] / digest


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


@contextlib.contextmanager
def _sharing(home: Path) -> Iterator[None]:
    """While files are added. Raises NotReady if they are being cleared away for too long."""
    with _locked(home) as descriptor:
        end = time.monotonic() + LOCK_WAIT_S
        while not _lock(descriptor, fcntl.LOCK_SH):
            if time.monotonic() > end:
                raise NotReady("files are being cleared away", hint="send it again in a second")
            time.sleep(0.01)
        yield


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[bool]:
    """While files are removed; False if somebody adds one just now."""
    with _locked(home) as descriptor:
        yield _lock(descriptor, fcntl.LOCK_EX)


@contextlib.contextmanager
def _locked(home: Path) -> Iterator[int]:
    (home / FOLDER).mkdir(parents=True, exist_ok=True)
    descriptor = os.open(home / FOLDER / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
