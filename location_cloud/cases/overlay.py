"""What cases keep for a snapshot in each process: keys of reporters' data, maps that are looked at, jurisdictions."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from location_cloud.cases.jurisdictions import Jurisdictions, parse_jurisdictions
from location_cloud.errors import BadInput
from location_cloud.live_layers import LiveLayers
from location_cloud.secrecy import Secrecy, find_secrecy

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """secrecy: None = its file cannot be used: reporters alone are not served then. layers: followed tile sets.

    open311: which tenants everybody may read.
    """

    secrecy: Secrecy | None
    layers: LiveLayers
    open311: Jurisdictions = field(default_factory=Jurisdictions)


def open_overlay(snapshot: Any, settings: Any) -> Kept:
    """The keys, an empty shelf of followed layers, and who is public."""
    told = parse_jurisdictions(settings.open311_jurisdictions)
    public = Jurisdictions(told, settings.open311_contact, settings.open311_type)
    try:
        secrecy = find_secrecy(settings.home, settings.secret_key_file)
    except (OSError, BadInput) as error:
        log.error("reporters of cases are not served, the key file (secret_key_file) cannot be used: %s", error)
        return Kept(None, LiveLayers(), public)
    return Kept(secrecy, LiveLayers(), public)
