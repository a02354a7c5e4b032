"""Which scenes a search of the catalogue finds."""

from __future__ import annotations

from collections.abc import Iterable

import shapely

from location_cloud.imagery.model import Scene
from location_cloud.imagery.model_mosaic import SceneSet, is_between
from location_cloud.spatial.bbox import Bbox


def search(
    sets: Iterable[SceneSet], bbox: Bbox | None, taken: tuple[str, str] | None, ids: frozenset[str] = frozenset()
) -> list[Scene]:
    """The scenes that meet all conditions, set by set, newest first. taken: from, to; undated ones go by `added`.

    ids: empty = any.
    """
    found = [scene for scenes in sets for scene in scenes.scenes if not ids or scene.id in ids]
    if taken is not None:
        found = [scene for scene in found if is_between(scene.taken or scene.added, *taken)]
    if bbox is not None and found:
        area = bbox.as_polygon()
        shapely.prepare(area)
        meets = shapely.intersects(area, shapely.from_geojson([scene.footprint for scene in found]))
        found = [scene for scene, is_met in zip(found, meets, strict=True) if is_met]
    return found
