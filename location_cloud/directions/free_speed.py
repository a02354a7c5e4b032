"""How fast a profile goes on each road when nobody is in its way, and where it cannot go for what the road is like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.profile_values import TRACKTYPES
from location_cloud.directions.profiles import Profile
from location_cloud.roads.countries import default_limits_kmh
from location_cloud.roads.edges import edge_limits_kmh
from location_cloud.roads.model import CAR, CLASSES, MOTOR, SERVICES, SMOOTHNESS, SURFACES, Roads

NARROW_CM = 300
"""Two cars need 4.75 m to pass at walking pace (RASt 06); up to 3 m one of them has to go back."""

WALKING_PACE_KMH = 10
"""Up to this limit nobody waits and brakes for anything but the limit, which is what limit_share stands for; ours."""

WINTER = "winter"


def legal_kmh(roads: Roads, profile: Profile) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The signed speed and the country's where none is signed, of every edge: two (edges,) float32.

    Signed: NaN where there is no sign, inf where there is no limit; a law for the profile's kind of vehicle that is
    stricter than the cars' also holds where a higher speed is signed. Unsigned: NaN where the law says none.
    """
    signed = edge_limits_kmh(roads)
    if not profile.access & MOTOR:
        return signed, np.full_like(signed, np.nan)
    for_cars = default_limits_kmh(roads, CAR)
    if profile.access == CAR:
        return signed, for_cars
    usual = default_limits_kmh(roads, profile.access)
    is_stricter = usual < for_cars
    return np.where(is_stricter, np.minimum(signed, usual), signed).astype(np.float32), usual


def free_kmh(
    roads: Roads,
    profile: Profile,
    season: str,
    signed_kmh: NDArray[np.float32],
    usual_kmh: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Speed along each segment forward and backward: (n, 2) float64 km/h; 0 where the profile does not go.

    season: "" or "winter". signed_kmh, usual_kmh: (n, 2), as `legal_kmh` gives them.
    """
    own = _by_name(profile.kmh, CLASSES, profile.other_kmh)[roads.seg_class]
    own = np.minimum(own, profile.max_kmh)
    kmh = np.repeat(own[:, None], 2, axis=1)
    if profile.limit_share:
        usual = np.minimum(_driven(usual_kmh, profile), kmh)
        np.copyto(kmh, usual, where=usual_kmh > 0)
        signed = _driven(np.minimum(signed_kmh, profile.max_kmh), profile)
        np.copyto(kmh, signed, where=(signed_kmh > 0) & (own > 0)[:, None])
    np.minimum(kmh, _caps(roads, profile)[:, None], out=kmh)
    if profile.narrow_share != 1.0:
        kmh *= _narrow_shares(roads, profile)[:, None]
    if profile.incline:
        kmh *= _incline_shares(roads, profile)
    if profile.max_incline_percent:
        kmh[np.abs(roads.seg_incline_percent.astype(np.int16)) > profile.max_incline_percent] = 0.0
    if season == WINTER:
        share = _by_name(profile.winter, CLASSES, profile.winter_other)
        most = _by_name(profile.winter_kmh, CLASSES, np.inf)
        classes = roads.seg_class
        kmh = np.minimum(kmh * share[classes][:, None], most[classes][:, None])
    return kmh


def _driven(limit_kmh: NDArray[np.float32], profile: Profile) -> NDArray[np.float64]:
    """What is driven where a speed is allowed: a share of it, but walking pace as it is."""
    is_walking_pace = limit_kmh <= WALKING_PACE_KMH
    return np.where(is_walking_pace, limit_kmh * max(profile.limit_share, 1.0), limit_kmh * profile.limit_share)


def delays_ms(roads: Roads, profile: Profile) -> NDArray[np.float64]:
    """Time lost on each segment at signals, stop signs and crossings, by direction: (n, 2) float64 ms."""
    lost = np.zeros((len(roads.seg_class), 2))
    for side, signals, stops in (
        (0, roads.seg_signals_forward, roads.seg_stops_forward),
        (1, roads.seg_signals_backward, roads.seg_stops_backward),
    ):
        lost[:, side] = signals * (1000.0 * profile.signal_s) + stops * (1000.0 * profile.stop_s)
    if profile.crossing_s:
        lost += roads.seg_crossings[:, None] * (1000.0 * profile.crossing_s)
    return lost


def _caps(roads: Roads, profile: Profile) -> NDArray[np.float64]:
    """The most that the ground and the kind of service road allow: (n,) km/h, inf = anything."""
    caps: NDArray[np.float64] | None = None
    for table, names, column in (
        (profile.surface_kmh, SURFACES, roads.seg_surface),
        (profile.smoothness_kmh, SMOOTHNESS, roads.seg_smoothness),
        (profile.tracktype_kmh, ("", *TRACKTYPES), roads.seg_tracktype),
        (profile.service_kmh, SERVICES, roads.seg_service),
    ):
        cap = _by_name(table, names, np.inf)[column]
        caps = cap if caps is None else np.minimum(caps, cap, out=caps)
    assert caps is not None
    return caps


def _narrow_shares(roads: Roads, profile: Profile) -> NDArray[np.float64]:
    width = roads.seg_width_cm
    is_two_way = roads.seg_access_forward & roads.seg_access_backward & profile.access != 0
    return np.where((width > 0) & (width <= NARROW_CM) & is_two_way, profile.narrow_share, 1.0)


def _incline_shares(roads: Roads, profile: Profile) -> NDArray[np.float64]:
    """Shares of the speed by slope, (n, 2): what rises forward falls backward."""
    percent, share = np.array(profile.incline).T
    by_percent = np.interp(np.arange(-128, 129), percent, share)
    rise = roads.seg_incline_percent.astype(np.intp)
    return np.stack([by_percent[128 + rise], by_percent[128 - rise]], axis=1)


def _by_name(table: Mapping[str, float], names: Sequence[str], other: float) -> NDArray[np.float64]:
    return np.array([table.get(name, other) for name in names], np.float64)
