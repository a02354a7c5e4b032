"""Damaged, foreign and hostile files: one line with file and byte, never a crash."""

from __future__ import annotations

import contextlib
import gzip
import random
import subprocess
import sys
import zlib
from pathlib import Path

import osmium
import pytest

from location_cloud.errors import BadInput
from location_cloud.storage.osm import read_osm
from location_cloud.storage.pbf import list_blocks
from tests.storage.osm_files import TOWN, Silent, write_osm


def refusal(path: Path) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(BadInput) as caught:
        read_osm([path], None, Silent())
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    return line


def blob(kind: bytes, content: bytes) -> bytes:
    """A block of a PBF file with uncompressed content; every length below 128."""
    body = bytes([0x0A, len(content)]) + content
    header = bytes([0x0A, len(kind)]) + kind + bytes([0x18, len(body)])
    return len(header).to_bytes(4, "big") + header + body


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_osm(tmp_path / "town.osm.pbf", TOWN)


def test_file_cut_off_inside_a_block_names_the_block(town: Path) -> None:
    last = list_blocks(town, lambda size: None)[-1]
    town.write_bytes(town.read_bytes()[:-5])
    assert f"byte {last.offset}: the file is cut off" in refusal(town)


@pytest.mark.parametrize("left", [1, 3, 4, 7])
def test_file_cut_off_in_its_first_bytes(town: Path, left: int) -> None:
    town.write_bytes(town.read_bytes()[:left])
    assert "byte 0" in refusal(town)


def test_flipped_bit_names_the_block(town: Path) -> None:
    blocks = list_blocks(town, lambda size: None)
    data = bytearray(town.read_bytes())
    data[blocks[1].offset + blocks[1].size // 2] ^= 4
    town.write_bytes(data)
    assert f"byte {blocks[1].offset}: damaged block" in refusal(town)


def test_empty_file(tmp_path: Path) -> None:
    for name in ("a.osm.pbf", "a.osm", "a.osm.gz"):
        (tmp_path / name).touch()
        assert "empty" in refusal(tmp_path / name)


def test_missing_file_directory_and_unknown_suffix(tmp_path: Path) -> None:
    (tmp_path / "folder.osm.pbf").mkdir()
    (tmp_path / "a.shp").write_bytes(b"x")
    assert "no such file" in refusal(tmp_path / "none.osm.pbf")
    assert "not a file" in refusal(tmp_path / "folder.osm.pbf")
    assert ".osm.pbf, .pbf, .osm" in refusal(tmp_path / "a.shp")


@pytest.mark.parametrize("content", [b"PK\x03\x04 a zip file", b"<html></html>", b"\0" * 4096, b"\xff" * 4096])
def test_foreign_content_under_a_map_name(tmp_path: Path, content: bytes) -> None:
    for name in ("a.osm.pbf", "a.osm", "a.osm.gz", "a.osm.bz2"):
        (tmp_path / name).write_bytes(content)
        assert "byte" in refusal(tmp_path / name)


def test_data_block_before_the_header_block(tmp_path: Path) -> None:
    (tmp_path / "a.osm.pbf").write_bytes(blob(b"OSMData", b""))
    assert "out of place" in refusal(tmp_path / "a.osm.pbf")


def test_feature_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.osm.pbf").write_bytes(blob(b"OSMHeader", b"\x22\x07Unknown"))
    assert "required feature not supported" in refusal(tmp_path / "a.osm.pbf")


def test_text_with_a_zero_byte_never_reaches_osmium(tmp_path: Path) -> None:
    table = b"\x0a\x00\x0a\x03a\x00b"
    content = bytes([0x0A, len(table)]) + table
    header = blob(b"OSMHeader", b"\x22\x0eOsmSchema-V0.6")
    (tmp_path / "a.osm.pbf").write_bytes(header + blob(b"OSMData", content))
    assert f"byte {len(header)}: damaged block: a text holds a zero byte" in refusal(tmp_path / "a.osm.pbf")


def test_block_that_lies_about_its_size(tmp_path: Path) -> None:
    packed = zlib.compress(bytes(1000))
    body = b"\x10\x05\x1a" + bytes([len(packed)]) + packed
    header = b"\x0a\x09OSMHeader\x18" + bytes([len(body)])
    (tmp_path / "a.osm.pbf").write_bytes(len(header).to_bytes(4, "big") + header + body)
    assert "5 bytes announced, 1000 found" in refusal(tmp_path / "a.osm.pbf")


def test_compression_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("location_cloud.storage.osm_xml.FREE_BYTES", 1 << 20)
    bomb = tmp_path / "bomb.osm.gz"
    bomb.write_bytes(gzip.compress(b'<osm version="0.6">' + b" " * (8 << 20) + b"</osm>"))
    assert "expands to over" in refusal(bomb)


# --- XML ---------------------------------------------------------------------------------------------------------


def test_broken_xml_names_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.osm"
    path.write_bytes(b'<osm version="0.6">\n<node id="1" lat="1" lon="1"/>\n<node id=</osm>')
    assert "line 3, byte 60" in refusal(path)


def test_xml_cut_off_in_the_middle(tmp_path: Path) -> None:
    path = write_osm(tmp_path / "a.osm", TOWN)
    path.write_bytes(path.read_bytes()[:300])
    assert "line 5, byte 235" in refusal(path)


def test_gzip_cut_off_in_the_middle(tmp_path: Path) -> None:
    path = write_osm(tmp_path / "a.osm.gz", TOWN)
    path.write_bytes(path.read_bytes()[:200])
    assert "near byte 200" in refusal(path)


def test_bzip2_with_a_flipped_bit(tmp_path: Path) -> None:
    path = write_osm(tmp_path / "a.osm.bz2", TOWN)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert "damaged or cut off" in refusal(path)


@pytest.mark.parametrize(
    ("element", "wrong"),
    [
        ('<node id="x" lat="1" lon="1"/>', "id='x'"),
        ('<node id="1" lat="north" lon="1"/>', "lat='north'"),
        ('<node id="1" lat="NaN" lon="1"/>', "lat='NaN'"),
        ('<node id="1" lat="1" lon="-Infinity"/>', "lon='-Infinity'"),
        ('<node id="1" lat="1" lon="1_0"/>', "lon='1_0'"),
        ('<way id="1"><nd ref="2.5"/></way>', "ref='2.5'"),
        ('<relation id="1"><member type="area" ref="1" role=""/></relation>', "type='area'"),
        ('<node id="1" version="one" lat="1" lon="1"/>', "version='one'"),
    ],
)
def test_element_with_a_wrong_number_names_its_line(tmp_path: Path, element: str, wrong: str) -> None:
    line = refusal(write_osm(tmp_path / "a.osm", "\n\n" + element))
    assert "line 4, byte " in line
    assert wrong in line


def test_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    path = tmp_path / "a.osm"
    path.write_text(f'<!DOCTYPE osm [<!ENTITY x SYSTEM "file://{secret}">]><osm version="0.6">&x;</osm>')
    assert "DOCTYPE is not allowed" in refusal(path)


def test_entities_that_grow_without_end_are_not_expanded(tmp_path: Path) -> None:
    layers = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    path = tmp_path / "a.osm"
    path.write_text(f'<!DOCTYPE osm [<!ENTITY e0 "ha">{layers}]><osm version="0.6">&e11;</osm>')
    assert "a DOCTYPE is not allowed" in refusal(path)


def test_change_file_is_not_a_map(tmp_path: Path) -> None:
    (tmp_path / "a.osm").write_text('<osmChange version="0.6"/>')
    assert "<osmChange>, <osm> is needed" in refusal(tmp_path / "a.osm")


def test_old_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.osm").write_text('<osm version="0.5"/>')
    assert "version 0.5" in refusal(tmp_path / "a.osm")


# --- random damage -----------------------------------------------------------------------------------------------

MUTANTS = 100

FUZZ = """
import random, sys
from pathlib import Path
from location_cloud.errors import BadInput
from location_cloud.storage.osm import read_osm
from tests.storage.osm_files import Silent
refused = 0
for name in sys.argv[3:]:
    good = Path(name).read_bytes()
    mutant = Path(name).with_name("mutant" + name[name.index("."):])
    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        dice = random.Random(seed)
        data = bytearray(good)
        for _ in range(dice.randint(1, 3)):
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        mutant.write_bytes(data)
        print(name, seed, file=sys.stderr)
        try:
            read_osm([mutant], None, Silent())
        except BadInput as error:
            assert "\\n" not in str(error) and str(mutant) in str(error), error
            refused += 1
print(refused)
"""
"""Runs apart, so that a crash inside osmium is seen as one; the last seed stands on stderr."""


def test_no_flipped_bits_crash_the_reader(tmp_path: Path) -> None:
    packed = write_osm(tmp_path / "packed.osm.pbf", TOWN)
    # Uncompressed blocks have no checksum: here the damage reaches osmium's own parser.
    plain = tmp_path / "plain.osm.pbf"
    with osmium.SimpleWriter(osmium.io.File(str(plain), "pbf,pbf_compression=none")) as writer:
        for thing in osmium.FileProcessor(str(packed)):
            writer.add(thing)
    files = [str(packed), str(plain), str(write_osm(tmp_path / "text.osm", TOWN))]
    command = [sys.executable, "-c", FUZZ, "0", str(MUTANTS), *files]
    run = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], timeout=120)
    assert run.returncode == 0, f"last: {run.stderr[-800:]}"
    assert MUTANTS < int(run.stdout) <= 3 * MUTANTS


def test_no_cut_crashes_the_block_walk(town: Path) -> None:
    data, blocks = town.read_bytes(), list_blocks(town, lambda size: None)
    dice = random.Random(7)
    for end in dice.sample(range(1, len(data)), 60):
        town.write_bytes(data[:end])
        proven: list[int] = []
        whole = {block.offset for block in blocks} | {len(data)}
        with contextlib.suppress(BadInput):
            list_blocks(town, proven.append)
        assert sum(proven) == max(offset for offset in whole if offset <= end)
