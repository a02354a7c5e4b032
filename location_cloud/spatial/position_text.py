"""What a text says as a position, in any spelling: degrees in every order, plane metres, codes of cells, map links."""

from __future__ import annotations

import re
from typing import Final

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.code_text import read_code
from location_cloud.spatial.code_text import split_plus_code as split_plus_code
from location_cloud.spatial.crs import Crs
from location_cloud.spatial.degrees_text import read_degrees
from location_cloud.spatial.map_link import CLOSED_CODE, read_machine_form
from location_cloud.spatial.plane_text import read_gauss_kruger, read_utm
from location_cloud.spatial.position import BY_CUSTOM, LIKE_A_NAME
from location_cloud.spatial.position import Position as Position
from location_cloud.spatial.position_tokens import list_tokens, plain_text

MAX_CHARS: Final = 1_000
"""Longer texts are none; the longest links of map services have some 500."""

MAX_SPELT_CHARS: Final = 160
"""Longest position that is not a link."""

_SPELT: Final = re.compile(
    "[东東西南北经經纬緯度分秒nsewNSEW0-9０-９零〇一二两三四五六七八九十百点.．,，;；:：、°º˚′'’″\"”“+\\- \t]{9,120}"
)
_BEGINNING: Final = re.compile("[东東西南北][经經纬緯]|[nsewNSEW]? ?[+-]?[0-9０-９]")
_TELLING: Final = re.compile("[经經纬緯°º˚]|[0-9]{1,3}[.．][0-9]{3}")
_CODE: Final = re.compile(r"(?<![0-9A-Za-z+])[0-9A-Za-z]{2,16}\+?[0-9A-Za-z]{2,12}(?![0-9A-Za-z+])")
_LEAST_CODE_CHARS: Final = 9


def parse_position(
    text: str,
    crs: Crs = "wgs84",
    near: tuple[float, float] | None = None,
    *,
    area: Bbox | None = None,
    is_position: bool = False,
) -> Position | None:
    """Where the whole text says it is, or None if it is no position. Never raises; time grows with the text's length.

    Reads decimal degrees in every order and punctuation, 东经 / 北纬, N / E before or after, minutes and seconds with
    any mark or 度分秒 (also 一百二十五度), packed (463515N1250611E) and ISO 6709; geo: addresses, WKT and GeoJSON
    points, links of Amap, Baidu, Tencent, Google, OpenStreetMap and others; UTM, MGRS, Gauss-Kruger of CGCS2000; BeiDou
    cells, Plus Codes, geohashes, and with their name in front quadkeys, Maidenhead and GARS.

    crs: the datum of degrees, unless the text names another (GCJ-02, 百度坐标 ...) or is a link of a service that has
    its own. Codes of cells and UTM are WGS-84 always.
    near, area: degrees; where the caller looks, and the box of what is loaded here. They decide between lat,lon and
    lon,lat where both are possible, complete short Plus Codes and plane metres without a strip's number, and tell short
    codes from names. What was not decided by the text stands in `Position.confidence` and `alternatives`.
    is_position: the caller says that it is a position; otherwise texts that may as well be names are not read as codes,
    or have confidence LIKE_A_NAME (40): look for a place of that name first.

    A short Plus Code with the name of a town ("Q3+26 大庆") is for the caller: see `split_plus_code`.
    what3words cannot be read by anybody but its company: see `explain_closed`.
    """
    text = text.strip()
    if not text or len(text) > MAX_CHARS:
        return None
    machine = read_machine_form(text, crs)
    if machine is not None:
        return machine
    if len(text) > MAX_SPELT_CHARS:
        return None
    code = read_code(text, near, area, is_position)
    if code is not None:
        return code
    if not any(char.isdigit() or char in "度" for char in text):
        return None
    plain = plain_text(text)
    utm = read_utm(plain)
    if utm is not None:
        return utm
    tokens = list_tokens(plain)
    if tokens is None:
        return None
    return read_degrees(tokens, crs, near, area) or read_gauss_kruger(tokens, near, area)


def find_position(
    text: str, crs: Crs = "wgs84", near: tuple[float, float] | None = None, *, area: Bbox | None = None
) -> tuple[Position, tuple[int, int]] | None:
    """The first position inside a text and where it stands, start and end; None if there is none.

    For what callers write: "车翻了 北纬46.58758东经125.10307 快来". Only what cannot be anything else: degrees with
    words, marks or three decimals, and codes of nine characters or more. Parameters as `parse_position`.
    """
    for found in _SPELT.finditer(text[:MAX_CHARS]):
        begin = _BEGINNING.search(found.group())
        if begin is None or not _TELLING.search(found.group()):
            continue
        part = found.group()[begin.start() :].rstrip(" \t,，;；:：、.．+-")
        start = found.start() + begin.start()
        position = parse_position(part, crs, near, area=area)
        if position is not None and position.confidence > LIKE_A_NAME:
            return position, (start, start + len(part))
    for found in _CODE.finditer(text[:MAX_CHARS]):
        code = read_code(found.group(), near, area) if len(found.group()) >= _LEAST_CODE_CHARS else None
        if code is not None and code.confidence > BY_CUSTOM:
            return code, found.span()
    return None


def explain_closed(text: str) -> str:
    """Why a text that is a position cannot be read here, "" if that is not so.

    what3words (///filled.count.soap): the grid of words is not published, only its company's servers know it.
    """
    if not CLOSED_CODE.fullmatch(text.strip()[:MAX_CHARS]):
        return ""
    return "what3words cannot be read: its words are the closed data of one company; ask for coordinates instead"
