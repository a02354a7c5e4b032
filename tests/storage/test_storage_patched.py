import os
import shutil

import numpy as np
import pytest

from location_cloud.errors import BadInput
from location_cloud.storage.patched import PatchedWriter, Pieces, follow_patched

BODY = np.frombuffer(b"a0b0" + b"c0" + b"", np.uint8)
"""Piece 0 shows rows 0 and 1, piece 1 row 1, piece 2 nothing."""
PIECES = Pieces(
    body=BODY,
    start=np.array([0, 4, 6, 6]),
    place_start=np.array([0, 2, 3, 3]),
    places=np.array([1, 3, 5], np.uint32),
    rows=np.array([0, 1, 1], np.int32),
    row_start=np.array([0, 1, 3]),
    row_pieces=np.array([0, 0, 1], np.int32),
)


@pytest.fixture
def writer(tmp_path):
    writer = PatchedWriter(tmp_path / "run" / "set", PIECES)
    yield writer
    writer.close()


def put(writer, **values):
    rows = np.array([int(name[1:]) for name in values], np.int32)
    return writer.put(rows, np.array(list(values.values()), np.uint8))


def find(tmp_path):
    return follow_patched(tmp_path / "run" / "set", PIECES).find()


def test_a_reader_finds_what_was_put(writer, tmp_path):
    put(writer, r0=65, r1=66)
    found = find(tmp_path)
    assert [found.copy(PIECES, piece)[0] for piece in range(3)] == [b"aAbB", b"cB", b""]
    assert [found.gather(PIECES, piece)[0] for piece in range(3)] == [b"AB", b"B", b""]


def test_only_pieces_that_show_the_change_get_a_new_generation(writer, tmp_path):
    put(writer, r0=65, r1=66)
    before = [find(tmp_path).copy(PIECES, piece)[1] for piece in range(3)]
    assert put(writer, r0=67) == 1
    after = [find(tmp_path).copy(PIECES, piece)[1] for piece in range(3)]
    assert [new > old for new, old in zip(after, before, strict=True)] == [True, False, False]


def test_putting_what_is_there_changes_nothing(writer):
    assert (put(writer, r1=66), put(writer, r1=66), put(writer, r0=0)) == (2, 0, 0)


def test_there_is_nothing_to_read_before_the_first_writer(tmp_path):
    assert find(tmp_path) is None


def test_a_reader_follows_a_folder_that_was_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("location_cloud.storage.mapped.LOOK_AGAIN_S", 0)
    reader = follow_patched(tmp_path / "run" / "set", PIECES)
    first = PatchedWriter(tmp_path / "run" / "set", PIECES)
    put(first, r0=65)
    epoch = reader.find().epoch
    first.close()
    shutil.rmtree(tmp_path / "run")
    PatchedWriter(tmp_path / "run" / "set", PIECES).close()
    assert reader.find().epoch != epoch
    assert reader.find().copy(PIECES, 0) == (b"a\0b\0", 0)


def test_a_piece_that_a_killed_writer_left_is_read_and_has_no_name(writer, tmp_path, monkeypatch):
    monkeypatch.setattr("location_cloud.storage.patched.NAP_S", 0)
    put(writer, r0=65)
    writer.patched.generations[0] += 1
    assert find(tmp_path).copy(PIECES, 0) == (b"aAb\0", -1)


def test_one_writer_is_enough(writer, tmp_path):
    with pytest.raises(BadInput, match="one is enough"):
        PatchedWriter(tmp_path / "run" / "set", PIECES)


def test_values_of_another_import_are_not_taken(writer, tmp_path):
    put(writer, r0=65)
    writer.close()
    other = Pieces(**{**PIECES.__dict__, "row_start": np.array([0, 1, 3, 3])})
    again = PatchedWriter(tmp_path / "run" / "set", other)
    assert again.patched.values.tolist() == [0, 0, 0]
    again.close()


def test_a_damaged_folder_is_made_anew(writer, tmp_path):
    writer.close()
    os.truncate(tmp_path / "run" / "set" / "values", 0)
    again = PatchedWriter(tmp_path / "run" / "set", PIECES)
    assert put(again, r0=65) == 1
    again.close()
