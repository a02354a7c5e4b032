"""A probability map as a picture and as a GeoTIFF."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from location_cloud.imagery import installed
from location_cloud.searches.cells import Floats
from location_cloud.searches.lattice import Lattice
from tiles.png import encode_png

RAMP = np.array(
    [(255, 255, 204), (255, 237, 160), (254, 217, 118), (254, 178, 76), (253, 141, 60), (252, 78, 42), (189, 0, 38)],
    np.float64,
)
"""Colours from unlikely to likely: ColorBrewer's YlOrRd with 7 classes, readable to the colour-blind (Apache-2.0)."""

SHARES = 64
"""Steps of the ramp."""

LEAST = 0.005
"""Of the densest cell's chance; less is left clear."""


def as_picture(lattice: Lattice, p: Floats, max_side: int) -> bytes:
    """PNG of a map, north up in Web Mercator, clear where there is hardly a chance; p: (rows, columns).

    Colours go by the logarithm of the chance: 50 % of it lies in a hundredth of the cells.
    """
    west, south, east, north = lattice.bounds
    low, high = (np.arcsinh(np.tan(np.radians(lat))) for lat in (south, north))
    columns = min(lattice.columns, max_side)
    across = np.radians(east - west)
    rows = int(np.clip(round(columns * (high - low) / across), 1, max_side))
    if lattice.rows > rows and lattice.columns <= max_side:  # as fine as the cells, if that may be
        rows = min(lattice.rows, max_side)
    lat = np.degrees(np.arctan(np.sinh(high - (np.arange(rows) + 0.5) / rows * (high - low))))
    row = np.clip(((lat - south) / lattice.cell_lat).astype(np.int64), 0, lattice.rows - 1)
    column = ((np.arange(columns) + 0.5) / columns * lattice.columns).astype(np.int64)
    shown = p[row][:, column] / max(float(p.max()), 1e-300)
    step = 1 + np.log(np.maximum(shown, LEAST)) / -np.log(LEAST)
    number = np.where(shown < LEAST, 0, 1 + np.rint(step * (SHARES - 1))).astype(np.uint8)
    return encode_png(number, _palette(), is_first_clear=True)


def as_cog(lattice: Lattice, p: Floats) -> bytes:
    """Cloud-optimised GeoTIFF of the chance of each cell in degrees (EPSG:4326), north up. Raises NotInstalled."""
    rasterio = installed.rasterio()
    west, south, east, north = lattice.bounds
    grid: NDArray[np.float32] = np.ascontiguousarray(p[::-1], np.float32)
    transform = rasterio.transform.from_bounds(west, south, east, north, lattice.columns, lattice.rows)
    profile = {"dtype": "float32", "count": 1, "height": lattice.rows, "width": lattice.columns, "nodata": None}
    with rasterio.io.MemoryFile() as file:
        with file.open(
            driver="COG", crs="EPSG:4326", transform=transform, compress="deflate", predictor=3, **profile
        ) as made:
            made.write(grid, 1)
            made.set_band_description(1, "probability of area")
        content: bytes = file.read()
    return content


def _palette() -> NDArray[np.uint8]:
    """(SHARES + 1, 3) colours, the first one clear."""
    at = np.linspace(0, len(RAMP) - 1, SHARES)
    colours = np.column_stack([np.interp(at, np.arange(len(RAMP)), RAMP[:, band]) for band in range(3)])
    return np.concatenate([np.zeros((1, 3)), colours]).round().astype(np.uint8)
