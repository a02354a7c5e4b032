"""What directions keep for a snapshot in each process: the way to the metrics that the background process publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from location_cloud.directions.dataset import SECTION
from location_cloud.directions.metrics import Metrics, Where
from location_cloud.directions.weigh import Weigher
from location_cloud.roads.dataset import SECTION as ROADS

if TYPE_CHECKING:
    from location_cloud.settings import Settings
    from location_cloud.storage.snapshot import Snapshot


def open_overlay(snapshot: Snapshot, settings: Settings) -> Any:
    """The metrics of a snapshot. The settings' tenant is whose closures and speeds everybody without a key sees."""
    directions = snapshot.section(SECTION)
    weigher = Weigher(snapshot.section(ROADS), directions.profiles, directions.networks)
    where = Where(snapshot.folder.parents[1], snapshot.id, settings.tenant)
    return Metrics(directions.networks, weigher, where, kept_mb=settings.metrics_kept_mb)
