"""What places keep for a snapshot in each process: whose names are asked, the snapshot's own or PostgreSQL's."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING

from location_cloud.places.service_names import check_store, keep_names
from location_cloud.storage.live import open_live

if TYPE_CHECKING:
    from location_cloud.capability import Progress
    from location_cloud.settings import Settings
    from location_cloud.storage.snapshot import Snapshot

log = logging.getLogger(__name__)


def open_overlay(snapshot: Snapshot, settings: Settings) -> str | None:
    """Under which id the names of a snapshot are in PostgreSQL, None = the snapshot's own index is asked.

    They are put there first if they are not: the snapshot before is served meanwhile.
    """
    prepare_overlay(snapshot, settings, Logged())
    return None if settings.places_candidates == "embedded" else snapshot.id


def prepare_overlay(snapshot: Snapshot, settings: Settings, progress: Progress) -> None:
    """What an import does for web workers to come, so that they need not.

    Raises BadInput if the live store cannot hold names (`store.check_store`), NotReady or Full if it takes none now.
    """
    if settings.places_candidates == "embedded":
        return
    with closing(open_live(settings.live_url, settings.home)) as live:
        check_store(live, settings)
        keep_names(live, snapshot, progress)


class Logged:
    """Progress that is told in the log."""

    def step(self, title: str, total: int = 0) -> None:
        """A step begins."""
        log.info("%s: %d", title, total)

    def advance(self, units: int = 1) -> None:
        """So much of it is done."""
