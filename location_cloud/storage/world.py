"""The world as one request sees it: one snapshot, one overlay, one live store; and the watch that swaps it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from location_cloud.capability import FoundPlace, Section
from location_cloud.errors import CloudError, NotReady
from location_cloud.storage.snapshot import IMPORT_HINT, Snapshot, Snapshots

if TYPE_CHECKING:
    from datetime import datetime

    from location_cloud.feature_sets import FeatureSet
    from location_cloud.storage.live import Live
    from location_cloud.tile_sets import TileSet

T = TypeVar("T")

OnIncident: TypeAlias = "Callable[[World, Any, str, Any], None]"
"""What joins the transaction of an incident's change: (world, connection, tenant, incidents.model.Change)."""

REPAIR_HINT = "import the data again, or go back: location-cloud snapshots --use ID"

TileSource: TypeAlias = "Callable[[World, str], Mapping[str, TileSet]]"
"""A capability's tile sets by name, as one tenant sees them."""

PlaceFinder: TypeAlias = "Callable[[World, str], FoundPlace | None]"
"""Tells which place words mean."""

WeatherTeller: TypeAlias = "Callable[[Any, str, datetime], Mapping[str, Any] | None]"
"""The weather that holds, by (connection, tenant, now): {"condition", "temperature_c"} of what is known."""

FeatureSource: TypeAlias = "Callable[[World, str], Mapping[str, FeatureSet]]"
"""A capability's collections of features by name, as one tenant sees them."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class World:
    """What an answer is made from. A request takes one World at its start and asks only that one.

    overlay: what capabilities keep for this snapshot in this process, as `Worlds` was told to open it: their way to
    what the worker process derives from live data for the engines. None if there is nothing.
    tile_sources: where tile sets come from. on_incident: what joins the transaction of an incident's change.
    feature_sources: where collections of features come from. place_finders: who tells which place words mean.
    weather_tellers: who tells the weather.
    """

    snapshot: Snapshot
    live: Live
    overlay: Any = None
    tile_sources: tuple[TileSource, ...] = ()
    on_incident: tuple[OnIncident, ...] = ()
    feature_sources: tuple[FeatureSource, ...] = ()
    place_finders: tuple[PlaceFinder, ...] = ()
    weather_tellers: tuple[WeatherTeller, ...] = ()

    @property
    def home(self) -> Path:
        """The folder that all data of the installation lie in."""
        return self.snapshot.folder.parents[1]

    def find_place(self, text: str) -> FoundPlace | None:
        """The place that words mean most likely, of whichever capability knows one; None if none does."""
        return next((found for finder in self.place_finders if (found := finder(self, text)) is not None), None)

    def section(self, section: Section[T]) -> T:
        """A capability's part of the snapshot. Raises NotReady if the snapshot has none."""
        return self.snapshot.section(section)


class Worlds:
    """Gives the newest world, and follows the pointer in a background thread.

    poll_s: seconds between two looks at the pointer. preload: sections loaded and warmed before a new snapshot is
    served, so that no request waits for them. open_overlay: makes the overlay of a new snapshot, after the sections.
    tile_sources, on_incident, feature_sources, place_finders, weather_tellers: as in World.
    A snapshot that cannot be opened is logged and the old one served on.
    """

    def __init__(
        self,
        snapshots: Snapshots,
        live: Live,
        poll_s: float = 1.0,
        preload: Sequence[Section[Any]] = (),
        open_overlay: Callable[[Snapshot], Any] = lambda _: None,
        tile_sources: Sequence[TileSource] = (),
        on_incident: Sequence[OnIncident] = (),
        feature_sources: Sequence[FeatureSource] = (),
        place_finders: Sequence[PlaceFinder] = (),
        weather_tellers: Sequence[WeatherTeller] = (),
    ) -> None:
        self._snapshots = snapshots
        self._live = live
        self._preload = tuple(preload)
        self._open_overlay = open_overlay
        joined = tile_sources, on_incident, feature_sources, place_finders, weather_tellers
        self._joined: tuple[Any, ...] = tuple(map(tuple, joined))
        self._world: World | None = None
        self._refused = ""
        self._refreshing = threading.Lock()
        self._stop = threading.Event()
        self.refresh()
        self._thread = threading.Thread(target=self._follow, args=(poll_s,), name="worlds", daemon=True)
        self._thread.start()

    def current(self) -> World:
        """The world to answer from. Raises NotReady before the first import, and if no snapshot could be opened yet."""
        world = self._world  # one reference read: a swap meanwhile gives the old world or the new one
        if world is None:
            if self._refused:
                raise NotReady(f"the current snapshot cannot be served: {self._refused}", hint=REPAIR_HINT)
            raise NotReady("there is no snapshot yet", hint=IMPORT_HINT)
        return world

    def find(self) -> World | None:
        """The world to answer from, or None where `current` raises."""
        return self._world

    def refresh(self) -> None:
        """Look at the pointer now and change to the snapshot it names, if that can be opened."""
        with self._refreshing:
            try:
                wanted = self._snapshots.current_id()
                if wanted is None or (self._world is not None and self._world.snapshot.id == wanted):
                    return
                snapshot = self._open(wanted)
                overlay = self._open_overlay(snapshot)
                self._world = World(snapshot, self._live, overlay, *self._joined)
                self._refused = ""
            except (CloudError, OSError) as error:
                if self._refused != str(error):  # once, not at every poll
                    log.error("the current snapshot cannot be served: %s", error)
                self._refused = str(error)

    def close(self) -> None:
        """Stop following the pointer."""
        self._stop.set()
        self._thread.join()

    def _open(self, snapshot_id: str) -> Snapshot:
        snapshot = self._snapshots.open(snapshot_id)
        for section in self._preload:
            if section.name in snapshot.manifest.sections:  # a snapshot from before a capability serves the others
                _warm(section, snapshot.section(section))
        return snapshot

    def _follow(self, poll_s: float) -> None:
        while not self._stop.wait(poll_s):
            self.refresh()


def _warm(section: Section[Any], loaded: Any) -> None:
    """Asks the section its typical question. Raises NotReady if the files that it was loaded from do not bear it."""
    if section.warm is None:
        return
    try:
        section.warm(loaded)
    except (ValueError, LookupError, TypeError) as error:
        raise NotReady(f"section {section.name!r} does not answer: {error}", hint=REPAIR_HINT) from error
