"""What the exchange keeps in each process: the keys that secrets of peers are encrypted with."""

from __future__ import annotations

import logging
from typing import Any

from location_cloud.errors import BadInput
from location_cloud.federation.model import Kept
from location_cloud.secrecy import find_secrecy

log = logging.getLogger(__name__)


def open_overlay(snapshot: Any, settings: Any) -> Kept | None:
    """The keys; None if their file cannot be used: the exchange alone is not served then."""
    try:
        return Kept(find_secrecy(settings.home, settings.secret_key_file))
    except (OSError, BadInput) as error:
        log.error("nothing is exchanged with peers, the key file (secret_key_file) cannot be used: %s", error)
        return None
