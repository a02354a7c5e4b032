"""Colour maps: 256 colours for values from low to high."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_STOPS: Mapping[str, str] = {
    "gray": "000000 ffffff",
    "viridis": "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
    "magma": "000004 180f3d 440f76 721f81 9e2f7f cd4071 f1605d fd9668 feca8d fcfdbf",
    "inferno": "000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4",
    "plasma": "0d0887 47039f 7301a8 9c179e bd3786 d8576b ed7953 fa9e3b fdc926 f0f921",
    "rdylgn": "a50026 d73027 f46d43 fdae61 fee08b ffffbf d9ef8b a6d96a 66bd63 1a9850 006837",
    "rdbu": "67001f b2182b d6604d f4a582 fddbc7 f7f7f7 d1e5f0 92c5de 4393c3 2166ac 053061",
    "spectral": "9e0142 d53e4f f46d43 fdae61 fee08b ffffbf e6f598 abdda4 66c2a5 3288bd 5e4fa2",
    "ylgn": "ffffe5 f7fcb9 d9f0a3 addd8e 78c679 41ab5d 238443 006837 004529",
    "blues": "f7fbff deebf7 c6dbef 9ecae1 6baed6 4292c6 2171b5 08519c 08306b",
    "reds": "fff5f0 fee0d2 fcbba1 fc9272 fb6a4a ef3b2c cb181d a50f15 67000d",
    "terrain": "333399 0099ff 00cc66 ffff99 805c54 ffffff",
}
"""Stops at equal distances. viridis to plasma: CC0, Smith and van der Walt, tenths of matplotlib's; rdylgn to reds:
ColorBrewer, Brewer (Apache-2.0); terrain: as matplotlib's."""

NAMES = tuple(_STOPS)


@functools.cache
def colour_map(name: str) -> NDArray[np.uint8]:
    """(256, 3) red, green, blue; a name with "_r" runs backwards. Raises KeyError for an unknown one."""
    is_reversed = name.endswith("_r")
    stops = [tuple(bytes.fromhex(stop)) for stop in _STOPS[name.removesuffix("_r")].split()]
    places = np.linspace(0, 255, len(stops))
    channels = [np.interp(np.arange(256), places, channel) for channel in zip(*stops, strict=True)]
    found = np.round(np.stack(channels, axis=1)).astype(np.uint8)
    return found[::-1].copy() if is_reversed else found
