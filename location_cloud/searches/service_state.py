"""The map of a search at a version or at a time: made from its log, kept ready on a shelf for all workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import NotFound
from location_cloud.searches import store
from location_cloud.searches.bayes import Belief, begin
from location_cloud.searches.model import Search
from location_cloud.searches.packing import unpack
from location_cloud.searches.replay import CHANGES_MAP, Setting, applied
from location_cloud.storage.shelf import Shelf

if TYPE_CHECKING:
    from location_cloud.storage.live import Live

FOLDER = "run/searches"
"""Below HOME. Only a cache: the store has the first map and every line since, of which each state follows."""

MOST_KEPT = 32
"""States on the shelf: 0.3 GB for maps of a million cells, 1 GB at the most."""

HINT = "GET /v1/searches lists them"


@dataclass(frozen=True)
class State:
    """A search and its map. version: of the search when the map was so."""

    search: Search
    belief: Belief
    setting: Setting
    version: int


def get_search(live: Live, tenant: str, search_id: int) -> Search:
    """The search. Raises NotFound if the tenant has none of that id."""
    with live.read() as connection:
        return _get(connection, tenant, search_id)


def get_state(live: Live, tenant: str, home: Path, search_id: int, as_of: datetime | None = None) -> State:
    """The search as it is and its map, now or as it was at a time.

    Raises NotFound if the tenant has no such search, or it had not begun then.
    """
    shelf = Shelf(home / FOLDER, MOST_KEPT)
    with live.read() as connection:
        search = _get(connection, tenant, search_id)
        lines = store.list_tokens(connection, tenant, search_id, None if as_of is None else as_of.timestamp())
        if not lines:
            raise NotFound(f"search {search_id} had not begun at that time", hint="as_of lies before created_at")
        telling = [line for line in lines if line[1] in CHANGES_MAP or line is lines[0]]
        place, belief = _newest_known(shelf, telling)
        if belief is None:
            belief = _first(connection, tenant, search)
        missing = store.list_lines(connection, tenant, search_id, telling[place][0], telling[-1][0])
    setting = Setting(
        search.lattice,
        cache(partial(_blob, live, tenant, search_id, "ground", 1)),
        cache(lambda version: _blob(live, tenant, search_id, "segments", version)["labels"]),
        cache(lambda version: _blob(live, tenant, search_id, "heights", version)["metres"]),
    )
    for entry in missing:
        belief = applied(belief, entry.action, entry.fields, setting)
    if missing:
        keep_state(home, telling[-1][3], belief)
    return State(search, belief, setting, lines[-1][2])


def keep_state(home: Path, token: str, belief: Belief) -> None:
    """Puts a map on the shelf, for whoever asks next."""
    Shelf(home / FOLDER, MOST_KEPT).put(token, {"log_weight": belief.log_weight, "log_rest": belief.log_rest})


def _get(connection: Any, tenant: str, search_id: int) -> Search:
    found = store.find_search(connection, tenant, search_id)
    if found is None:
        raise NotFound(f"there is no search {search_id}", hint=HINT)
    return found


def _newest_known(shelf: Shelf, telling: list[tuple[int, str, int, str]]) -> tuple[int, Belief | None]:
    """The last line whose map is on the shelf, by place, and the map; 0, None without one."""
    for place in range(len(telling) - 1, -1, -1):
        found = shelf.find(telling[place][3])
        if found is not None and found.keys() == {"log_weight", "log_rest"}:
            return place, Belief(found["log_weight"], found["log_rest"])
    return 0, None


def _first(connection: Any, tenant: str, search: Search) -> Belief:
    found = store.find_blob(connection, tenant, search.id, "map")
    assert found is not None, "written with the search"
    arrays = unpack(found[1])
    return first_belief(arrays["p"], float(arrays["rest"][0]), search.subject.responsive)


def first_belief(p: NDArray[np.float32], rest_of_world: float, responsive: float | None) -> Belief:
    """The belief that a search begins with, of the map as it is stored."""
    return begin(p, rest_of_world, responsive)


def _blob(live: Live, tenant: str, search_id: int, name: str, version: int) -> dict[str, NDArray[Any]]:
    with live.read() as connection:
        found = store.find_blob(connection, tenant, search_id, name, version)
    assert found is not None, "a line names only versions that have one"
    return unpack(found[1])
