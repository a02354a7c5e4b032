"""What patrols keep for a snapshot in each process: the maps of unseen cells that somebody looks at."""

from __future__ import annotations

from typing import Any

from location_cloud.live_layers import LiveLayers


def open_overlay(snapshot: Any, settings: Any) -> LiveLayers:
    """An empty shelf of followed layers; they are read when the first tile is asked for."""
    return LiveLayers()
