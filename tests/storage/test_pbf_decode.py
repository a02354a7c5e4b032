"""Data blocks written byte by byte: what the decoder takes, and what it calls damaged."""

from __future__ import annotations

import numpy as np
import pytest

from location_cloud.extract import NODE, RELATION, WAY
from location_cloud.storage.pbf_decode import BlockDecoder, BlockObjects, DamagedBlock
from location_cloud.storage.pbf_kernels import NOWHERE


def field(number: int, content: bytes | int) -> bytes:
    """A protobuf field: a number below 128, or bytes."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    key = varint(number << 3 | 2)
    return key + varint(len(content)) + content


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


TEXTS = field(1, b"".join(field(1, text) for text in (b"", b"name", "大庆".encode(), b"outer")))


def decode(group: bytes, texts: bytes = TEXTS) -> BlockObjects:
    return BlockDecoder().decode(texts + field(2, group))


def test_dense_nodes_are_sums_of_steps() -> None:
    dense = field(1, b"\x0a\x03") + field(8, b"\x02\x02") + field(9, b"\x04\x01") + field(10, b"\x00\x01\x02\x00")
    block = decode(field(2, dense))
    assert (block.node_id.tolist(), block.node_xy.tolist()) == ([5, 3], [[2, 1], [1, 2]])
    assert (block.thing.tolist(), block.text, block.tag.tolist()) == ([[NODE, 1, 1, 0]], ["name", "大庆"], [[1, 2]])


def test_way_and_relation_have_refs_and_members_one_after_the_other() -> None:
    way = field(1, 7) + field(2, b"\x01") + field(3, b"\x02") + field(8, b"\x02\x02\x01")
    relation = field(1, 9) + field(8, b"\x03") + field(9, b"\x0e") + field(10, b"\x01")
    block = decode(field(3, way) + field(4, relation))
    assert block.thing.tolist() == [[WAY, 7, 1, 3], [RELATION, 9, 0, 1]]
    assert (block.link.tolist(), block.member.tolist()) == ([1, 2, 1, 7], [[3, WAY]])


def test_position_is_counted_from_the_offset_in_the_granularity_of_the_block() -> None:
    group = field(2, field(1, field(1, 2) + field(8, 2) + field(9, 2)))
    scale = varint(17 << 3) + varint(1000) + varint(19 << 3) + varint(500) + varint(20 << 3) + varint(700)
    assert BlockDecoder().decode(TEXTS + group + scale).node_xy.tolist() == [[17, 15]]


def test_node_off_the_globe_lies_nowhere() -> None:
    far = field(1, 2) + b"\x40" + varint(2 * 900_000_001) + field(9, 2)
    assert (decode(field(1, far)).node_xy == NOWHERE).all()


def test_memory_of_an_earlier_block_is_used_again() -> None:
    decoder, small = BlockDecoder(), TEXTS + field(2, field(3, field(1, 7)))
    decoder.decode(small + bytes(0) + field(9, bytes(1000)))
    assert decoder.decode(small).thing.tolist() == [[WAY, 7, 0, 0]]


@pytest.mark.parametrize(
    ("group", "wrong"),
    [
        (field(3, b"\x08\x80"), "a number does not end"),
        (field(3, b"\x08" + b"\xff" * 10 + b"\x01"), "a number does not end"),
        (field(3, field(8, b"\x02\x80")), "a number does not end"),
        (b"\x1a\x05\x08", "a field is longer than its block"),
        (b"\x1a" + b"\xff" * 9 + b"\x01", "a field is longer than its block"),
        (b"\x1b", "unknown field type"),
        (field(3, field(2, b"\x01") + field(3, b"\x04")), "a text that its table does not hold"),
        (field(3, field(2, b"\x01\x01") + field(3, b"\x02")), "lists of different lengths"),
        (field(3, field(2, b"\x01") + field(3, b"\x02\x02")), "lists of different lengths"),
        (field(2, field(1, b"\x02\x02") + field(8, b"\x02") + field(9, b"\x02\x02")), "lists of different lengths"),
        (field(2, field(1, b"\x02") + field(8, b"\x02") + field(9, b"\x02") + field(10, b"\x01\x09")), "a text that"),
        (field(4, field(8, b"\x09") + field(9, b"\x02") + field(10, b"\x00")), "a text that its table does not hold"),
        (field(4, field(8, b"\x03") + field(9, b"\x02") + field(10, b"\x03")), "no node, way or relation"),
        (field(4, field(8, b"") + field(9, b"\x02") + field(10, b"\x00")), "lists of different lengths"),
        (field(1, field(1, 2)), "a node without position"),
    ],
)
def test_damage_is_told(group: bytes, wrong: str) -> None:
    with pytest.raises(DamagedBlock, match=wrong):
        decode(group)


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        (TEXTS + TEXTS, "two tables of texts"),
        (field(1, field(1, b"a\0b")), "a zero byte"),
        (field(1, field(1, b"") + field(1, b"\xff\xfe")), "not UTF-8"),
    ],
)
def test_damaged_texts_are_told(texts: bytes, wrong: str) -> None:
    with pytest.raises(DamagedBlock, match=wrong):
        decode(field(3, field(2, b"\x01") + field(3, b"\x01")), texts)


def test_no_random_bytes_are_read_beyond_their_end() -> None:
    dice, decoder = np.random.default_rng(5), BlockDecoder()
    good = TEXTS + field(2, field(3, field(1, 7) + field(2, b"\x01") + field(3, b"\x02") + field(8, b"\x02\x02")))
    for _ in range(3000):
        data = np.frombuffer(good, np.uint8).copy()
        data[dice.integers(0, len(data), 2)] = dice.integers(0, 256, 2)
        try:
            block = decoder.decode(data.tobytes()[: dice.integers(1, len(good) + 1)])
        except DamagedBlock:
            continue
        assert (block.thing[:, 2].sum(), block.thing[:, 3].sum()) == (len(block.tag), len(block.link))
