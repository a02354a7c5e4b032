"""The questions about collections: which ones a caller may read, their features, how far they reach."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from location_cloud.access.service import check_scope
from location_cloud.errors import NotFound
from location_cloud.feature_sets import Asked, FeatureSet, Page

if TYPE_CHECKING:
    from location_cloud.storage.world import World

QUICK_S, KEPT_S = 0.02, 60.0
"""How far a collection reaches is measured anew with every change, unless that takes longer; then once a minute."""

MOST_KEPT = 10_000


def list_sets(world: World, caller: Any) -> list[FeatureSet]:
    """All collections that the caller may read, in the order of the menu."""
    sources = [source(world, caller.tenant) for source in world.feature_sources]
    return [offered for source in sources for offered in source.values() if caller.may(offered.scope)]


def get_set(world: World, caller: Any, name: str) -> FeatureSet:
    """The collection. Raises NotFound, Denied if the caller's key does not open it."""
    for source in world.feature_sources:
        offered = source(world, caller.tenant).get(name)
        if offered is not None:
            check_scope(caller, offered.scope)
            return offered
    raise NotFound(f"there is no collection {name[:80]!r}", hint="list them: GET /ogc/collections")


def read_page(offered: FeatureSet, asked: Asked) -> tuple[Page, int | None]:
    """A page, and with the first one how many features are meant in all, if that is known."""
    page = offered.read(asked)
    if asked.after:
        return page, None
    return page, offered.count(asked) if page.next else len(page.ids)


def get_feature(offered: FeatureSet, asked: Asked, text: str) -> Page:
    """The one feature of an id. Raises NotFound."""
    found = offered.find(asked, text)
    if found is None:
        raise NotFound(
            f"{offered.name} has no feature {text[:80]!r}", hint=f"list them: GET /ogc/collections/{offered.name}/items"
        )
    return found


# --- how far a collection reaches --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Measured:
    version: int
    at: float
    took_s: float
    value: Any


_MEASURED: dict[tuple[Any, ...], _Measured] = {}
_MEASURING = threading.Lock()


def extent_of(world: World, tenant: str, offered: FeatureSet) -> tuple[Any, Any]:
    """(bounds or None, times or None) of a collection; of a large one as they were within the last minute."""

    def measure() -> tuple[Any, Any]:
        return offered.bounds(), None if offered.times is None else offered.times()

    key = (str(world.home), world.snapshot.id, tenant, offered.name)
    found: tuple[Any, Any] = _kept(key, world.live.version(), measure)
    return found


def _kept(key: tuple[Any, ...], version: int, measure: Callable[[], Any]) -> Any:
    kept, now = _MEASURED.get(key), monotonic()
    if kept is not None and (kept.version == version or (kept.took_s > QUICK_S and now - kept.at < KEPT_S)):
        return kept.value
    value = measure()
    with _MEASURING:
        if len(_MEASURED) >= MOST_KEPT:
            _MEASURED.clear()
        _MEASURED[key] = _Measured(version, now, monotonic() - now, value)
    return value
