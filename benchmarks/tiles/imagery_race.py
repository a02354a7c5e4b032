"""Imagery tiles in process beside cog-tiles and rio-tiler: handed out as stored, drawn from bands, relief of heights.

The picture and the bands are drawn (smooth waves and noise, 4096 x 4096 pixels); heights are an SRTM tile where
../shared/data/imagery has it, else drawn as well. Both sides answer the same tiles in turn, in one thread; a figure is
the best of ROUNDS rounds, as the machine is shared.
python -m benchmarks.tiles.imagery_race    (about half a minute; as much the first time to convert)
"""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cog_tiles
import numpy as np
import rasterio
from rasterio.transform import from_bounds
from rio_tiler.colormap import cmap
from rio_tiler.io import Reader

from benchmarks.routing.figures import machine
from benchmarks.routing.lockstep import ROOT
from location_cloud.imagery import service, service_adding, service_elevation, store
from location_cloud.imagery.adding import scene_file
from location_cloud.imagery.model import Wish
from location_cloud.imagery.model_look import Look
from location_cloud.imagery.model_mosaic import SceneSet
from location_cloud.imagery.service_scenes import list_sets
from location_cloud.imagery.tile_sets import tile_sets
from location_cloud.storage.live import Live, open_live
from location_cloud.tile_sets import TileAt

HOME = ROOT / ".parts/bench/tiles/imagery-home"
HEIGHTS = ROOT.parent / "shared/data/imagery/gh_N49E011.hgt.zip"
SEED = 20261123
ROUNDS, TILES, STORED_TILES, POINTS = 3, 60, 20_000, 2_000
SIDE = 4096
UTM = (500_000.0, 5_150_000.0, 540_960.0, 5_190_960.0)
"""10 m pixels in zone 51 N, at Daqing."""

Tiles = Sequence[tuple[int, int, int]]


class Silent:
    """Progress that nobody watches."""

    def step(self, title: str, total: int = 0) -> None:
        """Nothing."""

    def advance(self, units: int = 1) -> None:
        """Nothing."""


def main() -> None:
    """Measures everything and prints a table."""
    warnings.simplefilter("ignore")
    live = prepare()
    sets = list_sets(live, "default", HOME)
    print(f"\n### Imagery, one thread ({machine()})\n")
    print("| what | ours, tiles/s | peer | peer, tiles/s | ratio |")
    print("| --- | --- | --- | --- | --- |")
    offered = tile_sets(SimpleNamespace(live=live, home=HOME), "default")  # type: ignore[arg-type]  # all it looks at
    for name, form in (("photo", "webp"), ("full", "jpg")):
        _race_stored(sets[name], offered[name].read, form)
    _race_drawn(sets["bands"])
    _race_relief(sets["heights"])
    _race_heights(live)
    live.close()


# --- the scenes -----------------------------------------------------------------------------------


def prepare() -> Live:
    """The store with the four sets; converted the first time."""
    HOME.mkdir(parents=True, exist_ok=True)
    live = open_live("", HOME)
    live.migrate({"imagery": store.MIGRATIONS})
    if len(list_sets(live, "default", HOME)) < 4:
        folder = HOME / "sources"
        folder.mkdir(exist_ok=True)
        photo = _waves(3, np.uint8, 60, 200)
        _add(live, "photo", _write(folder / "photo.tif", photo, UTM, "EPSG:32651"))
        _add(live, "full", _write(folder / "full.tif", photo, _aligned_bounds(), "EPSG:3857"))
        _add(live, "bands", _write(folder / "bands.tif", _waves(4, np.uint16, 500, 6000), UTM, "EPSG:32651", nodata=0))
        heights = folder / "n49e011_dem.hgt.zip"
        if HEIGHTS.exists():
            shutil.copy(HEIGHTS, heights)
        else:
            heights = _write(
                folder / "dem.tif", _waves(1, np.float32, 100, 900)[:, :1201, :1201], (11, 49, 12, 50), "EPSG:4326"
            )
        _add(live, "heights", heights)
    return live


def _add(live: Live, name: str, path: Path) -> None:
    wish = Wish(name, kind="elevation" if name == "heights" else None)
    started = time.perf_counter()
    service_adding.add_paths(live, HOME, (path,), wish, datetime.now(UTC), Silent(), apart=False)
    print(f"converted {path.name} in {time.perf_counter() - started:.1f} s", flush=True)


def _waves(bands: int, dtype: Any, low: float, high: float) -> Any:
    rng = np.random.default_rng(SEED)
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    found = np.empty((bands, SIDE, SIDE), dtype)
    for band in range(bands):
        wave = (
            np.sin(rows / (37 + 11 * band))
            + np.cos(columns / (53 - 7 * band))
            + rng.random((SIDE, SIDE), np.float32) / 4
        )
        found[band] = low + (wave + 2) / 4.25 * (high - low)
    return found


def _write(path: Path, values: Any, bounds: Sequence[float], crs: str, **options: Any) -> Path:
    """As a cloud optimized GeoTIFF in its own projection: what the peer reads."""
    plain = path.with_suffix(".plain.tif")
    profile = {"driver": "GTiff", "count": len(values), "dtype": values.dtype.name, "crs": crs, "tiled": True}
    transform = from_bounds(*bounds, values.shape[2], values.shape[1])
    with rasterio.open(
        plain, "w", height=values.shape[1], width=values.shape[2], transform=transform, **profile, **options
    ) as file:
        file.write(values)
    rasterio.shutil.copy(plain, path, driver="COG", COMPRESS="DEFLATE", BLOCKSIZE=256)
    plain.unlink()
    return path


def _aligned_bounds() -> tuple[float, float, float, float]:
    """Sixteen tiles of zoom 14 a side: a picture that fills them."""
    side = 2 * 20037508.342789244 / 2**14
    west, north = 13872 * side - 20037508.342789244, 20037508.342789244 - 5792 * side
    return west, north - 16 * side, west + 16 * side, north


# --- the races ------------------------------------------------------------------------------------


def _race_stored(scenes: SceneSet, read: Callable[[TileAt], Any], form: Any) -> None:
    scene = scenes.scenes[0]
    peer = cog_tiles.open(str(scene_file(HOME, scene.key)))
    asked = _tiles(scenes, STORED_TILES)
    ours = [TileAt(z, x, y, form) for z, x, y in asked]
    assert all(read(at).body == peer.tile(at.z, at.x, at.y) for at in ours[:200])
    mine, theirs = _race(lambda: [read(at) for at in ours], lambda: [peer.tile(*at) for at in asked])
    _tell(f"stored tile, {form}", mine, "cog-tiles", theirs, STORED_TILES)


def _race_drawn(scenes: SceneSet) -> None:
    source = str(HOME / "sources/bands.tif")
    asked = _tiles(scenes, TILES)
    stretch = Look(bands=(3, 2, 1), rescale=((500.0, 6000.0),))
    ndvi = Look(expression="(b4-b3)/(b4+b3)", colormap="rdylgn")
    colours = cmap.get("rdylgn")
    with Reader(source) as reader:

        def theirs_rgb(opened: Any, at: tuple[int, int, int]) -> bytes:
            image = opened.tile(at[1], at[2], at[0], indexes=(3, 2, 1), tilesize=256)
            image.rescale(((500, 6000),))
            return bytes(image.render(img_format="JPEG"))

        def theirs_new(at: tuple[int, int, int]) -> bytes:
            with Reader(source) as opened:
                return theirs_rgb(opened, at)

        def theirs_ndvi(at: tuple[int, int, int]) -> bytes:
            image = reader.tile(at[1], at[2], at[0], expression="(b4-b3)/(b4+b3)", tilesize=256)
            image.rescale(((-1, 1),))
            return bytes(image.render(img_format="PNG", colormap=colours))

        kept, anew = "rio-tiler, kept open", "rio-tiler, opened each time"
        rgb = "16-bit bands as RGB, jpg"
        _race_looks(rgb, scenes, stretch, "jpg", asked, kept, lambda at: theirs_rgb(reader, at))
        _race_looks(rgb, scenes, stretch, "jpg", asked, anew, theirs_new)
        _race_looks("NDVI in colours, png", scenes, ndvi, "png", asked, kept, theirs_ndvi)


def _race_relief(scenes: SceneSet) -> None:
    asked = _tiles(scenes, TILES)
    with Reader(str(scene_file(HOME, scenes.scenes[0].key))) as reader:

        def heights(at: tuple[int, int, int], margin: int) -> Any:
            return reader.tile(at[1], at[2], at[0], tilesize=256, buffer=margin)

        def packed(at: tuple[int, int, int]) -> bytes:
            image = heights(at, 0)
            value = ((image.array.data[0].astype(np.float64) + 10000) * 10).astype(np.uint32)
            image.array = _unmasked(np.stack([value >> 16, value >> 8 & 255, value & 255]))
            return bytes(image.render(img_format="PNG"))

        def shaded(at: tuple[int, int, int]) -> bytes:
            image = heights(at, 3)
            x, y = np.gradient(image.array.data[0].astype(np.float64))
            slope, aspect = np.pi / 2 - np.arctan(np.sqrt(x * x + y * y)), np.arctan2(-x, y)
            light = np.sin(np.pi / 4) * np.sin(slope) + np.cos(np.pi / 4) * np.cos(slope) * np.cos(0.785 - aspect)
            image.array = _unmasked((255 * (light + 1) / 2)[None, 3:-3, 3:-3])
            return bytes(image.render(img_format="PNG"))

        peer = "rio-tiler, then numpy as TiTiler"
        _race_looks("heights as colours (terrain-RGB), png", scenes, Look(), "png", asked, peer, packed)
        _race_looks("shaded relief, png", scenes, Look(algorithm="hillshade"), "png", asked, peer, shaded)
    for name in ("slope", "contours", "terrarium"):
        look = Look(algorithm=name)  # type: ignore[arg-type]  # all three are algorithms
        mine = min(_timed(lambda: [_ours(scenes, look, "png", at) for at in asked]) for _ in range(ROUNDS))  # noqa: B023
        print(f"| {name}, png | {TILES / mine:,.0f} | - | - | - |")


def _unmasked(values: Any) -> Any:
    return np.ma.masked_array(values.astype(np.uint8), mask=np.zeros(values.shape, np.bool_))


def _race_heights(live: Live) -> None:
    scenes = list_sets(live, "default", HOME)["heights"]
    west, south, east, north = scenes.bounds
    rng = np.random.default_rng(SEED)
    points = np.column_stack([rng.uniform(west, east, POINTS), rng.uniform(south, north, POINTS)])
    with rasterio.open(scene_file(HOME, scenes.scenes[0].key)) as file:
        xs, ys = rasterio.warp.transform("EPSG:4326", "EPSG:3857", points[:, 0], points[:, 1])
        mine, theirs = _race(
            lambda: service_elevation.find_heights(live, "default", HOME, points),
            lambda: list(file.sample(zip(xs, ys, strict=True))),
        )
    _tell("heights of points, a second", mine, "rasterio sample (nearest)", theirs, POINTS)


def _race_looks(
    what: str, scenes: SceneSet, look: Look, form: Any, asked: Tiles, peer: str, theirs: Callable[[Any], bytes]
) -> None:
    mine, other = _race(lambda: [_ours(scenes, look, form, at) for at in asked], lambda: [theirs(at) for at in asked])
    _tell(what, mine, peer, other, len(asked))


def _ours(scenes: SceneSet, look: Look, form: Any, at: tuple[int, int, int]) -> bytes:
    tile = service.get_tile(scenes, TileAt(*at, form), look)
    return b"" if tile is None else tile.body


def _race(ours: Callable[[], Any], theirs: Callable[[], Any]) -> tuple[float, float]:
    """The best times of both, in turn, after one round that counts for neither."""
    ours(), theirs()
    times = [(_timed(ours), _timed(theirs)) for _ in range(ROUNDS)]
    return min(each[0] for each in times), min(each[1] for each in times)


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _tiles(scenes: SceneSet, count: int) -> list[tuple[int, int, int]]:
    """Random tiles of the finest zoom that hold only data."""
    scene = scenes.scenes[0]
    cover, grid = service.COVERS.get(HOME, scene), scene.grid
    full = [
        (grid.max_zoom, grid.x + column, grid.y + row)
        for row in range(grid.rows)
        for column in range(grid.columns)
        if cover.state(grid.max_zoom, grid.x + column, grid.y + row) == service.FULL
    ]
    return [full[i] for i in np.random.default_rng(SEED).integers(0, len(full), count)]


def _tell(what: str, ours: float, peer: str, theirs: float, count: int) -> None:
    print(f"| {what} | {count / ours:,.0f} | {peer} | {count / theirs:,.0f} | {theirs / ours:.1f} |", flush=True)


if __name__ == "__main__":
    main()
