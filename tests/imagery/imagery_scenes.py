"""Scenes drawn in the test: small GeoTIFFs at Daqing, and a store to add them to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from location_cloud.imagery import service_adding, service_scenes, store
from location_cloud.imagery.model import Scene, Wish
from location_cloud.imagery.model_mosaic import SceneSet
from location_cloud.storage.live import Live, open_live

rasterio = pytest.importorskip("rasterio")

SHARED = Path(__file__).parents[3] / "shared" / "data"
"""Real data beside the checkout, for tests only."""


class Quiet:
    """Progress that nobody watches."""

    def step(self, title: str, total: int = 0) -> None:
        pass

    def advance(self, units: int = 1) -> None:
        pass


NOW = datetime(2026, 11, 23, tzinfo=UTC)
DAQING = (125.0, 46.5, 125.2, 46.6)
"""West, south, east, north of what is drawn."""


def write_tiff(path: Path, bands: Any, bounds: Any = DAQING, crs: str = "EPSG:4326", **options: Any) -> Path:
    """A GeoTIFF of (bands, rows, columns) values."""
    values = np.asarray(bands)
    transform = rasterio.transform.from_bounds(*bounds, values.shape[2], values.shape[1])
    profile = {"driver": "GTiff", "count": len(values), "dtype": values.dtype.name, "crs": crs, "transform": transform}
    with rasterio.open(path, "w", height=values.shape[1], width=values.shape[2], **profile, **options) as file:
        file.write(values)
    return path


def halves(rows: int = 600, columns: int = 1200) -> np.ndarray:
    """A picture whose west is red and whose east is blue."""
    picture = np.zeros((3, rows, columns), np.uint8)
    picture[0, :, : columns // 2] = 200
    picture[2, :, columns // 2 :] = 200
    return picture


def plain(red: int, green: int = 0, blue: int = 0) -> np.ndarray:
    """A picture of one colour."""
    return np.broadcast_to(np.array([red, green, blue], np.uint8)[:, None, None], (3, 40, 80)).copy()


def ramp(rows: int = 100, columns: int = 200) -> np.ndarray:
    """Heights that rise from 100 m in the west to 300 m in the east."""
    return np.broadcast_to(np.linspace(100, 300, columns, dtype=np.float32), (1, rows, columns)).copy()


class Store:
    """A home with a live store."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.live: Live = open_live("", home)
        self.live.migrate({"imagery": store.MIGRATIONS})

    def add(self, *paths: Path, apart: bool = False, tenant: str = "", **wish: Any) -> list[Scene]:
        """Adds the scenes as the command does."""
        asked = Wish(wish.pop("set", ""), tenant, **wish)
        return service_adding.add_paths(self.live, self.home, paths, asked, NOW, Quiet(), apart)[0]

    def set(self, name: str, tenant: str = "default") -> SceneSet:
        """A set as the tenant sees it."""
        return service_scenes.get_set(self.live, tenant, self.home, name)
