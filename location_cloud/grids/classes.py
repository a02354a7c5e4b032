"""Numbers put into classes for a map: the same count, the same width, or natural breaks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.grids.model_indicators import Method

COLOURS = ("#fdf3c3", "#fbdc93", "#f8c268", "#f2a546", "#e88635", "#d8662d", "#bf4829", "#9b2f27", "#6f1d24")
"""From few to many, each darker than the one before, so that they are told apart in print, too; own choice."""

NO_VALUE = "#c8c8c8"


def find_breaks(values: NDArray[np.float64], classes: int, method: Method) -> NDArray[np.float64]:
    """The upper bounds of classes, rising, the last one the greatest value; fewer where there are fewer values.

    values: (n,) finite, at least one. A class holds what is above the bound before and up to its own.
    """
    different = np.unique(values)
    classes = min(classes, len(different))
    if method == "equal":
        low, high = float(different[0]), float(different[-1])
        bounds = low + (high - low) * np.arange(1, classes + 1) / classes
        bounds[-1] = high
    elif method == "quantile":
        bounds = np.quantile(values, np.arange(1, classes + 1) / classes, method="inverted_cdf")
    else:
        bounds = _natural(values, classes)
    found: NDArray[np.float64] = np.unique(bounds)
    return found


def class_of(values: NDArray[np.float64], bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the class of each value, from 0."""
    return np.minimum(np.searchsorted(bounds, values, side="left"), len(bounds) - 1)


def colours_of(classes: int) -> list[str]:
    """A colour for each class, spread over all that there are."""
    places = np.rint(np.linspace(0, len(COLOURS) - 1, classes)) if classes > 1 else [len(COLOURS) // 2]
    return [COLOURS[int(place)] for place in places]


def _natural(values: NDArray[np.float64], classes: int) -> NDArray[np.float64]:
    """Bounds that leave the least sum of squared differences within classes: exact, O(classes n log n).

    The best last bound never moves left when a value is added, so each layer is found by halving.
    Source: Fisher 1958, On grouping for maximum homogeneity (known as Jenks' natural breaks).
    """
    points, counts = np.unique(values, return_counts=True)
    middle = points.mean()
    weight = np.concatenate([[0.0], np.cumsum(counts)])
    first = np.concatenate([[0.0], np.cumsum(counts * (points - middle))])
    second = np.concatenate([[0.0], np.cumsum(counts * (points - middle) ** 2)])
    size = len(points)

    def spread(start: NDArray[np.int64], end: int) -> NDArray[np.float64]:
        total = first[end] - first[start]
        return np.asarray(second[end] - second[start] - total**2 / (weight[end] - weight[start]))

    best = np.concatenate([[0.0], [float(spread(np.array([0]), end)[0]) for end in range(1, size + 1)]])
    starts: list[NDArray[np.int64]] = []
    for number in range(2, classes + 1):
        layer, chosen = np.full(size + 1, np.inf), np.zeros(size + 1, np.int64)
        waiting = [(number, size, number - 1, size - 1)]
        while waiting:
            low, high, least, most = waiting.pop()
            if low > high:
                continue
            end = (low + high) // 2
            tried = np.arange(least, min(most, end - 1) + 1)
            costs = best[tried] + spread(tried, end)
            place = int(np.argmin(costs))
            layer[end], chosen[end] = costs[place], tried[place]
            waiting += [(low, end - 1, least, int(tried[place])), (end + 1, high, int(tried[place]), most)]
        best = layer
        starts.append(chosen)
    bounds, end = [], size
    for chosen in reversed(starts):
        bounds.append(points[end - 1])
        end = int(chosen[end])
    bounds.append(points[end - 1])
    return np.array(bounds[::-1])
