"""One position of all that is said: what agrees is multiplied, what contradicts the rest is told and left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.special import chdtri
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from location_cloud.callers.mesh import (
    Density,
    Mesh,
    box_mesh,
    densest,
    effective_cells,
    effective_m2,
    moments,
    reach,
    weights_on,
)
from location_cloud.callers.mixture import CELLS, Mixture, apart
from location_cloud.callers.model import LEVEL, Ellipse, Excluded

Floats = npt.NDArray[np.float64]

CONTRADICTION = 1e-3
"""Chance below which sources that mean the same place are not believed to: 13.8 of a chi-square for two positions."""

FEW_CELLS = 150
"""Effective cells below which a density is looked at again on cells of its own: 12 over its width tell an ellipse."""

ROUNDS = 3

APART = 20.0
"""One ellipse over places so many standard deviations apart would be empty for the most part, and its middle a place
where nobody is: then the likelier place is told, with its share."""


@dataclass(frozen=True)
class Source:
    """One measurement. name: as the question names it."""

    name: str
    density: Density


@dataclass(frozen=True)
class Estimate:
    """at_m: on the plane. ground: what holds LEVEL of the density, metres. used: names of sources, sharpest first."""

    at_m: Floats
    ellipse: Ellipse
    ground: BaseGeometry
    warnings: tuple[str, ...]
    used: tuple[str, ...]
    excluded: tuple[Excluded, ...]


def estimate(sources: Sequence[Source]) -> Estimate:
    """Where the phone is by all sources. sources: at least one.

    A set of sources agrees if some place fits all of them: minus twice the logarithm of the best place's density, each
    over its own best, is a chi-square. Of contradicting sources the largest set that agrees is taken, of equally many
    the sharpest, and the answer warns. Takes 0.2 ms for one Gaussian, 1 to 3 ms for others.
    """
    if len(sources) == 1 and isinstance(sources[0].density, Mixture):
        return Estimate(*_of_mixture(sources[0].density), (sources[0].name,), ())
    decided, doubts = _decided(sources)
    seen = sorted((_look(source) for source in decided), key=lambda each: each.ground_m2)
    chosen, warnings = _agreeing(seen)
    warnings += doubts
    left_out = [each for each in seen if each not in chosen]
    excluded = tuple(Excluded(each.source.name, f"contradicts {_names(chosen)}") for each in left_out)
    used = tuple(each.source.name for each in chosen)
    if len(chosen) == 1 and isinstance(chosen[0].source.density, Mixture):
        at_m, ellipse, ground, more = _of_mixture(chosen[0].source.density)
        return Estimate(at_m, ellipse, ground, (*warnings, *more), used, excluded)
    return Estimate(*_of_product(chosen), tuple(warnings), used, excluded)


def ellipse_of(spread: Floats, squared: float, level: float = LEVEL) -> Ellipse:
    """The ellipse where the Mahalanobis distance squared of a covariance (2, 2) is `squared`."""
    values, vectors = np.linalg.eigh(spread)
    minor, major = np.sqrt(np.maximum(values, 0) * squared).tolist()
    azimuth = float(np.degrees(np.arctan2(vectors[0, 1], vectors[1, 1]))) % 180
    return Ellipse(round(major, 2), round(minor, 2), round(azimuth, 2) % 180, level)


def ellipse_ground(at_m: Floats, spread: Floats, squared: float, points: int = 64) -> Polygon:
    """The same as a polygon; it has the ellipse's area."""
    values, vectors = np.linalg.eigh(spread)
    turn = 2 * np.pi / points
    bulge = np.sqrt(turn / np.sin(turn))  # a polygon with corners on the ellipse would be smaller
    angle = np.arange(points) * turn
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.sqrt(np.maximum(values, 1e-4) * squared) * bulge
    return Polygon(at_m + circle @ vectors.T)


# --- parts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Seen:
    """A source on its own mesh. peak: its largest log density. ground_m2: effective ground."""

    source: Source
    mesh: Mesh
    log_density: Floats
    peak: float
    ground_m2: float


def _decided(sources: Sequence[Source]) -> tuple[list[Source], list[str]]:
    """The same sources, of those that leave several places far apart only the place that the others like best."""
    decided, doubts = [], []
    for source in sources:
        mixture = source.density
        groups = apart(mixture, APART) if isinstance(mixture, Mixture) else []
        if isinstance(mixture, Mixture) and len(groups) > 1:
            means = np.array([group.moments()[0] for group in groups])
            liked = np.log([_share(group, mixture) for group in groups])
            for other in sources:
                liked = liked + (other.density.log_density(means) if other is not source else 0)
            chance = np.exp(liked - liked.max())
            chance /= chance.sum()
            best = int(chance.argmax())
            if chance[best] < LEVEL:
                doubts.append(f"{source.name}: another place far away fits too ({1 - chance[best]:.0%})")
            decided.append(Source(source.name, groups[best]))
        else:
            decided.append(source)
    return decided, doubts


def _look(source: Source) -> _Seen:
    mesh = source.density.mesh()
    told = source.density.log_density(mesh.centres_m)
    return _Seen(source, mesh, told, float(told.max()), effective_m2(mesh, weights_on(mesh, told)))


def _agreeing(seen: list[_Seen]) -> tuple[list[_Seen], list[str]]:
    """The largest set of sources that agree, grown from each in turn, sharpest first; and what to warn of."""
    if len(seen) == 1:
        return seen, []
    best: list[_Seen] = []
    for seed in seen:
        members, total = [seed], seed.log_density - seed.peak
        for other in seen:
            if other is seed:
                continue
            added = total + other.source.density.log_density(seed.mesh.centres_m) - other.peak
            if -2 * added.max() <= chdtri(2 * len(members), CONTRADICTION):
                members.append(other)
                total = added
        if len(members) > len(best):
            best = members
        if len(best) == len(seen):
            break
    best.sort(key=lambda each: each.ground_m2)
    out = [each for each in seen if each not in best]
    return best, [f"{_names(out)} and {_names(best)} contradict each other: no place fits both"] if out else []


def _names(seen: list[_Seen]) -> str:
    return ", ".join(each.source.name for each in seen)


def _of_mixture(mixture: Mixture) -> tuple[Floats, Ellipse, BaseGeometry, tuple[str, ...]]:
    groups = apart(mixture, APART)
    if len(groups) > 1:
        shares = [_share(group, mixture) for group in groups]
        if shares[0] < LEVEL:
            return _of_groups(groups, shares)
        mixture = groups[0]
    mean, spread = mixture.moments()
    squared = mixture.reach(LEVEL)
    return mean, ellipse_of(spread, squared), ellipse_ground(mean, spread, squared), ()


def _of_groups(groups: list[Mixture], shares: list[float]) -> tuple[Floats, Ellipse, BaseGeometry, tuple[str, ...]]:
    """The likelier of several places far apart: its ellipse holds LEVEL of its share, the ground is all of them."""
    parts = []
    for group in groups:
        mean, spread = group.moments()
        parts.append((mean, spread, group.reach(LEVEL)))
    mean, spread, squared = parts[0]
    level = round(LEVEL * shares[0], 3)
    ground = shapely.union_all([ellipse_ground(*part) for part in parts])
    away_m = float(np.linalg.norm(parts[1][0] - mean))
    warning = (
        f"{len(groups)} places far apart fit; the likelier one is told ({shares[0]:.0%}), the next is "
        f"{away_m / 1000:,.1f} km away ({shares[1]:.0%})"
    )
    return mean, ellipse_of(spread, squared, level), ground, (warning,)


def _share(group: Mixture, mixture: Mixture) -> float:
    mine = np.isin(mixture.mean_m[:, 0], group.mean_m[:, 0])
    return float(mixture.weights[mine].sum())


def _of_product(chosen: list[_Seen]) -> tuple[Floats, Ellipse, BaseGeometry]:
    """On the mesh of the sharpest source; where few of its cells remain, on cells of the product's own."""
    mesh = chosen[0].mesh
    weights = weights_on(mesh, _product(chosen, mesh))
    mean, spread = moments(mesh.centres_m, weights)
    for _ in range(ROUNDS):
        if len(chosen) == 1 or effective_cells(weights) >= FEW_CELLS:
            break
        cell_m2 = float(weights @ mesh.area_m2)  # what is narrower than a cell is not seen yet
        mesh = box_mesh(mean, spread + cell_m2 / 12 * np.eye(2), CELLS)
        weights = weights_on(mesh, _product(chosen, mesh))
        mean, spread = moments(mesh.centres_m, weights)
    squared = reach(mesh.centres_m, weights, mean, spread, LEVEL)
    return mean, ellipse_of(spread, squared), densest(mesh, weights, LEVEL)


def _product(chosen: list[_Seen], mesh: Mesh) -> Floats:
    total = np.zeros(len(mesh.centres_m))
    for each in chosen:
        total = total + each.source.density.log_density(mesh.centres_m)
    return total
