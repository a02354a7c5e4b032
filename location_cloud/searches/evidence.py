"""Layers of a probability map: what each kind of knowledge says about every cell, in any unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.special import ndtr

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.searches.cells import Floats, Grid
from location_cloud.searches.rings import Ring
from location_cloud.searches.tracks_pod import length_in_cells


def within_time(travel_s: NDArray[np.float32], elapsed_s: float, spread: float = 0.5) -> Floats:
    """(rows, columns) likelihood of having got there in the time since last seen.

    travel_s: of `walking_time_s`. spread: standard deviation of ln(pace), as people differ and rest (.5: factor 1.65).
    Cells far within reach get 1, at exactly the time .5, beyond it soon 0. Raises BadQuery unless both are positive.
    """
    if not (elapsed_s > 0 and spread > 0):
        raise BadQuery(
            f"elapsed_s={elapsed_s} and spread={spread} must be positive", hint="tell when the subject was last seen"
        )
    ratio = travel_s.ravel() / np.float32(elapsed_s)
    # A table over the ratio, as a logarithm and a normal integral for each of a million cells take ten times as long.
    at = np.concatenate([[0.0], np.exp(np.linspace(-6, 6, 1500) * spread)])
    with np.errstate(divide="ignore"):
        chance = ndtr(-np.log(at) / spread)
    return np.asarray(np.interp(ratio, at, chance, right=0.0)).reshape(travel_s.shape)


def about_direction(
    grid: Grid, xy_m: tuple[float, float], bearing_deg: float, sigma_deg: float, trust: float = 0.8
) -> Floats:
    """(rows, columns) likelihood by dispersion about the intended direction of travel, mean 1 round the circle.

    A normal about the bearing (wrapped), mixed with 1 - trust of no direction at all.
    Raises BadQuery when sigma_deg is not in (0, 180] or trust not in [0, 1].
    """
    if not 0 < sigma_deg <= 180:
        raise BadQuery(f"sigma_deg={sigma_deg} must be above 0 and at most 180 degrees", hint="30 degrees is usual")
    _check_trust(trust)
    off = np.abs(np.linspace(-180, 180, 3601))
    turns = np.array([[-360.0], [0.0], [360.0]])
    wrapped = np.exp(-0.5 * ((off + turns) / sigma_deg) ** 2).sum(axis=0)
    wrapped /= wrapped[:-1].mean()
    away = _bearing_deg(grid, xy_m) - bearing_deg
    place = ((away + 180) % 360 * 10).astype(np.int32)
    likelihood: Floats = (1 - trust + trust * wrapped)[place]
    own = grid.cells_of(xy_m)[0]
    if own >= 0:
        likelihood.flat[own] = 1.0  # the subject's own cell has no direction
    return likelihood


def offset_m(grid: Grid, lines_m: Sequence[Floats]) -> Floats:
    """(rows, columns) metres from each cell to the nearest linear feature, to the cells' size; inf without a line.

    lines_m: each (n, 2) metres. It takes as long as all other layers together: keep it for a search.
    """
    touched = length_in_cells(grid, lines_m) > 0
    if not touched.any():
        return np.full(grid.shape, np.inf)
    return np.asarray(distance_transform_edt(~touched, sampling=(grid.height_m, grid.width_m)))


def near_lines(offset_m: Floats, ring: Ring, trust: float = 1.0) -> Floats:
    """(rows, columns) likelihood of track offset: mass by distance to the nearest linear feature follows the ring.

    offset_m: of `offset_m`. ring: distribution of the offset (`fit_ring` of a table's percentiles). The mass of each
    band of offset is spread over all ground in that band; 1 - trust over all ground. Mean 1.
    Raises Unprocessable when there is no line, BadQuery for a trust that is not in [0, 1].
    """
    _check_trust(trust)
    if not np.isfinite(offset_m).all():
        raise Unprocessable("there is no linear feature here", hint="switch the layer off")
    top = float(offset_m.max()) + 1e-9
    band = (np.sqrt(offset_m.ravel() / top) * 256).astype(np.int64)  # finer near the lines
    count = np.bincount(band, minlength=257)
    told = np.flatnonzero(count)  # the offsets of cells come in steps, so that some bands are empty
    middle = np.bincount(band, offset_m.ravel(), 257)[told] / count[told]
    edge = np.concatenate([[0.0], (middle[1:] + middle[:-1]) / 2, [top]])
    mass = np.zeros(257)
    mass[told] = np.diff(ring.share_within(edge))
    density = mass / np.maximum(count, 1) / max(mass.sum(), 1e-300) * offset_m.size
    return np.asarray((1 - trust + trust * density)[band]).reshape(offset_m.shape)


def at_features(feature: NDArray[np.int8], shares: Mapping[int, float], trust: float = 1.0) -> Floats:
    """(rows, columns) likelihood that the kinds of place where people are found give to their cells, mean 1.

    feature: (rows, columns) kind of each cell, -1 = none of the table. shares: kind -> share of finds; kinds that the
    map does not have lose theirs to the others. A kind's mass is spread evenly over its cells, 1 - trust over all.
    Raises BadQuery for negative shares, Unprocessable when the map has none of the kinds.
    """
    _check_trust(trust)
    if any(not 0 <= kind < 127 or not share >= 0 for kind, share in shares.items()):
        raise BadQuery("kinds are 0..126 and their shares 0 or more", hint="shares are parts of 1")
    count = np.bincount(feature.ravel().astype(np.int64) + 1, minlength=128)
    share = np.zeros(128)
    for kind, each in shares.items():
        share[kind + 1] = each if count[kind + 1] else 0.0
    if share.sum() == 0:
        raise Unprocessable("the map has none of these features", hint="switch the layer off")
    density = share / share.sum() / np.maximum(count, 1) * feature.size
    return np.asarray((1 - trust + trust * density)[feature.astype(np.int64) + 1])


def near_clue(grid: Grid, xy_m: tuple[float, float], sigma_m: float, likelihood_ratio: float) -> Floats:
    """(rows, columns) likelihood ratio of a clue: that much at its place, 1 far away, a normal bump between.

    Below 1 it speaks against the place (a reliable watcher saw nobody). Raises BadQuery for sigma <= 0 or a ratio < 0.
    """
    if not sigma_m > 0 or not 0 <= likelihood_ratio < np.inf:
        raise BadQuery(
            f"sigma_m={sigma_m} must be positive and likelihood_ratio={likelihood_ratio} 0 or more",
            hint="give metres above 0, and 1 for a clue that says nothing",
        )
    return 1 + (likelihood_ratio - 1) * _normal(grid, xy_m, sigma_m, sigma_m, 0.0)


def phone_ellipse(
    grid: Grid,
    xy_m: tuple[float, float],
    semi_major_m: float,
    semi_minor_m: float,
    azimuth_deg: float,
    level: float = 0.95,
    trust: float = 0.95,
) -> Floats:
    """(rows, columns) likelihood of a phone's fix given as the ellipse that holds it with a probability `level`.

    A normal, plus 1 - trust of its mass spread evenly, as fixes are wrong at times; mean 1. azimuth_deg: of the major
    axis from north. Raises BadQuery for axes that are not positive, a level not in (0, 1), a trust not in [0, 1].
    """
    _check_trust(trust)
    if not (semi_major_m > 0 and semi_minor_m > 0 and 0 < level < 1):
        raise BadQuery(
            "an ellipse needs axes above 0 metres and a level above 0 and below 1",
            hint="level is a part of 1, 0.95 is usual",
        )
    scale = np.sqrt(-2 * np.log(1 - level))  # of a normal in the plane
    least = max(grid.width_m, grid.height_m) / 2  # not sharper than the cells
    sigmas = max(semi_major_m / scale, least), max(semi_minor_m / scale, least)
    return _spread_evenly(_normal(grid, xy_m, *sigmas, azimuth_deg), trust)


def phone_sector(
    grid: Grid,
    site_m: tuple[float, float],
    azimuth_deg: float,
    beam_deg: float,
    inner_m: float,
    outer_m: float,
    trust: float = 0.95,
) -> Floats:
    """(rows, columns) likelihood of a cell sector: the timing advance's ring times the antenna's gain; mean 1.

    beam_deg: half-power width, 360 = omnidirectional. The ring is softened by half a cell and 10 % of its width.
    Raises BadQuery for a beam not in (0, 360], rings that do not rise, a trust not in [0, 1].
    Source: 3GPP TR 36.814 table A.2.1.1-2, A = min(12 (phi / beam)^2, 20) dB.
    """
    _check_trust(trust)
    if not 0 < beam_deg <= 360:
        raise BadQuery(
            f"beam_deg={beam_deg} must be above 0 and at most 360",
            hint="65 or 120 is usual, 360 is an antenna to all sides",
        )
    if not 0 <= inner_m < outer_m < np.inf:
        raise BadQuery(
            f"a ring from {inner_m} to {outer_m} m is none",
            hint="give an inner metre of 0 or more and a larger outer one",
        )
    soft_m = 0.1 * (outer_m - inner_m) + max(grid.width_m, grid.height_m) / 2
    distance = grid.distance_m(site_m)
    radius = np.linspace(0, float(distance.max()) + 1, 8192)
    ring = ndtr((outer_m - radius) / soft_m) - (ndtr((inner_m - radius) / soft_m) if inner_m else 0.0)
    likelihood = np.interp(distance, radius, ring)
    if beam_deg < 360:
        off = np.linspace(-180, 180, 3601)
        gain = 10 ** (-np.minimum(12 * (off / beam_deg) ** 2, 20.0) / 10)
        away = _bearing_deg(grid, site_m) - azimuth_deg
        likelihood *= gain[((away + 180) % 360 * 10).astype(np.int32)]
    return _spread_evenly(likelihood, trust)


def _normal(grid: Grid, xy_m: tuple[float, float], major_m: float, minor_m: float, azimuth_deg: float) -> Floats:
    """(rows, columns), 1 at the point; standard deviations along and across the azimuth."""
    east, north = grid.offsets_m(xy_m)
    sin, cos = np.sin(np.radians(azimuth_deg)), np.cos(np.radians(azimuth_deg))
    along, across = (east * sin + north * cos) / major_m, (east * cos - north * sin) / minor_m
    return np.asarray(np.exp(-0.5 * (along**2 + across**2)))


def _bearing_deg(grid: Grid, xy_m: tuple[float, float]) -> Floats:
    east, north = grid.offsets_m(xy_m)
    return np.asarray(np.degrees(np.arctan2(east, north)))


def _spread_evenly(likelihood: Floats, trust: float) -> Floats:
    total = likelihood.sum()
    if total == 0:
        raise Unprocessable("the fix lies so far off the map that it says nothing about it", hint="widen the map")
    likelihood *= trust * likelihood.size / total
    likelihood += 1 - trust
    return likelihood


def _check_trust(trust: float) -> None:
    if not 0 <= trust <= 1:
        raise BadQuery(f"trust={trust} must be in [0, 1]", hint="it is the chance that this is right, 0.8 for instance")
