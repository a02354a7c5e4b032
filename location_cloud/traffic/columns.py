"""A picture as columns of int32, which is what mapped slots hold: floats by their bits, small numbers side by side."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.traffic.model import Estimate
from location_cloud.traffic.model_picture import Picture

Columns = Mapping[str, NDArray[np.int32]]

OF_ESTIMATE = ("kmh", "free_flow_kmh", "variance", "age_s")
OF_PICTURE = ("typical_kmh", "next_kmh")
FACTS = ("probes", "drives", "simulated_drives")

NAMES_BYTES = 4096
"""Room for the names of factors; those that do not fit are told as "other"."""

_SOURCE_BIT, _SIMULATED_BIT, _CLOSED_BIT = 4, 8, 9
"""Of `state`: level in the lowest four, then source, then one bit each. `counts`: samples, factors from bit 16 on."""


def column_lengths(edges: int) -> dict[str, int]:
    """The columns of a picture of so many edges, and how long each is."""
    of_edges = dict.fromkeys((*OF_ESTIMATE, *OF_PICTURE, "state", "counts"), edges)
    return {**of_edges, "facts": len(FACTS), "names": NAMES_BYTES // 4}


def write_columns(picture: Picture, columns: Columns) -> None:
    """Fills columns with a picture. Takes 3 ms for 300,000 edges."""
    estimate = picture.estimate
    for name in OF_ESTIMATE:
        columns[name].view(np.float32)[:] = getattr(estimate, name)
    for name in OF_PICTURE:
        columns[name].view(np.float32)[:] = getattr(picture, name)
    state = columns["state"]
    state[:] = estimate.source
    state <<= _SOURCE_BIT
    state |= estimate.level
    state |= estimate.is_simulated.astype(np.int32) << _SIMULATED_BIT
    state |= picture.is_closed.astype(np.int32) << _CLOSED_BIT
    counts = columns["counts"].view(np.uint16)
    counts[0::2], counts[1::2] = estimate.samples, estimate.factors
    columns["facts"][:] = [getattr(picture, name) for name in FACTS]
    names = columns["names"].view(np.uint8)
    words = list(estimate.factor_names)
    while len(text := orjson.dumps(words)) > NAMES_BYTES:
        words = [word if len(word) < len(max(words, key=len)) else "other" for word in words]
    names[:] = 0
    names[: len(text)] = np.frombuffer(text, np.uint8)


def read_columns(columns: Columns, version: int, as_of_s: float) -> Picture:
    """The picture that `write_columns` wrote, in part over the same memory."""
    floats = {name: columns[name].view(np.float32) for name in (*OF_ESTIMATE, *OF_PICTURE)}
    state, counts = columns["state"], columns["counts"].view(np.uint16)
    estimate = Estimate(
        as_of_s,
        floats["kmh"],
        floats["free_flow_kmh"],
        (state >> _SOURCE_BIT & 15).astype(np.uint8),
        counts[0::2],
        floats["variance"],
        floats["age_s"],
        (state & 15).astype(np.uint8),
        (state >> _SIMULATED_BIT & 1).astype(bool),
        counts[1::2],
        tuple(orjson.loads(columns["names"].view(np.uint8).tobytes().rstrip(b"\0") or b"[]")),
    )
    facts = dict(zip(FACTS, columns["facts"].tolist()))
    is_closed = (state >> _CLOSED_BIT & 1).astype(bool)
    return Picture(estimate, floats["typical_kmh"], floats["next_kmh"], is_closed, version, **facts)
