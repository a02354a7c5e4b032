"""What grids keep for a snapshot in each process: the keys of people's data, and the maps that somebody looks at."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from location_cloud.errors import BadInput
from location_cloud.live_layers import LiveLayers
from location_cloud.secrecy import Secrecy, find_secrecy

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """secrecy: None = its file cannot be used: who answers is not served then. layers: followed tile sets."""

    secrecy: Secrecy | None
    layers: LiveLayers


def open_overlay(snapshot: Any, settings: Any) -> Kept:
    """The keys, and an empty shelf of followed layers."""
    try:
        secrecy = find_secrecy(settings.home, settings.secret_key_file)
    except (OSError, BadInput) as error:
        log.error("who answers for grids is not served, the key file (secret_key_file) cannot be used: %s", error)
        return Kept(None, LiveLayers())
    return Kept(secrecy, LiveLayers())
