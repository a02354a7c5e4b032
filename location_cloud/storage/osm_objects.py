"""Everything that a PBF file holds, put into columns block by block."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.capability import Progress
from location_cloud.extract import NODE, RELATION, WAY, TagTable
from location_cloud.storage.pbf import read_blocks
from location_cloud.storage.pbf_decode import BlockObjects
from location_cloud.storage.pbf_kernels import NOWHERE


@dataclass(frozen=True)
class Things:
    """n objects of one kind.

    id: (n,) int64; of nodes their positions in `FileObjects.node_id`.
    start, count: (n,) where the refs of each way lie in `FileObjects.ref`, the members of each relation in `member`.
    """

    id: NDArray[np.int64]
    tags: TagTable
    start: NDArray[np.int64]
    count: NDArray[np.int64]

    def picked(self, rows: NDArray[Any]) -> Things:
        """Some of them: positions, or a mask."""
        return Things(self.id[rows], self.tags.picked(rows), self.start[rows], self.count[rows])

    @property
    def places(self) -> NDArray[np.int64]:
        """Where their refs or members lie, thing by thing."""
        return ranges(self.start, self.count)


@dataclass(frozen=True)
class FileObjects:
    """All nodes, ways and relations of a file, ascending by id, each once: the last one where an id occurs twice.

    node_id: (n,) int64. node_xy: (n + 1, 2) int32, 1e-7 degree, or pbf_kernels.NOWHERE, which the last row is.
    tagged: the nodes that have tags. ways, relations: all, without tags too.
    ref: (l,) int64 positions of nodes, -1 = the file has none, or it lies nowhere.
    member_id: (k,) int64 OSM ids. member: (k, 2) int32, role as position in `text`, and kind.
    newest_s: latest time of what has tags, seconds since 1970. is_each_once: no id occurred twice.
    """

    node_id: NDArray[np.int64]
    node_xy: NDArray[np.int32]
    tagged: Things
    ways: Things
    relations: Things
    ref: NDArray[np.int64]
    member_id: NDArray[np.int64]
    member: NDArray[np.int32]
    text: list[str]
    newest_s: int
    is_each_once: bool


def read_objects(path: Path, progress: Progress) -> FileObjects:
    """The objects of a PBF file. Raises BadInput with file and byte where it is damaged."""
    found = _Gathering()
    for _, objects in read_blocks(path, progress.advance):
        if objects is not None:
            found.add(objects)
    return found.finish()


def ranges(start: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers start .. start + count - 1 of each pair, one after the other."""
    return np.repeat(start - (np.cumsum(count) - count), count) + np.arange(count.sum())


class _Column:
    """An array that grows in place: parts put together at the end would lie in memory twice."""

    def __init__(self, dtype: type[np.integer[Any]], width: int = 0) -> None:
        self._array = np.empty((0, width) if width else 0, dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, part: NDArray[Any]) -> None:
        size = self._size + len(part)
        if size > len(self._array):
            # The system moves large arrays without copying; a quarter of room keeps the number of moves small.
            self._array.resize((size + size // 4, *self._array.shape[1:]), refcheck=False)
        self._array[self._size : size] = part
        self._size = size

    def take(self) -> NDArray[Any]:
        array, self._array = self._array, self._array[:0].copy()
        array.resize((self._size, *array.shape[1:]), refcheck=False)
        return array


class _Gathering:
    """What has been read so far; texts get one number in the whole file."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._node_id, self._node_xy = _Column(np.int64), _Column(np.int32, 2)
        # Of each thing: id, where its tags begin, how many they are, how many refs or members it has.
        self._things = {kind: _Column(np.int64, 4) for kind in (NODE, WAY, RELATION)}
        self._tag = _Column(np.int32, 2)
        self._ref, self._member_id, self._member = _Column(np.int64), _Column(np.int64), _Column(np.int32, 2)
        self._newest_s = 0

    def add(self, block: BlockObjects) -> None:
        known = self._number
        number = np.zeros(int(block.text_row[-1]) + 1 if len(block.text_row) else 0, np.int32)
        number[block.text_row] = [known.setdefault(text, len(known)) for text in block.text]
        kind, place, tags, links = block.thing.T
        of_node = kind == NODE
        ids = np.where(of_node, place + len(self._node_id), place)
        rows = np.stack([ids, np.cumsum(tags) - tags + len(self._tag), tags, links], axis=1)
        for each, column in self._things.items():
            column.add(rows[kind == each])
        of_way = np.repeat(kind == WAY, links)
        self._ref.add(block.link[of_way])
        self._member_id.add(block.link[~of_way])
        block.member[:, 0] = number[block.member[:, 0]]
        self._member.add(block.member)
        self._tag.add(number[block.tag])
        self._node_id.add(block.node_id)
        self._node_xy.add(block.node_xy)
        self._newest_s = max(self._newest_s, block.newest_s)

    def finish(self) -> FileObjects:
        text, code = list(self._number), self._tag.take()
        self._number.clear()

        def things(kind: int) -> Things:
            ids, start, tags, links = map(np.ascontiguousarray, self._things[kind].take().T)
            return Things(ids, TagTable(start, tags, code, text), np.cumsum(links) - links, links)

        tagged, ways, relations = things(NODE), things(WAY), things(RELATION)
        read = len(self._node_id) + len(ways.id) + len(relations.id)
        self._node_xy.add(np.full((1, 2), NOWHERE))
        node_id, node_xy = self._node_id.take(), self._node_xy.take()
        chosen = last_of_each(node_id)
        if chosen is not None:
            place = np.full(len(node_id), -1, np.int64)
            place[chosen] = np.arange(len(chosen))
            node_id, node_xy = node_id[chosen], node_xy[np.append(chosen, -1)]
            tagged = Things(place[tagged.id], tagged.tags, tagged.start, tagged.count)
            tagged = tagged.picked(tagged.id >= 0)
            tagged = tagged.picked(np.argsort(tagged.id))
        ways, relations = _each_once(ways), _each_once(relations)
        return FileObjects(
            node_id,
            node_xy,
            tagged,
            ways,
            relations,
            _find_nodes(node_id, node_xy, self._ref.take()),
            self._member_id.take(),
            self._member.take(),
            text,
            self._newest_s,
            read == len(node_id) + len(ways.id) + len(relations.id),
        )


def _find_nodes(node_id: NDArray[np.int64], node_xy: NDArray[np.int32], ref: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of the nodes with the ids, -1 = none."""
    if not len(node_id):
        return np.full(len(ref), -1, np.int64)
    node = np.minimum(np.searchsorted(node_id, ref), len(node_id) - 1)
    node[(node_id[node] != ref) | (node_xy[node, 0] == NOWHERE)] = -1
    return node


def _each_once(things: Things) -> Things:
    chosen = last_of_each(things.id)
    return things if chosen is None else things.picked(chosen)


def last_of_each(ids: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Positions of the distinct ids in ascending order, of each the last; None if that is how they stand."""
    if (ids[1:] > ids[:-1]).all():
        return None
    order = np.argsort(ids, kind="stable")
    last = np.ones(len(ids), bool)
    last[:-1] = ids[order[1:]] != ids[order[:-1]]
    return order[last]
