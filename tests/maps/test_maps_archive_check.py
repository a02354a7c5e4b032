from __future__ import annotations

import contextlib
import gzip
import struct
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.reader import MemorySource, all_tiles
from small_archives import BOX, PLACES, vector_tile, write_pmtiles

from location_cloud.maps.archive_check import bounds_of, check_archive, safe_attribution, said, vector_layers
from location_cloud.maps.archive_writer import Caption, PmtilesWriter
from location_cloud.maps.picture_size import picture_px
from tests.conftest import Silent
from tiles.errors import BadArchive, TileError
from tiles.packed import pack
from tiles.pmtiles import tile_id

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 256, 128) + b"\x08\x02\0\0\0"


class Bytes(bytes):
    """Bytes that hypothesis shows in a word."""

    def __repr__(self) -> str:
        return f"{len(self):,} bytes"


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The bytes of the small archive."""
    return Bytes(write_pmtiles(tmp_path_factory.mktemp("small") / "small.pmtiles").read_bytes())


def changed(archive: bytes, at: int, value: bytes) -> bytes:
    return archive[:at] + value + archive[at + len(value) :]


def written(tmp_path, body: bytes, form="mvt", is_packed=True, metadata=None) -> bytes:
    """An archive of this one tile."""
    file = tmp_path / "one.pmtiles"
    with PmtilesWriter(file) as writer:
        writer.add([tile_id(2, 1, 1)], [body])
        writer.finish(Caption(form, is_packed, None, None, metadata or {}))
    return file.read_bytes()


def test_an_archive_of_ours_is_whole(archive):
    checked = check_archive(archive, Silent())
    assert (checked.form, checked.is_packed, checked.entries.size) == ("mvt", True, len(PLACES))
    assert bounds_of(checked) == BOX


@pytest.mark.parametrize("kept", [0, 1, 126, 127, 200, 16_384, 16_500, -1])
def test_an_archive_that_is_cut_short_is_refused(archive, kept):
    with pytest.raises(BadArchive):
        check_archive(archive[:kept], Silent())


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (97, b"\x03", "directories are packed with brotli"),
        (98, b"\x04", "tiles are packed with zstd"),
        (98, b"\x09", "compression 9"),
        (98, b"\x01", "no vector tile"),
        (99, b"\x05", "tile type 5"),
        (99, b"\x02", "tile 0/0/0: no png picture"),
        (72, b"\x09", "says 9 tiles"),
        (80, b"\x09", "says 9 directory entries"),
        (130, b"\xff\xff\xff\xff", "gzip"),
        (16_400, b"\xff\xff\xff\xff", "tile 0/0/0"),
    ],
)
def test_what_is_wrong_with_an_archive_is_named(archive, at, value, reason):
    with pytest.raises(BadArchive, match=reason):
        check_archive(changed(archive, at, value), Silent())


@cache
def tiles_of_reference(archive: bytes) -> dict:
    return dict(all_tiles(MemorySource(archive)))


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, 1_500), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes_are_found_or_change_no_tile(archive, flips):
    broken = bytearray(archive)
    for place, flip in flips:
        at = place if place < 300 else 16_384 + (place - 300) % (len(archive) - 16_384)
        broken[at] ^= flip
    try:
        checked = check_archive(bytes(broken), Silent())
    except TileError:
        return
    wanted = {gzip.decompress(body) for body in tiles_of_reference(archive).values()}
    for offset, length in zip(checked.entries.offsets.tolist(), checked.entries.lengths.tolist(), strict=True):
        body = bytes(broken[offset : offset + length])
        assert gzip.decompress(body) in wanted


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_any_bytes_behind_the_magic_are_refused(data):
    with pytest.raises(TileError):
        check_archive(b"PMTiles\x03" + data, Silent())


def test_a_bomb_among_the_tiles_is_refused(tmp_path):
    with pytest.raises(BadArchive, match="tile 2/1/1: more than 32,000,000 bytes"):
        check_archive(written(tmp_path, pack(bytes(100_000_000))), Silent())


def test_a_bomb_in_the_metadata_is_refused(tmp_path):
    told = {"name": "a" * 9_000_000}
    with pytest.raises(BadArchive, match="more than 8,000,000 bytes"):
        check_archive(written(tmp_path, pack(vector_tile("a")), metadata=told), Silent())


def test_an_archive_of_empty_tiles_is_refused(tmp_path):
    with pytest.raises(BadArchive, match="every tile in it is empty"):
        check_archive(written(tmp_path, pack(b"")), Silent())


@pytest.mark.parametrize(
    "body", [b"hello", vector_tile("a")[:-1], b"\x1a", b"\x1a\xff\xff\xff\xff\xff\xff\xff", b"\x1a\x80"]
)
def test_a_tile_that_is_no_vector_tile_is_refused(tmp_path, body):
    with pytest.raises(BadArchive, match="tile 2/1/1"):
        check_archive(written(tmp_path, pack(body)), Silent())


def test_pictures_tell_their_width(tmp_path):
    checked = check_archive(written(tmp_path, PNG, "png", is_packed=False), Silent())
    assert (checked.form, checked.is_packed, checked.tile_px) == ("png", False, 256)


def test_a_box_that_cannot_be_is_made_from_the_tiles(archive):
    checked = check_archive(changed(archive, 102, bytes(16)), Silent())
    assert bounds_of(checked) == pytest.approx((45.0, 40.9799, 90.0, 66.5133), abs=1e-3)


@pytest.mark.parametrize(
    ("form", "data", "px"),
    [
        ("jpg", b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08\0\x80\1\0\3", 256),
        ("webp", b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\0\2\0\2", 512),
        ("webp", b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\xff\xc0\x3f\0", 256),
        ("webp", b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\xff\1\0\xff\1\0", 512),
    ],
)
def test_the_width_of_a_picture_is_read(form, data, px):
    assert picture_px(data, form) == px


@given(st.sampled_from(["png", "jpg", "webp"]), st.binary(max_size=60))
def test_any_bytes_are_a_picture_or_refused(form, data):
    starts = {"png": PNG[:16], "jpg": b"\xff\xd8\xff", "webp": b"RIFF\0\0\0\0WEBP"}
    for given_ in (data, starts[form] + data):
        with contextlib.suppress(BadArchive):
            assert picture_px(given_, form) > 0


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("© <a href='https://a.org/x'>A &amp; B</a>, C", '© <a href="https://a.org/x">A &amp; B</a>, C'),
        ("<script>alert(1)</script>b", "alert(1)b"),
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('<a href="https://a.org" onclick="alert(1)">x</a>', '<a href="https://a.org">x</a>'),
        ("<img src=x onerror=alert(1)", ""),
        ("a <<b>script>c", "a scriptc"),
    ],
)
def test_an_attribution_keeps_links_and_nothing_else(text, safe):
    assert safe_attribution(text) == safe


def test_a_title_has_no_markup_and_no_control_characters():
    assert said({"name": "A\n<b>\x00"}, "name") == "A  b"
    assert said({"name": 5}, "name") == ""


@pytest.mark.parametrize("told", ["text", [5], [{"id": 5}], [{"id": "a", "fields": []}, {"id": "a", "fields": 5}]])
def test_layers_that_are_none_are_refused(told):
    with pytest.raises(BadArchive, match="vector_layers"):
        vector_layers({"vector_layers": told}, (0, 14))


def test_layers_are_told_within_the_zooms_of_the_archive():
    told = [{"id": "a", "minzoom": -3, "maxzoom": 99}, {"id": "b", "minzoom": 13}, {"id": "c", "minzoom": 15}]
    assert vector_layers({"vector_layers": told}, (4, 14)) == (("a", {}, 4, 14), ("b", {}, 13, 14))
