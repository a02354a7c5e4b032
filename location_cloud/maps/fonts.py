"""Where the font of map labels comes from, and one face taken out of a collection of them."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

from location_cloud.errors import BadInput

PACKAGE = "noto_cjk_sans_otc"
"""A PyPI package that is nothing but Noto Sans CJK (SIL Open Font License); part of the extra [render]."""

SYSTEM_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))

WANTED = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "NotoSansCJKsc-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "SourceHanSansCN-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DejaVuSans.ttf",
)
"""File names in order of preference; the last one has no Chinese."""

SIMPLIFIED = (" SC", " CN", " SC Regular")
"""How the name of a face for simplified Chinese ends. A collection's first face is the Japanese one, which draws
a hundred everyday characters (直, 骨, 海) in the Japanese way."""


def find_font(named: str) -> Path | None:
    """The font file for labels: the named one, that of the package, or one of the system; None if there is none.

    Raises BadInput if the named file is not there.
    """
    if named:
        if not Path(named).is_file():
            raise BadInput(f"map_font={named}: no such file")
        return Path(named)
    spec = importlib.util.find_spec(PACKAGE)
    folders = [Path(spec.origin).parent] if spec is not None and spec.origin else []
    found = {path.name: path for folder in (*SYSTEM_FOLDERS, *folders) for path in sorted(folder.rglob("*.[ot]t[fc]"))}
    return next((found[name] for name in WANTED if name in found), None)


def single_face(font: Path, folder: Path) -> Path:
    """A file that holds one face alone: the font itself, or its face for simplified Chinese written below the folder.

    Source: OpenType 1.9, "Font Collections", "Table Directory".
    """
    content = font.read_bytes()
    if content[:4] != b"ttcf":
        return font
    target = folder / f"{font.stem}-{len(content)}.otf"
    if target.is_file():
        return target
    count = struct.unpack_from(">I", content, 8)[0]
    starts = struct.unpack_from(f">{count}I", content, 12)
    start = next((each for each in starts if _family(content, each).endswith(SIMPLIFIED)), starts[0])
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(f".{id(content):x}.part")
    unfinished.write_bytes(_alone(content, start))
    unfinished.replace(target)
    return target


def _tables(content: bytes, start: int) -> dict[bytes, tuple[int, int, int]]:
    """Tag -> checksum, offset, length of each table of the face that begins there."""
    (count,) = struct.unpack_from(">H", content, start + 4)
    rows = (struct.unpack_from(">4sIII", content, start + 12 + 16 * row) for row in range(count))
    return {tag: (checksum, offset, length) for tag, checksum, offset, length in rows}


def _family(content: bytes, start: int) -> str:
    """The face's family name. Source: OpenType 1.9, "name", name id 1, platform 3 (UTF-16)."""
    _, table, _ = _tables(content, start)[b"name"]
    _, count, strings = struct.unpack_from(">3H", content, table)
    for row in range(count):
        platform, _, _, name, length, offset = struct.unpack_from(">6H", content, table + 6 + 12 * row)
        if platform == 3 and name == 1:
            begin = table + strings + offset
            return content[begin : begin + length].decode("utf-16-be")
    return ""


def _alone(content: bytes, start: int) -> bytes:
    tables = _tables(content, start)
    place = 12 + 16 * len(tables)
    head = bytearray(content[start : start + 12])
    bodies = []
    for tag, (checksum, offset, length) in tables.items():
        head += struct.pack(">4sIII", tag, checksum, place, length)
        bodies.append(content[offset : offset + length] + b"\0" * (-length % 4))
        place += len(bodies[-1])
    return bytes(head) + b"".join(bodies)
