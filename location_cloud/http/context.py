"""What one request is answered with: the world it sees, who asks, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import quote

from flask import Request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from location_cloud.access.model import Caller
from location_cloud.capability import Capability, Operation

if TYPE_CHECKING:
    from location_cloud.http.metrics import Metrics
    from location_cloud.settings import Settings
    from location_cloud.storage.live import Live
    from location_cloud.storage.world import World, Worlds


KEY_PARAMETER = "key"
"""Tile clients can only put a key into the address; everyone else sends a header."""


def key_in(query: str) -> str:
    """The key that a query string carries as it stands there, empty if none."""
    found = [part for part in query.split("&") if part.startswith(f"{KEY_PARAMETER}=")]
    return found[0].partition("=")[2] if found else ""


@dataclass(frozen=True)
class System:
    """What the whole server is made of; made once by `app.create_app`."""

    settings: Settings
    capabilities: tuple[Capability, ...]
    operations: tuple[Operation, ...]
    worlds: Worlds
    live: Live
    metrics: Metrics
    clock: Callable[[], datetime]

    def close(self) -> None:
        """Stops following the snapshots and gives up the store's connections."""
        self.worlds.close()
        self.live.close()


class RequestCall:
    """One request's view of everything (`capability.Call`)."""

    def __init__(self, system: System, request: Request, caller: Caller, request_id: str) -> None:
        self.system = system
        self.request_id = request_id
        self.caller = caller
        self.tenant = caller.tenant
        self.live = system.live
        self.now = system.clock()
        self.started = perf_counter()
        self.varies: set[str] = set()
        self._request = request

    @cached_property
    def world(self) -> World:
        """One snapshot for the whole request, even if a newer one is published meanwhile."""
        return self.system.worlds.current()

    @property
    def home(self) -> Path:
        """The folder that all data of the installation lie in."""
        return self.system.settings.home

    @property
    def base_url(self) -> str:
        """Scheme, host and mount point as the client sees them, without a closing slash."""
        return self._request.root_url.rstrip("/")

    def link(self, path: str) -> str:
        """The full address of a path here, with the key if the caller put one into the address."""
        key = self._request.args.get(KEY_PARAMETER)
        return f"{self.base_url}{path}" + (f"?{KEY_PARAMETER}={quote(key)}" if key else "")

    def header(self, name: str) -> str:
        """A request header, empty if absent."""
        return self._request.headers.get(name, "")

    def language(self, offered: tuple[str, ...]) -> str:
        """The offered language that the client likes best; the first one if none fits."""
        self.varies.add("Accept-Language")
        return best_language(self._request.headers.get("Accept-Language", ""), offered)


@lru_cache(maxsize=256)
def best_language(accepted: str, offered: tuple[str, ...]) -> str:
    """The offered language that an Accept-Language header likes best; the first one if none fits."""
    for wanted, quality in parse_accept_header(accepted, LanguageAccept):
        for language in offered:
            if quality > 0 and wanted.split("-")[0].lower() == language.split("-")[0].lower():
                return language
    return offered[0]
