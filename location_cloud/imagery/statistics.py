"""Figures of many values: the members of TiTiler's statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def describe(values: NDArray[Any], pixels: int, bins: int) -> dict[str, Any]:
    """Extremes, mean, spread, middle and histogram of at least one value. pixels: asked for, with or without data."""
    numbers = values.astype(np.float64)
    low, quarter, middle, three_quarters, high = np.percentile(numbers, (2, 25, 50, 75, 98))
    counts, edges = np.histogram(numbers, bins=bins)
    return {
        "min": float(numbers.min()),
        "max": float(numbers.max()),
        "mean": float(numbers.mean()),
        "std": float(numbers.std()),
        "sum": float(numbers.sum()),
        "count": len(numbers),
        "median": float(middle),
        "percentile_2": float(low),
        "percentile_25": float(quarter),
        "percentile_75": float(three_quarters),
        "percentile_98": float(high),
        "valid_percent": round(100 * len(numbers) / pixels, 3),
        "valid_pixels": len(numbers),
        "masked_pixels": pixels - len(numbers),
        "histogram": [counts.tolist(), edges.tolist()],
    }
