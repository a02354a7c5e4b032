"""What traffic keeps for a snapshot in each process: the way to the picture that the background process publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from location_cloud.roads.dataset import SECTION as ROADS
from location_cloud.traffic.now import Pictures
from location_cloud.traffic.service_learn import renew

if TYPE_CHECKING:
    from location_cloud.capability import Progress
    from location_cloud.settings import Settings
    from location_cloud.storage.snapshot import Snapshot


def open_overlay(snapshot: Snapshot, settings: Settings) -> Pictures:
    """The pictures of a snapshot. The settings' tenant is whose fixes the picture is made from."""
    edges = 2 * snapshot.section(ROADS).segment_count
    home = snapshot.folder.parents[1]
    return Pictures(home, snapshot.id, edges, settings.tenant, settings.traffic_refresh_s, settings.traffic_levels)


def prepare_overlay(snapshot: Snapshot, settings: Settings, progress: Progress) -> None:
    """Gives a new snapshot the usual week that was learned on earlier ones."""
    progress.step("usual traffic")
    renew(settings.home, snapshot)
