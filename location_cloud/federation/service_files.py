"""Photos and papers of copied cases: asked for by their digest, kept below home once, checked against it."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from location_cloud.cases import service_files
from location_cloud.cases.service import system_actor, writing
from location_cloud.errors import BadQuery, Full, NotFound, NotReady
from location_cloud.federation import store_copies, store_queue
from location_cloud.federation.model import MOST_WANTED, Copy, Peer
from location_cloud.storage.disk import Disk
from location_cloud.storage.live import next_version

if TYPE_CHECKING:
    from datetime import datetime

    from location_cloud.storage.live import Live

FOLDER = "federation"
"""Below home; nothing else is there."""

MOST_BYTES = service_files.MOST_BYTES


def read_own(live: Live, home: Path, tenant: str, peer: Peer, case: int, digest: str, now: datetime) -> bytes:
    """Bytes of a file of ours for a peer that was told of its case. Raises NotFound, NotReady if they are gone."""
    with live.read() as connection:
        is_shared = store_queue.find_waiting(connection, tenant, peer.name, "case", str(case)) is not None
    nobody = system_actor(now)
    found = service_files.list_files(live, tenant, case, nobody) if is_shared else []
    file = next((each for each in found if each.digest == digest), None)
    if file is None:
        raise NotFound(f"case {case} has no file {digest}", hint="its copy lists them")
    return service_files.read_file(live, home, tenant, case, file.id, nobody, plain=False).body


def keep_copy(
    live: Live, home: Path, tenant: str, peer: Peer, case: int, digest: str, content: bytes, disk: Disk | None = None
) -> None:
    """Keeps bytes of a copied case; durable when this returns.

    Raises NotFound if no copy of that peer names them, BadQuery for others than it names, Full.
    """
    with live.read() as connection:
        copy = store_copies.find_copy(connection, tenant, peer.origin, "case", str(case))
    if copy is None or digest not in digests_of(copy.content):
        raise NotFound(f"no copy of case {case} names a file {digest[:64]}", hint="send the case first")
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadQuery(f"the bytes are not those of {digest}", hint="send them again")
    _keep(path_of(home, tenant, digest), content, disk or Disk())
    recount(live, home, tenant, copy)


def recount(live: Live, home: Path, tenant: str, copy: Copy, gone: frozenset[str] = frozenset()) -> None:
    """Writes down how many files of a copy are not here. gone: those that its owner has not either."""
    with writing(live) as connection:
        now = store_copies.find_copy(connection, tenant, copy.origin, "case", copy.object)
        if now is not None:
            missing = len(set(missing_of(home, tenant, now.content)) - gone)
            store_copies.set_missing(connection, tenant, now, missing, next_version(connection))


def list_wanted(live: Live, home: Path, tenant: str, peer: Peer) -> tuple[tuple[str, str], ...]:
    """Files of the peer's cases that are not here, (case, digest); the newest cases first."""
    with live.read() as connection:
        copies = store_copies.list_missing(connection, tenant, peer.name, MOST_WANTED)
    wanted = [(copy.object, digest) for copy in copies for digest in missing_of(home, tenant, copy.content)]
    return tuple(wanted[:MOST_WANTED])


def read_copy(home: Path, tenant: str, copy: Copy, digest: str) -> tuple[dict[str, Any], bytes]:
    """A file of a copied case, and its bytes. Raises NotFound, NotReady until they have come."""
    file = next((each for each in copy.content["files"] if each["sha256"] == digest), None)
    if file is None:
        raise NotFound(f"case {copy.object} has no file {digest}", hint="its copy lists them")
    try:
        return file, path_of(home, tenant, digest).read_bytes()
    except OSError:
        raise NotReady("the bytes have not come yet", hint="they follow the case; ask again later") from None


def digests_of(content: Any) -> list[str]:
    """Digests of a copied case's files."""
    return [each["sha256"] for each in content.get("files", ())]


def missing_of(home: Path, tenant: str, content: Any) -> list[str]:
    """Those whose bytes are not here."""
    return [digest for digest in dict.fromkeys(digests_of(content)) if not path_of(home, tenant, digest).exists()]


def path_of(home: Path, tenant: str, digest: str) -> Path:
    """Where bytes lie: a folder a tenant, so that nobody's file is found by another's digest."""
    owner = hashlib.blake2b(tenant.encode(), digest_size=8).hexdigest()
    return home / FOLDER / owner / digest[:2] / digest


def _keep(path: Path, content: bytes, disk: Disk) -> None:
    """Puts bytes on the disk, whole or not at all. Raises Full."""
    hidden = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
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
        raise Full(f"the file cannot be stored: {error.strerror}", hint="free disk space") from error
