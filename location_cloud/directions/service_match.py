"""Which roads a vehicle drove: tracks matched to the network of a way of moving."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.dataset import SECTION
from location_cloud.directions.matched import MatchedTrack, as_pieces, places_of_fixes, rows_of_fixes
from location_cloud.directions.model_match import Track
from location_cloud.directions.service import get_profile
from location_cloud.errors import BadQuery, TooLarge, Unprocessable
from routing.errors import RoutingError
from routing.match import match_tracks
from routing.match_model import MatchModel
from routing.match_network import MatchNetwork, build_match_network
from routing.metric import metres_per_degree

if TYPE_CHECKING:
    from location_cloud.storage.world import World

TIMED = MatchModel()
UNTIMED = replace(TIMED, gap_s=1e9, hurry=1e6)
"""Where no times are told nothing follows from them."""

MOST_KM = 1000.0
"""Of one track, from fix to fix as the crow flies: a day of driving. Between fixes far apart much of a city is looked
at, up to 50 ms for 5 km, so that ten thousand such fixes would hold a core for minutes."""

UNTIMED_M_S = 10.0
"""So fast a track without times is taken to have been driven; the scale of the model's tolerance depends on it."""

_building = threading.Lock()


def get_match_network(world: World, profile: str) -> MatchNetwork:
    """The network that tracks of a profile are matched on: as imported, destination-only roads open, live closures not
    heeded: who drives on a closed road was there all the same. Built once a snapshot, 20 ms. Raises NotFound.
    """
    directions = world.section(SECTION)
    network = directions.networks[get_profile(directions, profile).name]
    kept: dict[str, MatchNetwork] = network.__dict__
    if "match" not in kept:
        with _building:
            if "match" not in kept:
                kept["match"] = build_match_network(
                    network.graph, directions.index, network.local_ms, directions.shapes.segment_m
                )
    return kept["match"]


def match_track(world: World, profile: str, track: Track, splits_gaps: bool = True) -> MatchedTrack:
    """The roads of one track. splits_gaps: a pause ends a part (MatchModel.gap_s); False: only a far jump does.

    Takes 10 to 100 us a fix. Raises NotFound for an unknown profile, Unprocessable if no fix lies near a road, TooLarge
    over MOST_KM.
    """
    directions = world.section(SECTION)
    network = directions.networks[get_profile(directions, profile).name]
    steps_m = _steps_m(track)
    if (km := float(steps_m[steps_m <= TIMED.gap_m].sum()) / 1000) > MOST_KM:  # beyond, no way is looked for
        raise TooLarge(f"the track is {km:,.0f} km long; the most is {MOST_KM:,.0f} km", hint="send it in parts")
    is_timed = track.time_s is not None
    model = TIMED if is_timed and splits_gaps else replace(TIMED, gap_s=1e9) if is_timed else UNTIMED
    times = track.time_s if track.time_s is not None else _imagined_times(steps_m)
    try:
        matched = match_tracks(
            get_match_network(world, profile),
            [0, len(times)],
            track.lonlat,
            times,
            np.where(track.accuracy_m > 0.0, track.accuracy_m, np.nan),
            track.heading_deg % 360.0,
            track.speed_kmh,
            model,
        )
    except RoutingError as error:
        raise BadQuery(str(error), hint="points are lon,lat, in the order of their times") from None
    if not (matched.snaps.part >= 0).any():
        raise Unprocessable(
            f"none of the {len(times)} points lies near a road of {profile}", hint="is it lon,lat? is it this city?"
        )
    places = places_of_fixes(directions.shapes, matched)
    pieces = tuple(as_pieces(network, directions.shapes, matched))
    return MatchedTrack(track, matched, pieces, rows_of_fixes(matched), places, network.version, network.as_of)


def _steps_m(track: Track) -> NDArray[np.float64]:
    """(n - 1,) metres from each fix to the next as the crow flies."""
    scale = np.array(metres_per_degree(float(track.lonlat[:, 1].mean())))
    return np.asarray(np.hypot(*(np.diff(track.lonlat, axis=0) * scale).T))


def _imagined_times(steps_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds at UNTIMED_M_S along straight lines."""
    return np.concatenate([[0.0], np.cumsum(steps_m)]) / UNTIMED_M_S
