"""What maps keeps for a snapshot in each process: the process that draws pictures, and the finished ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from location_cloud.maps.picture_cache import PictureCache, Pictures
from location_cloud.maps.render_client import Renderer

if TYPE_CHECKING:
    from location_cloud.settings import Settings
    from location_cloud.storage.snapshot import Snapshot

KEPT_BYTES = 64_000_000
"""About 2,000 tiles of 256 pixels a web worker."""


def open_overlay(snapshot: Snapshot, settings: Settings) -> Pictures:
    """The overlay for this snapshot."""
    renderer = Renderer(settings.home / "run" / "fonts", settings.map_font)
    return Pictures(renderer, PictureCache(KEPT_BYTES), settings.tenant)
