"""Which scenes there are, for whom, and in which order they lie upon each other."""

from __future__ import annotations

import threading
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from location_cloud.errors import NotFound
from location_cloud.imagery import store
from location_cloud.imagery.model import Scene
from location_cloud.imagery.model_mosaic import SceneSet, build_sets

if TYPE_CHECKING:
    from location_cloud.storage.live import Live


class _Kept:
    """The sets of each tenant as they were at a number of changes; one of these for each live store.

    stale: those of before, whose scenes and sets are used again where they did not change. scenes: of all tenants.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.live_version = -1
        self.changes = -1
        self.sets: dict[str, dict[str, SceneSet]] = {}
        self.stale: dict[str, dict[str, SceneSet]] = {}
        self.scenes: weakref.WeakValueDictionary[store.Name, Scene] = weakref.WeakValueDictionary()

    def read(self, connection: Any, tenant: str, home: Path) -> dict[str, SceneSet]:
        """The tenant's sets as they are now, of whose scenes only new ones are read."""
        names = store.list_names(connection, tenant)
        known = {name: scene for name in names if (scene := self.scenes.get(name)) is not None}
        read = store.get_scenes(connection, tenant, [name for name in names if name not in known])
        self.scenes.update(read)
        return build_sets([*known.values(), *read.values()], home, self.stale.pop(tenant, {}))


_KEPT: weakref.WeakKeyDictionary[Live, _Kept] = weakref.WeakKeyDictionary()


def list_sets(live: Live, tenant: str, home: Path) -> dict[str, SceneSet]:
    """The sets that the tenant sees, by name, as of now.

    Costs 4 us: the live version is read each time; names of scenes only after any of them changed (0.5 s for 100,000),
    rows only of new ones (50 us each).
    """
    kept = _KEPT.get(live)
    if kept is None:
        kept = _KEPT.setdefault(live, _Kept())
    version = live.version()
    if kept.live_version == version and tenant in (sets := kept.sets):  # sets after version: never older than it
        return sets[tenant]
    with kept.lock, live.read() as connection:
        changes = store.changes(connection)
        if changes != kept.changes:
            kept.sets, kept.stale, kept.changes = {}, {**kept.stale, **kept.sets}, changes
        if tenant not in kept.sets:
            kept.sets = {**kept.sets, tenant: kept.read(connection, tenant, home)}
        kept.live_version = version  # read before the rows: a write since then is seen with the next question
        return kept.sets[tenant]


def get_set(live: Live, tenant: str, home: Path, name: str) -> SceneSet:
    """The set. Raises NotFound if the tenant sees none of that name."""
    sets = list_sets(live, tenant, home)
    found = sets.get(name)
    if found is None:
        there = ", ".join(sets) or "none yet; the operator adds some with: location-cloud import scene.tif"
        raise NotFound(f"there is no imagery {name!r}", hint=f"there are: {there}")
    return found


def get_scene(scenes: SceneSet, scene_id: str) -> Scene:
    """The scene of the set. Raises NotFound."""
    for scene in scenes.scenes:
        if scene.id == scene_id:
            return scene
    raise NotFound(
        f"{scenes.name} has no scene {scene_id!r}", hint=f"list them: GET /imagery/stac/collections/{scenes.name}/items"
    )
