"""How a set is drawn."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from location_cloud.imagery.model_mosaic import Order

Algorithm: TypeAlias = Literal["hillshade", "slope", "contours", "terrainrgb", "terrarium"]
"""What is drawn of heights. Names as TiTiler has them."""


@dataclass(frozen=True)
class Look:
    """How to draw. Empty = as the set is by itself.

    bands: numbers from 1, one or three. expression: formulas instead of bands. rescale: (low, high) for each channel
    or one for all, values drawn darkest and lightest. colormap: for one channel. algorithm: of heights.
    azimuth_deg, altitude_deg, exaggeration: the light of hillshade. interval_m: between contour lines.
    order: which scene is on top. taken: from, to (ISO 8601, "" = open).
    """

    bands: tuple[int, ...] = ()
    expression: str = ""
    rescale: tuple[tuple[float, float], ...] = ()
    colormap: str = ""
    algorithm: Algorithm | None = None
    azimuth_deg: float = 315.0
    altitude_deg: float = 45.0
    exaggeration: float = 1.0
    interval_m: float = 10.0
    order: Order = "newest"
    taken: tuple[str, str] | None = None

    @property
    def digest(self) -> str:
        """Differs with whatever is drawn differently."""
        return hashlib.blake2b(repr(self).encode(), digest_size=6).hexdigest()


PLAIN = Look()
