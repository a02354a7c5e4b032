"""What callers keep in each process: the keys of personal data and of phones' messages."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from location_cloud.callers.model import Kept
from location_cloud.errors import BadInput
from location_cloud.secrecy import find_secrecy

log = logging.getLogger(__name__)


def open_overlay(snapshot: Any, settings: Any) -> Kept | None:
    """The keys of the files that the settings name; None if they cannot be: callers alone are not served then."""
    try:
        return Kept(find_secrecy(settings.home, settings.secret_key_file), _aml_keys(settings.aml_key_file))
    except (OSError, BadInput) as error:
        log.error("callers are not served, a key file (secret_key_file, aml_key_file) cannot be used: %s", error)
        return None


def _aml_keys(named: str) -> tuple[bytes, ...]:
    """One key a line, as it was agreed with who configures the phones."""
    if not named:
        return ()
    keys = tuple(line.strip() for line in Path(named).read_bytes().splitlines() if line.strip())
    if not keys:
        raise BadInput(f"{named}: holds no key")
    return keys
