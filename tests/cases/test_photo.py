"""Files of a case: told by their bytes, read without decoding, stripped for the public."""

from __future__ import annotations

import io
import random
import struct
from typing import Any

import pytest
from PIL import Image

from location_cloud.cases.exif import read_exif
from location_cloud.cases.photo import GIF, HEIC, JPEG, MP4, PDF, PNG, WEBP, look, public_copy, sniff
from location_cloud.errors import TooLarge, Unprocessable

DAQING = (125.1031, 46.5893)


def exif(lonlat: tuple[float, float] = DAQING, orientation: int = 6) -> Image.Exif:
    told = Image.Exif()
    told[0x0112] = orientation
    told[0x010F] = "maker of a camera"
    told.get_ifd(0x8769).update({0x9003: "2026:11:23 10:00:00", 0x9011: "+08:00"})
    lon, lat = lonlat

    def degrees(value: float) -> tuple[float, float, float]:
        minutes = abs(value) % 1 * 60
        return float(int(abs(value))), float(int(minutes)), minutes % 1 * 60

    told.get_ifd(0x8825).update(
        {1: "N" if lat >= 0 else "S", 2: degrees(lat), 3: "E" if lon >= 0 else "W", 4: degrees(lon)}
    )
    return told


def picture(form: str, **more: Any) -> bytes:
    out = io.BytesIO()
    image = Image.effect_noise((40, 30), 60).convert("P" if form == "GIF" else "RGB")
    image.save(out, form, **more)
    return out.getvalue()


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


def heic(tiff: bytes) -> bytes:
    """The boxes of a HEIC that a phone writes, without its pixels: no encoder is at hand."""
    item = struct.pack(">I", 6) + b"Exif\0\0" + tiff
    infe = box(b"infe", b"\2\0\0\0", struct.pack(">HH", 7, 0), b"Exif", b"\0")
    iinf = box(b"iinf", b"\0\0\0\0", struct.pack(">H", 1), infe)
    ispe = box(b"ispe", b"\0\0\0\0", struct.pack(">II", 4032, 3024))
    iprp = box(b"iprp", box(b"ipco", ispe, box(b"ispe", b"\0\0\0\0", struct.pack(">II", 512, 512))))
    head = box(b"ftyp", b"heic", b"\0\0\0\0", b"mif1heic")

    def whole(at: int) -> bytes:
        iloc = box(b"iloc", b"\0\0\0\0", b"\x44\x00", struct.pack(">HHHHII", 1, 7, 0, 1, at, len(item)))
        return head + box(b"meta", b"\0\0\0\0", iinf, iprp, iloc) + box(b"mdat", item)

    return whole(len(whole(0)) - len(item))


def mp4() -> bytes:
    return (
        box(b"ftyp", b"isom", b"\0\0\2\0", b"isommp41") + box(b"moov", box(b"mvhd", b"\0" * 100)) + box(b"mdat", b"x")
    )


PDF_FILE = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\nxref\n0 1\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"

FILES = {
    JPEG: picture("JPEG", exif=exif(), comment=b"a note"),
    PNG: picture("PNG", exif=exif()),
    WEBP: picture("WEBP", exif=exif(), xmp=b"<x:xmpmeta/>"),
    GIF: picture("GIF", comment=b"a note"),
    HEIC: heic(exif().tobytes().removeprefix(b"Exif\0\0")),
    PDF: PDF_FILE,
    MP4: mp4(),
}
WITH_EXIF = (JPEG, PNG, WEBP, HEIC)


@pytest.mark.parametrize("media", FILES)
def test_a_file_is_known_by_its_bytes(media: str) -> None:
    assert sniff(FILES[media]) == media
    assert look(FILES[media]).media == media


@pytest.mark.parametrize("media", WITH_EXIF)
def test_place_time_and_side_are_read(media: str) -> None:
    told = look(FILES[media]).exif
    assert told.lonlat == pytest.approx(DAQING, abs=1e-7)
    assert told.taken == "2026-11-23T10:00:00+08:00"
    assert told.orientation == 6


@pytest.mark.parametrize("media", [JPEG, PNG, WEBP, GIF])
def test_size_is_told_without_decoding(media: str) -> None:
    found = look(FILES[media])
    assert (found.width, found.height) == (40, 30)


def test_a_heic_has_the_size_of_its_largest_image() -> None:
    found = look(FILES[HEIC])
    assert (found.width, found.height) == (4032, 3024)


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}])
def test_plain_webp_has_its_size(options: dict[str, bool]) -> None:
    found = look(picture("WEBP", **options))
    assert (found.width, found.height) == (40, 30)


@pytest.mark.parametrize("lonlat", [(-70.65, -33.45), (179.99, -0.5), (-0.1, 51.5)])
def test_all_four_hemispheres_are_read(lonlat: tuple[float, float]) -> None:
    assert look(picture("JPEG", exif=exif(lonlat))).exif.lonlat == pytest.approx(lonlat, abs=1e-7)


def test_a_camera_without_a_fix_tells_no_place() -> None:
    assert look(picture("JPEG", exif=exif((0.0, 0.0)))).exif.lonlat is None
    assert look(picture("JPEG")).exif.lonlat is None


@pytest.mark.parametrize("media", [JPEG, PNG, WEBP])
def test_the_public_copy_shows_the_same_and_tells_nothing(media: str) -> None:
    copy = public_copy(FILES[media] + (b"trailing secret" if media != WEBP else b""))
    assert copy is not None
    with Image.open(io.BytesIO(copy)) as shown, Image.open(io.BytesIO(FILES[media])) as original:
        assert shown.tobytes() == original.tobytes()
        assert dict(shown.getexif()) == {0x0112: 6}
    told = look(copy).exif
    assert (told.lonlat, told.taken, told.orientation) == (None, "", 6)
    for secret in (b"maker of", b"2026:11", b"a note", b"xmpmeta", b"secret"):
        assert secret not in copy


def test_a_copy_of_an_animation_goes_on_without_its_comment() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], loop=0, comment=b"a note")
    copy = public_copy(out.getvalue())
    assert copy is not None
    assert b"a note" not in copy
    with Image.open(io.BytesIO(copy)) as shown:
        assert (shown.n_frames, shown.info["loop"]) == (3, 0)


def test_a_heic_keeps_its_length_and_loses_its_place() -> None:
    copy = public_copy(FILES[HEIC])
    assert copy is not None
    assert len(copy) == len(FILES[HEIC])
    assert look(copy).exif == read_exif(b"")
    assert b"maker of" not in copy


@pytest.mark.parametrize("media", [PDF, MP4])
def test_what_cannot_be_stripped_has_no_public_copy(media: str) -> None:
    assert public_copy(FILES[media]) is None


def test_a_progressive_photo_with_a_second_one_behind_it_loses_the_second() -> None:
    first, second = picture("JPEG", progressive=True), FILES[JPEG]
    copy = public_copy(first + second)
    assert copy is not None
    assert b"maker of" not in copy
    with Image.open(io.BytesIO(copy)) as shown, Image.open(io.BytesIO(first)) as original:
        assert shown.tobytes() == original.tobytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe0<script>alert(1)</script>",
        b"GIF89a<script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.4 no end",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n",
        box(b"ftyp", b"qt  ", b"\0\0\0\0"),
        box(b"ftyp", b"heic", b"\0\0\0\0"),
        b"RIFF\x04\x00\x00\x00WEBP",
        b"RIFF\xff\xff\xff\x7fWEBPVP8 ",
    ],
)
def test_what_is_none_of_them_or_damaged_is_refused(content: bytes) -> None:
    assert sniff(content) is None
    with pytest.raises(Unprocessable):
        look(content)


def test_a_bomb_is_refused_by_its_size() -> None:
    bomb = bytearray(FILES[JPEG])
    at = bomb.index(b"\xff\xc0")
    bomb[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(TooLarge, match="65535 x 65535"):
        look(bytes(bomb))


@pytest.mark.parametrize("media", FILES)
def test_no_damage_breaks_the_reader(media: str) -> None:
    dice, content = random.Random(f"damage {media}"), FILES[media]
    for _ in range(150):
        broken = bytearray(content[: dice.randint(1, len(content))] if dice.random() < 0.5 else content)
        for _ in range(dice.randint(0, 12)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            look(bytes(broken))
        except (Unprocessable, TooLarge):
            continue
        public_copy(bytes(broken))


def test_random_directories_are_read_or_left() -> None:
    dice = random.Random(7)
    for _ in range(300):
        tail = bytes(dice.randrange(256) if dice.random() < 0.4 else 0 for _ in range(dice.randint(0, 200)))
        read_exif(dice.choice([b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08"]) + tail)
