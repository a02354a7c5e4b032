from __future__ import annotations

import gzip
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pmtiles import tile as reference

from tiles.errors import BadArchive, BadTile
from tiles.packed import pack, unpack
from tiles.pmtiles import (
    FIRST_ID,
    GZIP,
    HEADER_BYTES,
    MAX_ROOT_BYTES,
    MVT,
    Directory,
    Header,
    decode_directory,
    decode_header,
    encode_directory,
    expand_directories,
    merge_runs,
    pack_directories,
    tile_id,
    tile_ids,
    tiles_of,
)


def some_directory(count: int, seed: int = 7) -> Directory:
    """Tiles with gaps, runs and repeated places."""
    random = np.random.default_rng(seed)
    ids = np.sort(random.choice(4 * count, count, replace=False)).astype(np.int64)
    lengths = random.integers(1, 9_000, count)
    offsets = np.cumsum(lengths) - lengths
    again = random.random(count) < 0.3
    of = np.where(again, random.integers(0, np.arange(count) + 1), np.arange(count))
    return merge_runs(ids, lengths[of], offsets[of])


def a_header(**changed: int) -> Header:
    """127 bytes, root, metadata, leaves and tile data behind each other."""
    values = dict.fromkeys(Header.__dataclass_fields__, 0)
    values |= {"root_offset": 127, "root_length": 100, "metadata_offset": 227, "metadata_length": 10}
    values |= {"leaf_offset": 237, "data_offset": 237, "data_length": 763, "max_zoom": 14}
    return Header(**(values | {"internal_compression": GZIP, "tile_compression": GZIP, "tile_type": MVT} | changed))


@pytest.mark.parametrize("z", range(25))
def test_tile_numbers_are_those_of_the_reference(z):
    x, y = np.random.default_rng(z).integers(0, 1 << z, (2, 50))
    wanted = [reference.zxy_to_tileid(z, *place) for place in zip(x.tolist(), y.tolist(), strict=True)]
    assert tile_ids(z, x, y).tolist() == wanted
    assert [tile_id(z, *place) for place in zip(x.tolist(), y.tolist(), strict=True)] == wanted


def test_a_tile_number_names_its_tile():
    ids = np.concatenate([np.arange(5_000), FIRST_ID[1:] - 1])
    z, x, y = tiles_of(ids)
    assert [tile_id(*place) for place in zip(z.tolist(), x.tolist(), y.tolist(), strict=True)] == ids.tolist()


def test_tiles_of_following_numbers_are_neighbours():
    _, x, y = tiles_of(np.arange(FIRST_ID[6], FIRST_ID[7]))
    assert set((abs(np.diff(x)) + abs(np.diff(y))).tolist()) == {1}


@pytest.mark.parametrize(("z", "x", "y"), [(25, 0, 0), (-1, 0, 0), (3, 8, 0), (3, 0, -1)])
def test_a_place_off_the_grid_has_no_number(z, x, y):
    with pytest.raises(BadTile):
        tile_id(z, x, y)
    with pytest.raises(BadTile):
        tile_ids(z, np.array([x]), np.array([y]))


@pytest.mark.parametrize("number", [-1, int(FIRST_ID[-1])])
def test_a_number_of_no_zoom_is_refused(number):
    with pytest.raises(BadTile):
        tiles_of(np.array([number]))


@pytest.mark.parametrize("count", [1, 2, 500])
def test_the_reference_reads_our_directory(count):
    entries = some_directory(count)
    found = reference.deserialize_directory(gzip.compress(encode_directory(entries)))
    columns = zip(*(column.tolist() for column in entries), strict=True)
    assert [(each.tile_id, each.run_length, each.length, each.offset) for each in found] == list(columns)


def test_we_read_the_directory_of_the_reference():
    entries = some_directory(500)
    rows = zip(*(column.tolist() for column in entries), strict=True)
    written = reference.serialize_directory([reference.Entry(n, o, size, r) for n, r, size, o in rows])
    assert_same(decode_directory(gzip.decompress(written)), entries)


def assert_same(one: Directory, other: Directory) -> None:
    for name, a, b in zip(Directory._fields, one, other, strict=True):
        assert a.tolist() == b.tolist(), name


def test_neighbours_of_the_same_bytes_are_one_entry():
    ids, lengths, offsets = np.array([[3, 4, 5, 7, 8], [9, 9, 9, 9, 5], [0, 0, 0, 0, 9]])
    entries = merge_runs(ids, lengths, offsets)
    assert list(zip(*(column.tolist() for column in entries), strict=True)) == [
        (3, 3, 9, 0),
        (7, 1, 9, 0),
        (8, 1, 5, 9),
    ]


@pytest.mark.parametrize("count", [10, 30_000])
def test_directories_come_back_from_root_and_leaves(count):
    entries = some_directory(count)
    root, leaves = pack_directories(entries, pack)
    assert len(root) <= MAX_ROOT_BYTES
    assert bool(leaves) == (count > 10_000)
    archive = bytes(HEADER_BYTES) + root + leaves
    header = a_header(root_length=len(root), leaf_offset=127 + len(root), leaf_length=len(leaves), data_length=1 << 40)
    found = expand_directories(header, lambda at, size: archive[at : at + size], lambda part: unpack(part, 1 << 24))
    assert_same(found, entries)


def test_a_root_of_many_leaves_stays_within_its_room():
    count = 3_000_000
    random = np.random.default_rng(1)
    ids = np.cumsum(random.integers(1, 9, count))
    lengths = random.integers(1, 1 << 20, count)
    root, leaves = pack_directories(Directory(ids, np.ones(count, np.int64), lengths, np.cumsum(lengths)), bytes)
    assert len(root) <= MAX_ROOT_BYTES
    assert leaves


@given(st.binary(max_size=200))
def test_any_bytes_are_a_directory_in_order_or_refused(data):
    try:
        entries = decode_directory(data)
    except BadArchive:
        return
    assert (np.diff(entries.ids) > 0).all()
    assert (entries.offsets >= 0).all()
    assert (entries.lengths > 0).all()


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ([], "ends within a number"),
        ([0], "0 entries"),
        ([1_000_001], "1,000,001 entries"),
        ([2, 1, 1, 1, 1], "instead of 4 each"),
        ([2, 1, 0, 1, 1, 1, 1, 1, 1], "do not rise"),
        ([2, 1, 1, 2, 1, 1, 1, 1, 1], "reach into each other"),
        ([1, 1, 1, 0, 1], "no bytes"),
        ([1, 1, 1, 1, 0], "has no place"),
        ([1, (1 << 63) - 1, 1, 1, 1], "do not rise"),
        ([1, 1, 1, 1 << 32, 1], "more than 4 GB"),
        ([1, 1 << 63, 1, 1, 1], "more than 63 bits"),
    ],
)
def test_a_directory_that_contradicts_itself_is_named(numbers, reason):
    written = io.BytesIO()
    for number in numbers:
        reference.write_varint(written, number)
    with pytest.raises(BadArchive, match=reason):
        decode_directory(written.getvalue())


def expanded(root: Directory, leaf: Directory) -> Directory:
    parts = [pack(encode_directory(root)), pack(encode_directory(leaf))]
    header = a_header(root_length=len(parts[0]), leaf_offset=127 + len(parts[0]), leaf_length=len(parts[1]))
    archive = bytes(HEADER_BYTES) + b"".join(parts)
    return expand_directories(header, lambda at, size: archive[at : at + size], lambda part: unpack(part, 1 << 20))


def directory(*rows: tuple[int, int, int, int]) -> Directory:
    return Directory(*(np.array(column, np.int64) for column in zip(*rows, strict=True)))


def test_a_leaf_within_itself_is_refused():
    leaf = directory((5, 0, 40, 0))
    size = len(pack(encode_directory(leaf)))
    leaf = directory((5, 0, size, 0))
    with pytest.raises(BadArchive, match="deep"):
        expanded(leaf, leaf)


def test_a_leaf_of_a_leaf_stays_within_what_the_root_says():
    inner = pack(encode_directory(directory((5, 1, 5, 0), (9, 1, 5, 0))))
    leaf = pack(encode_directory(directory((5, 0, len(inner), 0))))
    for end, is_right in ((10, True), (9, False)):
        root = pack(encode_directory(directory((5, 0, len(leaf), len(inner)), (end, 1, 5, 0))))
        header = a_header(root_length=len(root), leaf_offset=127 + len(root), leaf_length=len(inner) + len(leaf))
        archive = bytes(HEADER_BYTES) + root + inner + leaf
        ask = header, lambda at, size, of=archive: of[at : at + size], lambda part: unpack(part, 1 << 20)
        if is_right:
            assert expand_directories(*ask).ids.tolist() == [5, 9, 10]
        else:
            with pytest.raises(BadArchive, match="does not say"):
                expand_directories(*ask)


@pytest.mark.parametrize("number", [4, 9])
def test_a_leaf_of_other_tiles_than_its_root_says_is_refused(number):
    leaf = directory((number, 1, 5, 0))
    size = len(pack(encode_directory(leaf)))
    with pytest.raises(BadArchive, match="does not say"):
        expanded(directory((5, 0, size, 0), (8, 1, 5, 0)), leaf)


def test_a_tile_outside_the_tile_data_is_refused():
    with pytest.raises(BadArchive, match="outside"):
        expanded(directory((5, 1, 700, 100)), directory((5, 1, 1, 0)))


def test_the_reference_reads_our_header():
    header = a_header(west_e7=-5, north_e7=7, center_zoom=3, clustered=1, addressed=1 << 40)
    found = reference.deserialize_header(header.encode())
    assert (found["min_lon_e7"], found["max_lat_e7"], found["center_zoom"]) == (-5, 7, 3)
    assert (found["addressed_tiles_count"], found["clustered"], found["max_zoom"]) == (1 << 40, True, 14)
    assert decode_header(header.encode(), 1_000) == header


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"data_length": 764}, "tile data .* outside"),
        ({"data_offset": (1 << 64) - 1}, "tile data .* outside"),
        ({"metadata_length": (1 << 64) - 1}, "metadata .* outside"),
        ({"root_length": 0}, "root directory"),
        ({"root_offset": 900, "root_length": 20_000}, "root directory"),
        ({"min_zoom": 15}, "zooms 15 to 14"),
        ({"max_zoom": 31}, "zooms 0 to 31"),
    ],
)
def test_a_header_that_cannot_be_is_named(changed, reason):
    with pytest.raises(BadArchive, match=reason):
        decode_header(a_header(**changed).encode(), 1_000)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "begins with"), (b"SQLite format 3\0", "begins with"), (b"PMTiles\x02", "version 2")]
)
def test_what_is_no_pmtiles_file_is_named(data, reason):
    with pytest.raises(BadArchive, match=reason):
        decode_header(data, len(data))


# --- packed ---------------------------------------------------------------------------------------


def test_packed_bytes_are_gzip_and_the_same_each_time():
    data = bytes(range(256)) * 100
    assert gzip.decompress(pack(data)) == data == unpack(pack(data), len(data))
    assert pack(data) == pack(data)


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (b"", "too soon"),
        (b"plain bytes as they are", "not gzip"),
        (pack(b"a" * 99)[:-1], "too soon"),
        (pack(b"a" * 99) + b"b", "follow"),
        (pack(b"a" * 99)[:-8] + bytes(8), "not gzip"),
        (pack(b"a" * 99)[:-1] + b"b", "not gzip"),
        (pack(bytes(1 << 24)), "more than 1,000,000 bytes"),
    ],
)
def test_gzip_that_is_damaged_or_a_bomb_is_refused(packed, reason):
    with pytest.raises(BadArchive, match=reason):
        unpack(packed, 1_000_000)
