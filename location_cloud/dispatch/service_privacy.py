"""What people say in emergencies: encrypted in the store, long numbers masked in answers, in clear for who may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import orjson

from location_cloud.callers.masking import mask_text
from location_cloud.callers.service import kept
from location_cloud.dispatch import store_privacy as store
from location_cloud.dispatch.model import Emergency, Entry, Read
from location_cloud.dispatch.service_units import writing
from location_cloud.secrecy import Secrecy, find_secrecy

if TYPE_CHECKING:
    from pathlib import Path

    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World

Spoken = TypeVar("Spoken", Emergency, Entry)

AT_ONCE = 500
"""Rows in one transaction: nobody else writes meanwhile, some 30 ms."""


@dataclass(frozen=True)
class Words:
    """What people say to one tenant's desk, with the keys of this process. A step or a status needs none of them."""

    secrecy: Secrecy
    tenant: str

    def sealed(self, spoken: Spoken) -> Spoken:
        """The same with its words encrypted."""
        words = spoken.words()
        return spoken.saying({}, self.secrecy.seal(orjson.dumps(words), self.tenant) if words else b"")

    def opened(self, spoken: Spoken) -> Spoken:
        """The same in clear. Raises NotReady if the key of its words is not here."""
        if not spoken.sealed:
            return spoken
        return spoken.saying(orjson.loads(self.secrecy.open(spoken.sealed, self.tenant)))

    def masked(self, spoken: Spoken) -> Spoken:
        """The same with every long number in its words masked."""
        found = self.opened(spoken)
        return found.saying({name: mask_text(text) for name, text in found.words().items()})

    def mark(self, digest: str) -> str:
        """A digest of what was said, of no use without the key: few words are found by trying."""
        return self.secrecy.mark(digest)


def words_of(world: World, tenant: str) -> Words:
    """A tenant's words in this process. Raises NotReady where the keys could not be loaded."""
    return Words(kept(world).secrecy, tenant)


def write_down(live: Live, tenant: str, emergency_id: int, who: str, now: datetime) -> None:
    """Writes down durably that somebody reads an emergency in clear."""
    with live.write() as connection:
        store.append_read(connection, tenant, emergency_id, now, who)


def list_reads(live: Live, tenant: str, emergency_id: int, after: int, limit: int) -> list[Read]:
    """Who read an emergency in clear, oldest first; also after it was forgotten."""
    with live.read() as connection:
        return store.list_reads(connection, tenant, emergency_id, after, limit)


def forget(live: Live, kept_days: float, now: datetime, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Removes what is over and was not changed for so many days: emergencies with their log and units' times, and reads
    of that age, of all tenants; how many rows of these two.
    """
    before, gone = now - timedelta(days=kept_days), 0
    while not should_stop():
        with live.write(counted=False) as connection:
            few = store.delete_before(connection, before, AT_ONCE)
        gone += few
        if few < AT_ONCE:
            break
    return gone


def seal_old(live: Live, home: Path, key_file: str, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Encrypts what was written before words were encrypted, of all tenants; how many rows. Asked again, it does the
    rest. Raises BadInput, OSError if the key cannot be loaded.
    """
    done = 0
    while not should_stop():
        with live.read() as connection:
            tenants = store.list_unsealed(connection, AT_ONCE)
        if not tenants:
            break
        secrecy = find_secrecy(home, key_file)
        for tenant in tenants:
            words = Words(secrecy, tenant)
            with writing(live) as connection:
                done += store.seal_rows(connection, live, tenant, words.sealed, AT_ONCE)
    return done
