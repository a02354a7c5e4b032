"""The segments that a search is shared out in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from location_cloud.searches.cells import Floats


@dataclass(frozen=True, eq=False)
class Segments:
    """n segments; a cell belongs to the one that holds its middle.

    names: each once. polygons: (n,) shapely polygons, degrees. area_m2: (n,). labels: (rows, columns) int32 place of
    each cell's segment, -1 = none. version: of the search that they came with. is_given: drawn by somebody.
    """

    names: tuple[str, ...]
    polygons: NDArray[np.object_]
    area_m2: Floats
    labels: NDArray[np.int32]
    version: int = 0
    is_given: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def poa(self, p: Floats) -> Floats:
        """(n,) probability of area, of the cells' (cells,) or (rows, columns)."""
        return np.asarray(np.bincount(self.labels.ravel() + 1, p.ravel(), len(self) + 1)[1:])

    def as_arrays(self) -> dict[str, NDArray[np.generic]]:
        """What the store keeps of them."""
        wkb = [bytes(each) for each in shapely.to_wkb(self.polygons)]
        text = orjson.dumps({"names": self.names, "is_given": self.is_given})
        return {
            "labels": self.labels,
            "area_m2": self.area_m2,
            "wkb": np.frombuffer(b"".join(wkb), np.uint8),
            "wkb_start": np.cumsum([0, *map(len, wkb)]),
            "text": np.frombuffer(text, np.uint8),
        }


def from_arrays(arrays: dict[str, NDArray[np.generic]], version: int) -> Segments:
    """The segments that `as_arrays` was made of."""
    text = orjson.loads(arrays["text"].tobytes())
    wkb, start = arrays["wkb"].tobytes(), arrays["wkb_start"].tolist()
    polygons = shapely.from_wkb([wkb[begin:end] for begin, end in pairwise(start)])
    labels = np.asarray(arrays["labels"], np.int32)
    area_m2 = np.asarray(arrays["area_m2"], np.float64)
    return Segments(tuple(text["names"]), np.asarray(polygons), area_m2, labels, version, text["is_given"])
