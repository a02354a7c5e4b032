"""Our PNG files are read by others as what was written."""

from __future__ import annotations

import io

import numpy as np
import pytest

from tiles.png import encode_png

Image = pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (64, 33, 1), (64, 33, 3), (33, 64, 4), (2, 3, 2)])
@pytest.mark.parametrize("kind", ["noise", "ramp", "flat"])
def test_every_pixel_comes_back(shape, kind):
    count = int(np.prod(shape))
    values = {
        "noise": np.random.default_rng(1).integers(0, 256, count),
        "ramp": np.arange(count),
        "flat": np.full(count, 9),
    }
    pixels = (values[kind] % 256).astype(np.uint8).reshape(shape)
    read = np.asarray(Image.open(io.BytesIO(encode_png(pixels))))
    assert np.array_equal(read, pixels[:, :, 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)


def test_the_same_picture_gives_the_same_bytes():
    pixels = np.random.default_rng(2).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    assert encode_png(pixels) == encode_png(pixels.copy())


def test_smooth_pictures_are_filtered_small():
    rows, columns = np.mgrid[0:256, 0:256]
    assert len(encode_png(((rows + columns) % 256).astype(np.uint8))) < 2_000


def test_numbers_of_a_palette_are_read_as_its_colours():
    palette = np.random.default_rng(4).integers(0, 256, (256, 3)).astype(np.uint8)
    numbers = np.arange(256, dtype=np.uint8).reshape(16, 16)
    read = np.asarray(Image.open(io.BytesIO(encode_png(numbers, palette, is_first_clear=True))).convert("RGBA"))
    assert np.array_equal(read[..., :3], palette[numbers])
    assert np.array_equal(read[..., 3] == 0, numbers == 0)
