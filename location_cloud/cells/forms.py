"""Many points or codes in the forms that bodies and answers have: CSV, lines of JSON, and plain numbers."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from itertools import chain
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.spatial.cells.system import Codes
from location_cloud.spatial.lonlat import Floats, Ints

CSV, NDJSON, NUMBERS = "text/csv", "application/x-ndjson", "application/octet-stream"
MEDIA: Final = (CSV, NDJSON, NUMBERS)

MOST: Final = 1_000_000
"""Points or codes of one body."""

MOST_BYTES: Final = 64_000_000
"""A million points as JSON with nine decimals are 30 MB, as CSV 26 MB, as numbers 16 MB."""

PIECE_ROWS: Final = 20_000


def read_points(body: bytes, media: str) -> Floats:
    """Points (n, 2), range unchecked, of a body: a table with the columns lon and lat, lines `[lon,lat]` or
    `{"lon":..,"lat":..}`, or pairs of little-endian float64.

    Raises BadQuery for another form, TooLarge over MOST.
    """
    if media == NUMBERS:
        if len(body) % 16:
            raise BadQuery(
                f"{len(body)} bytes are no pairs of float64", hint="send lon, lat, lon, lat, ... 8 bytes each"
            )
        _check(len(body) // 16)
        return np.frombuffer(body, "<f8").reshape(-1, 2).astype(np.float64)
    if media == CSV:
        return _floats(_columns(body, ("lon", "lat")))
    rows = _lines(body)
    if rows and all(isinstance(row, dict) for row in rows):
        rows = [[row.get("lon"), row.get("lat")] for row in rows]
    return as_points(rows, "line")


def read_codes(body: bytes, media: str) -> Codes:
    """Codes (n,) of a body: a table with the column code, or lines that are a code or `{"code":..}`.

    Raises BadQuery for another form, TooLarge over MOST.
    """
    if media == CSV:
        return np.ascontiguousarray(_columns(body, ("code",))[:, 0])
    rows = _lines(body)
    if rows and all(isinstance(row, dict) for row in rows):
        rows = [row.get("code") for row in rows]
    return as_codes(rows)


def as_points(value: Any, word: str = "point") -> Floats:
    """A list of pairs of numbers as an array (n, 2), range unchecked. Raises BadQuery, TooLarge over MOST."""
    if not isinstance(value, list):
        raise BadQuery("points must be a list of [lon, lat]", hint="for example [[125.1031,46.5893]]")
    _check(len(value))
    if not value:
        return np.empty((0, 2))
    # Types first, as numpy reads "1" and true as numbers; both tests run in C.
    has_lists = set(map(type, value)) == {list} and set(map(len, value)) == {2}
    if has_lists and set(map(type, chain.from_iterable(value))) <= {int, float}:
        return np.array(value, dtype=np.float64)
    raise BadQuery(_wrong_pair(value, word), hint="each is [lon, lat], two numbers in degrees")


def as_codes(value: Any) -> Codes:
    """A list of texts as an array (n,). Raises BadQuery, TooLarge over MOST."""
    if not isinstance(value, list):
        raise BadQuery("codes must be a list of texts", hint='for example ["N51LA506525"]')
    _check(len(value))
    if not set(map(type, value)) <= {str} or not set(map(len, value)) <= set(range(1, 41)):
        wrong = next(at for at, each in enumerate(value) if not isinstance(each, str) or not 0 < len(each) <= 40)
        raise BadQuery(f"code[{wrong}] is no text of 1 to 40 letters", hint='for example "N51LA506525"')
    return np.array(value, dtype=np.str_)


def as_values(value: Any) -> Floats:
    """A list of numbers and nulls as an array (n,), NaN for null. Raises BadQuery, TooLarge over MOST."""
    if not isinstance(value, list):
        raise BadQuery("values must be a list of numbers or null", hint="one for each code or point")
    _check(len(value))
    if not set(map(type, value)) <= {int, float, type(None)}:
        wrong = next(at for at, each in enumerate(value) if type(each) not in (int, float, type(None)))
        raise BadQuery(f"value[{wrong}] is no number", hint="numbers, or null for none")
    try:
        values = np.array(value, dtype=np.float64)
    except OverflowError:
        raise BadQuery("a value is too large", hint="numbers up to 1e300") from None
    if (np.abs(values) > 1e300).any():  # sums of a million stay finite
        raise BadQuery(f"value[{int(np.argmax(np.abs(values) > 1e300))}] is too large", hint="numbers up to 1e300")
    return values


def write_codes(codes: list[str | None], form: str) -> Iterator[bytes]:
    """Codes as a table or as lines of JSON, piece by piece; None has no cell."""
    if form == "csv":
        yield b"code\r\n"
    for start in range(0, len(codes), PIECE_ROWS):
        part = codes[start : start + PIECE_ROWS]
        if form == "csv":
            yield ("\r\n".join(code or "" for code in part) + "\r\n").encode()
        else:
            yield b"".join(orjson.dumps(code) + b"\n" for code in part)


def write_cells(codes: Codes, level: Ints, middles: Floats, boxes: Floats, form: str) -> Iterator[bytes]:
    """Cells as a table or as lines of JSON, piece by piece."""
    if form == "csv":
        yield b"code,level,lon,lat,west,south,east,north\r\n"
    for start in range(0, len(codes), PIECE_ROWS):
        part = slice(start, start + PIECE_ROWS)
        rows = zip(codes[part].tolist(), level[part].tolist(), middles[part].tolist(), boxes[part].tolist())
        if form == "csv":
            yield "".join(
                f"{code},{lv},{m[0]:.10f},{m[1]:.10f},{b[0]:.10f},{b[1]:.10f},{b[2]:.10f},{b[3]:.10f}\r\n"
                for code, lv, m, b in rows
            ).encode()
        else:
            yield b"".join(
                orjson.dumps({"code": code, "level": lv, "lonlat": m, "bbox": b}) + b"\n" for code, lv, m, b in rows
            )


def _columns(body: bytes, names: tuple[str, ...]) -> npt.NDArray[np.str_]:
    """The named columns of a table as texts (n, columns)."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadQuery("the body is not UTF-8", hint="save the table as CSV in UTF-8") from None
    heading, _, rest = text.partition("\n")
    titles = [title.strip().strip('"').lower() for title in heading.split(",")]
    missing = [name for name in names if name not in titles]
    if missing:
        raise BadQuery(
            f"the heading {heading[:80]!r} has no column {missing[0]}", hint=f"name {', '.join(names)} there"
        )
    _check(rest.count("\n"))
    if not rest.strip():
        return np.empty((0, len(names)), dtype=np.str_)
    try:
        return np.loadtxt(
            StringIO(rest),
            dtype=np.dtype("<U40"),
            delimiter=",",
            quotechar='"',
            comments=None,
            usecols=[titles.index(name) for name in names],
            ndmin=2,
        )
    except ValueError as error:
        raise BadQuery(f"the body is no CSV: {error}", hint="every line needs as many cells as the heading") from None


def _floats(texts: npt.NDArray[np.str_]) -> Floats:
    try:
        points = texts.astype(np.float64)
    except ValueError as error:
        raise BadQuery(f"the body: {error}", hint="lon and lat are numbers in degrees") from None
    return points


def _lines(body: bytes) -> list[Any]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    _check(len(lines))
    try:
        found: list[Any] = orjson.loads(b"[" + b",".join(lines) + b"]")
    except orjson.JSONDecodeError:
        for number, line in enumerate(lines, 1):
            try:
                orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise BadQuery(f"line {number} is not JSON: {error}", hint="one point or code a line") from None
        raise BadQuery("the body is not JSON, line by line", hint="one point or code a line") from None
    return found


def _wrong_pair(value: list[Any], word: str) -> str:
    for at, each in enumerate(value):
        is_pair = isinstance(each, list) and len(each) == 2
        if not is_pair or any(type(number) not in (int, float) for number in each):
            return f"{word}[{at}]={str(each)[:60]} is no pair of numbers"
    return f"a {word} is no pair of finite numbers"


def _check(count: int) -> None:
    if count > MOST:
        raise TooLarge(f"the body has {count:,} points or codes; the most is {MOST:,}", hint="send it in parts")
