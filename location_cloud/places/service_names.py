"""Names of places kept in PostgreSQL: filled from a snapshot's index, and asked the same questions as that index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from location_cloud.capability import Progress
from location_cloud.places import store
from location_cloud.places.dataset import SECTION
from location_cloud.places.model import Places
from location_cloud.places.model_names import Worth
from location_cloud.places.name_rows import as_candidates, list_rows
from location_cloud.places.names import HOLDERS_OF_SIMILAR, MOST_HELD, NameIndex
from location_cloud.places.pinyin import PinyinTable
from location_cloud.places.prefixes import (
    HELD,
    IMPORTANCE_WEIGHT,
    NAME_BASE,
    NEAR_KM,
    NEAR_WEIGHT,
    SHARE_WEIGHT,
    WORD_BASE,
)
from location_cloud.places.sources import Candidates
from location_cloud.places.store import check_store
from location_cloud.storage.live import Live
from location_cloud.storage.snapshot import Snapshot, Snapshots
from location_cloud.storage.world import World

__all__ = ["StoredNames", "are_stored", "check_store", "keep_names", "places_of"]

WORTH = Worth(NAME_BASE, WORD_BASE, SHARE_WEIGHT, IMPORTANCE_WEIGHT, NEAR_WEIGHT, NEAR_KM, HELD)
"""As the index in a snapshot has it."""

SOUND_WEIGHT = 0.8
"""Of likeness in sound beside likeness in writing: many characters share a syllable."""

LEAST_HAN = 0.2
"""Share of trigrams in common: of a Chinese name of four characters 2 of 8 are left if one is another."""

LEAST_LETTERS, MOST_LETTERS = 0.25, 0.5

PART, MOST_PARTED = 16, 64
"""Characters of the longest part of a Chinese question that is looked up ahead, and of the longest such question."""


@dataclass(frozen=True)
class StoredNames:
    """Names of one snapshot in PostgreSQL as a source of candidates for one caller's question.

    table: of the snapshot, for what a question sounds like. parts: of each text that was not found whole, those of its
    parts that are names. A Chinese question is tried part by part, seven in eight of which are nothing: one statement
    for all of them took 12 statements a question to 5.
    """

    live: Live
    snapshot_id: str
    table: PinyinTable
    parts: dict[str, frozenset[str]] = field(default_factory=dict)

    def exact(self, folded: str, limit: int, kinds: int, focus: tuple[float, float] | None = None) -> Candidates:
        """See CandidateSource."""
        if self._is_no_name(folded):
            return as_candidates(())
        with self._statements() as connection:
            rows = store.find_exact(connection, self.snapshot_id, folded, limit, kinds, focus)
            if not rows and not folded.isascii() and 2 < len(folded) <= MOST_PARTED and folded not in self.parts:
                texts = {folded[at : at + size] for at in range(len(folded)) for size in range(2, PART + 1)}
                self.parts[folded] = frozenset(store.find_names(connection, self.snapshot_id, sorted(texts)))
        return as_candidates(rows[:MOST_HELD])

    def reach(self, folded: str) -> int:
        """See CandidateSource: not known here, `parts` tells as much."""
        return len(folded)

    @contextmanager
    def _statements(self) -> Iterator[Any]:
        """A connection on which each statement stands alone: a snapshot's names never change, and a transaction's
        BEGIN and ROLLBACK took twice as long again as what was asked in it.
        """
        with self.live.read() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def _is_no_name(self, folded: str) -> bool:
        return 2 <= len(folded) <= PART and any(
            folded in text and folded not in names for text, names in self.parts.items()
        )

    def prefix(self, folded: str, limit: int, kinds: int, focus: tuple[float, float] | None = None) -> Candidates:
        """See CandidateSource."""
        with self._statements() as connection:
            rows = store.find_prefix(connection, self.snapshot_id, folded, limit, kinds, WORTH, focus)
        return as_candidates(rows)

    def similar(self, folded: str, limit: int, kinds: int) -> Candidates:
        """See CandidateSource."""
        spelled = self.table.spell(folded)[0]
        with self.live.read() as connection:
            alike = dict(self._alike(connection, folded, 1.0, limit, kinds))
            if spelled:
                for key, share in self._alike(connection, spelled, SOUND_WEIGHT, limit, kinds):
                    alike[key] = max(share, alike.get(key, 0.0))
            keys = sorted(alike, key=lambda key: (-alike[key], key))[:limit]
            return as_candidates(
                store.find_of_keys(connection, self.snapshot_id, keys, HOLDERS_OF_SIMILAR, kinds) if keys else ()
            )

    def _alike(self, connection: Any, text: str, weight: float, limit: int, kinds: int) -> Iterator[tuple[int, float]]:
        for key, share in store.find_alike(connection, self.snapshot_id, text, least_alike(text), limit, kinds):
            yield key, weight * share


def least_alike(text: str) -> float:
    """Share of trigrams that a name has in common with the text at least, if one is the other with two slips.

    Letters: each slip spoils three of n + 1 trigrams and makes three others. On 63,000 names 0.2 for all brought 2,000
    readings for a question, and took 80 ms instead of 9.
    """
    if not text.isascii():
        return LEAST_HAN
    return min(max((len(text) - 5) / (len(text) + 7), LEAST_LETTERS), MOST_LETTERS)


def are_stored(world: World) -> bool:
    """Whether a question about names is asked from PostgreSQL, and takes milliseconds."""
    return bool((world.overlay or {}).get("places"))


def places_of(world: World) -> Places:
    """The places of a world, their names where the settings keep them (`overlay.open_overlay`)."""
    places = world.section(SECTION)
    names = (world.overlay or {}).get("places")
    return places if names is None else replace(places, index=StoredNames(world.live, names, places.pinyin))


def keep_names(live: Live, snapshot: Snapshot, progress: Progress) -> None:
    """Fills the table of a snapshot if it is not there, and removes those of snapshots that are gone.

    All or nothing; of several processes that try at once, one does it and the others wait.
    Raises NotReady or Full if the store does not take it.
    """
    with live.read() as connection:
        if store.is_filled(connection, snapshot.id):
            return
    index = snapshot.section(SECTION).index
    assert isinstance(index, NameIndex)  # sections are always loaded with the index of their files
    kept = Snapshots(snapshot.folder.parents[1]).list_snapshots()
    with live.write(counted=False) as connection:  # no answer changes
        store.wait_for_turn(connection)
        if not store.is_filled(connection, snapshot.id):
            progress.step("places: names into PostgreSQL", len(index.entries.key))
            store.fill(connection, snapshot.id, _told(list_rows(index), progress))
            store.remove_others(connection, kept, snapshot.id)


def _told(rows: Iterator[tuple[int, bytes]], progress: Progress) -> Iterator[bytes]:
    for count, lines in rows:
        yield lines
        progress.advance(count)
