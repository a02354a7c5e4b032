"""A data block of an .osm.pbf file as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from location_cloud.storage.pbf_kernels import DAMAGES, DATE_GRANULARITY, OUTPUTS, STATES, decode_block


class DamagedBlock(ValueError):
    """A data block that is no PrimitiveBlock; says what is wrong, not where, which the caller knows."""


class BlockObjects(NamedTuple):
    """What one block holds. The arrays are views that the next block overwrites.

    text: those of the block's texts that are keys, values or roles, each once; text_row: their rows in its table.
    node_id: (n,) int64. node_xy: (n, 2) int32, 1e-7 degree, or pbf_kernels.NOWHERE.
    thing: (m, 4) int64, a row for each node with tags, each way, each relation: kind; row among the nodes, or id;
    number of its tags; number of its links. A deleted way or relation has neither tags nor links.
    tag: (t, 2) int32, key and value as rows of the table, thing by thing.
    link: (l,) int64, refs of ways and ids of members, thing by thing.
    member: (k, 2) int32, role as row of the table, and kind, of the relations' links only.
    newest_s: latest time of a thing with tags, seconds since 1970.
    """

    text: list[str]
    text_row: NDArray[np.int64]
    node_id: NDArray[np.int64]
    node_xy: NDArray[np.int32]
    thing: NDArray[np.int64]
    tag: NDArray[np.int32]
    link: NDArray[np.int64]
    member: NDArray[np.int32]
    newest_s: int


class BlockDecoder:
    """Decodes block after block into the same memory."""

    def __init__(self) -> None:
        self._room = -1

    def decode(self, content: bytes) -> BlockObjects:
        """The objects of an uncompressed data block. Raises DamagedBlock."""
        if len(content) > self._room:
            self._make_room(len(content))
        state = np.zeros(STATES, np.int64)
        data = np.frombuffer(content, np.uint8)
        wrong = decode_block(
            data, state, self._text, self._id, self._xy, self._thing, self._tag, self._link, self._member
        )
        if wrong:
            raise DamagedBlock(f"damaged block: {DAMAGES[wrong]}")
        texts, nodes, things, tags, links, members, newest = state[:OUTPUTS].tolist()
        used = np.zeros(texts, bool)
        used[self._tag[:tags]] = True
        used[self._member[:members, 0]] = True
        row = np.flatnonzero(used)
        try:
            text = [content[begin:end].decode() for begin, end in self._text[row].tolist()]
        except UnicodeDecodeError as error:
            raise DamagedBlock("damaged block: a text is not UTF-8") from error
        return BlockObjects(
            text,
            row,
            self._id[:nodes],
            self._xy[:nodes],
            self._thing[:things],
            self._tag[:tags],
            self._link[:links],
            self._member[:members],
            newest * int(state[DATE_GRANULARITY]) // 1000,
        )

    def _make_room(self, size: int) -> None:
        # No byte of a block is read twice, so its size bounds what it can hold: a text takes 2 bytes at least, a node
        # 3, a thing 2, a tag 2, a link 1, a member of a relation 3. Memory that is not written is not taken.
        self._room = size
        self._text = np.empty((size // 2 + 1, 2), np.int32)
        self._id = np.empty(size // 3 + 1, np.int64)
        self._xy = np.empty((size // 3 + 1, 2), np.int32)
        self._thing = np.empty((size // 2 + 1, 4), np.int64)
        self._tag = np.empty((size // 2 + 1, 2), np.int32)
        self._link = np.empty(size + 1, np.int64)
        self._member = np.empty((size // 3 + 1, 2), np.int32)
