"""One question asked many times in one body: lines in, answers out line by line, a bad line being one error line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from location_cloud.capability import Call, Chunks, Reply
from location_cloud.errors import BadQuery, CloudError, TooLarge
from location_cloud.http.context import best_language
from location_cloud.http.parameters import Query
from location_cloud.http.problems import as_problem, from_validation
from location_cloud.http.web import json_bytes
from location_cloud.spatial.crs import Crs, from_wgs84
from location_cloud.spatial.errors import SpatialError
from location_cloud.spatial.geojson import map_coordinates

NDJSON, JSON, CSV = "application/x-ndjson", "application/json", "text/csv"
MEDIA = (NDJSON, JSON, CSV)
"""What a body may be: lines of JSON objects (or of texts), one JSON list of them, or a table with a heading."""

MAX_LINES = 10_000
MAX_BYTES = 8_000_000
MAX_ID_CHARS = 200

PIECE_LINES = 50
"""So many answers go out together: a piece of its own for each would cost more than most answers."""

Q = TypeVar("Q", bound=Query)

Answers: TypeAlias = "Callable[[LineCall, Sequence[Q]], Iterator[Any]]"
"""(call, questions) -> their answers in order; an error stands in the place of an answer that there is none of."""


@dataclass(frozen=True)
class LineCall:
    """What the questions of a body are answered with: a `capability.PlainCall` that outlives the request."""

    world: Any
    tenant: str
    caller: Any
    accepted_languages: str

    def header(self, name: str) -> str:
        """No header is asked of a line but the languages of its sender."""
        return self.accepted_languages if name == "Accept-Language" else ""

    def language(self, offered: tuple[str, ...]) -> str:
        """As `PlainCall.language`."""
        return best_language(self.accepted_languages, offered)


@dataclass(frozen=True)
class Line:
    """One line of a body. number: from 1 as the sender counts. values: None if the line is wrong; `wrong` says why."""

    number: int
    id: Any
    values: dict[str, Any] | None
    wrong: str = ""


def batch_form(
    answer: Callable[[Any, Any, None], Any], asks: type[Q], out: type[BaseModel], main: str
) -> Callable[[Call, Query, bytes], Reply]:
    """What answers the lines of a body as an operation answers one question.

    answer, asks, out: as in `plain_form`. main: the parameter that a line which is only a text gives.
    The operation's own parameters hold for all lines that do not name them.
    """
    return batches(lambda call, asked: (_answered(answer, call, each) for each in asked), asks, out, main)


def batches(
    answers: Answers[Q], asks: type[Q], out: type[BaseModel], main: str
) -> Callable[[Call, Query, bytes], Reply]:
    """The same where many questions are answered together faster than one by one."""

    def reply(call: Call, params: Query, body: bytes) -> Reply:
        lines = read_lines(body, call.header("Content-Type"), main)
        asker = LineCall(call.world, call.tenant, call.caller, call.header("Accept-Language"))
        pieces = (
            b"".join(_told(asker, answers, asks, out, params, lines[start : start + PIECE_LINES]))
            for start in range(0, len(lines), PIECE_LINES)
        )
        return Reply(Chunks(pieces), media_type=NDJSON)

    return reply


def read_lines(body: bytes, media_type: str, main: str) -> list[Line]:
    """The lines of a body. Raises BadQuery if it has none or is no list, TooLarge over MAX_LINES, before any work."""
    kind = media_type.partition(";")[0].strip().lower()
    lines = _from_csv(body) if kind == CSV else _from_list(body, main) if kind == JSON else _from_ndjson(body, main)
    if not lines:
        raise BadQuery("the body has no lines", hint='send one question a line, such as {"id":1,"q":"团结大街202号"}')
    return lines


def _from_ndjson(body: bytes, main: str) -> list[Line]:
    every = ((number, text) for number, text in enumerate(io.BytesIO(body), 1) if not text.isspace())
    numbered = list(islice(every, MAX_LINES + 1))
    if len(numbered) > MAX_LINES:  # counted to the end without keeping what there is
        _check_count(len(numbered) + sum(1 for _ in every))
    lines = []
    for number, text in numbered:
        try:
            lines.append(_line(number, orjson.loads(text), main))
        except orjson.JSONDecodeError as error:
            lines.append(Line(number, None, None, f"line {number} is not JSON: {error}"))
    return lines


def _from_list(body: bytes, main: str) -> list[Line]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadQuery(f"the body is not JSON: {error}", hint=f"send a list, or lines as {NDJSON}") from None
    if not isinstance(content, list):
        raise BadQuery("the body is no list", hint=f"send [{{...}}, {{...}}], or lines as {NDJSON}")
    _check_count(len(content))
    return [_line(number, item, main) for number, item in enumerate(content, 1)]


def _from_csv(body: bytes) -> list[Line]:
    """Rows of a table by its heading; number: of the line that the row begins on. Empty cells say nothing."""
    text = body.decode("utf-8-sig", "surrogateescape")
    _check_count(text.count("\n") - 1)  # before any is read; quoted line ends are rare and count, too
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        heading = [name.strip() for name in next(reader, [])]
        if any(map(_has_broken_bytes, heading)):
            raise BadQuery("the heading is not UTF-8", hint="save the table as CSV in UTF-8")
        lines, number = [], reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                lines.append(_row(number, heading, row))
            number = reader.line_num + 1
    except csv.Error as error:
        raise BadQuery(
            f"the body is no CSV: line {reader.line_num}: {error}", hint="quote cells with line ends"
        ) from None
    _check_count(len(lines))
    return lines


def _row(number: int, heading: Sequence[str], row: Sequence[str]) -> Line:
    values: dict[str, Any] = {name: cell.strip() for name, cell in zip(heading, row) if cell.strip()}
    id_ = values.pop("id", None)
    if any(map(_has_broken_bytes, row)):
        return Line(number, None, None, f"line {number} is not UTF-8")
    if id_ is not None and len(id_) > MAX_ID_CHARS:
        return Line(number, None, None, f"line {number}: id must be a text of at most {MAX_ID_CHARS} letters")
    if len(row) > len(heading):
        return Line(number, id_, None, f"line {number} has {len(row)} cells, the heading {len(heading)}")
    return Line(number, id_, values)


def _has_broken_bytes(cell: str) -> bool:
    return not cell.isascii() and any("\udc80" <= char <= "\udcff" for char in cell)


def _line(number: int, content: Any, main: str) -> Line:
    if isinstance(content, str):
        return Line(number, None, {main: content})
    if not isinstance(content, dict):
        return Line(number, None, None, f"line {number} is neither an object nor a text")
    id_ = content.pop("id", None)
    if not isinstance(id_, str | int | float | None) or len(str(id_)) > MAX_ID_CHARS:
        return Line(
            number, None, None, f"line {number}: id must be a text of at most {MAX_ID_CHARS} letters or a number"
        )
    return Line(number, id_, {name: _as_written(value) for name, value in content.items()})


def _as_written(value: Any) -> Any:
    """Positions and boxes may be lists of numbers; they are checked as they stand in an address."""
    if isinstance(value, list) and value and all(type(number) in (int, float) for number in value):
        return ",".join(f"{number:.10f}".rstrip("0").rstrip(".") for number in value)
    return value


def _check_count(count: int) -> None:
    if count > MAX_LINES:
        raise TooLarge(f"the body has {count:,} lines; the most is {MAX_LINES:,}", hint="send it in parts")


def _told(
    call: LineCall, answers: Answers[Q], asks: type[Q], out: type[BaseModel], params: Query, lines: Sequence[Line]
) -> Iterator[bytes]:
    asked = [_asked(line, asks, params) for line in lines]
    made = answers(call, [each for each in asked if not isinstance(each, CloudError)])
    for line, each in zip(lines, asked):
        head = b'{"line":%d,"id":%b,' % (line.number, orjson.dumps(line.id))
        if isinstance(each, CloudError):
            yield b'%b"error":%b}\n' % (head, as_problem(each, ""))
            continue
        result = next(made)
        if isinstance(result, CloudError):
            yield b'%b"error":%b}\n' % (head, _problem(result, each.crs))
        else:
            yield b'%b"answer":%b}\n' % (head, json_bytes(out, result, each))


def _asked(line: Line, asks: type[Q], params: Query) -> Q | CloudError:
    """The question of a line, with positions in WGS-84 and what it does not say from the operation's parameters."""
    if line.values is None:
        return BadQuery(line.wrong, hint='a line is an object such as {"id":1,"q":"团结大街202号"}')
    try:
        own = asks.model_validate({"crs": params.crs, **line.values})
        rest = {name: getattr(params, name) for name in type(params).model_fields if name not in own.model_fields_set}
        return own.in_wgs84().model_copy(update=rest)  # type: ignore[return-value]  # of the same type
    except ValidationError as error:
        return from_validation(error, f"line {line.number}", tuple(asks.model_fields))
    except SpatialError as error:
        return BadQuery(f"line {line.number}: {error}", hint="points are lon,lat in degrees")


def _answered(answer: Callable[[Any, Any, None], Any], call: LineCall, params: Query) -> Any:
    try:
        return answer(call, params, None)
    except CloudError as error:
        return error


def _problem(error: CloudError, crs: Crs) -> bytes:
    if error.extra:
        extra: Mapping[str, Any] = map_coordinates(error.extra, lambda lonlat: from_wgs84(lonlat, crs))
        error.extra = dict(extra)
    return as_problem(error, "")
