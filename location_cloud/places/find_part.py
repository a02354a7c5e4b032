"""The parts of a caller's story that may be a place: a clause, from an area or street on, up to a word such as 门口."""

from __future__ import annotations

import re
from collections.abc import Iterator

from location_cloud.places.lookup import Lookup, list_splits
from location_cloud.places.model import ROAD
from location_cloud.places.parse_noise import Question, read_question
from location_cloud.places.wording import WORDING

MAX_CLAUSES = 6
MAX_STARTS = 24
"""Characters at which a place may begin; stories are short, and each is looked up."""

MAX_ROAD_CHARS, MAX_ROAD_ENDS = 9, 3

_CLAUSE = re.compile(r"[,;。!?！？]|\s-\s")
_ROAD_END = re.compile("(?:大街|大道|公路|[街路道巷])")
_CUTS = re.compile(
    r"交叉路?口|交[汇会][处口]|[路街道交]口|红绿灯|\d米|[零一二两三四五六七八九十百千\d][多来几余]?米(?:左右)?|\d室|"
    + "|".join(sorted((re.escape(word) for word in WORDING.near if len(word) > 1), key=lambda word: (-len(word), word)))
)


def list_parts(lookup: Lookup, question: Question) -> list[str]:
    """Parts of a question that may be a place, the likeliest first; without the question itself."""
    parts = dict.fromkeys(part for part in _list_parts(lookup, question) if len(part) > 1)
    return [part for part in parts if part not in (question.core, question.text)]


def _list_parts(lookup: Lookup, question: Question) -> Iterator[str]:
    clauses = [part.strip() for part in _CLAUSE.split(question.core) if part.strip()][:MAX_CLAUSES]
    if len(clauses) > 1:
        clauses = [read_question(part).core for part in clauses]
    if question.is_chinese:
        for clause in clauses:
            start = _first_area(lookup, clause)
            if start == 0:
                yield _up_to_cut(clause)
                continue
            if start < 0:
                start = _first_road(lookup, clause)
            if start >= 0:
                yield _up_to_cut(clause[start:])
                yield clause[start:]
    if len(clauses) > 1:
        yield from sorted(clauses, key=len, reverse=True)
    yield from (_up_to_cut(clause) for clause in clauses)


def _first_area(lookup: Lookup, text: str) -> int:
    """Where the first area's full name begins, -1 if there is none."""
    for start in range(min(len(text) - 2, MAX_STARTS)):
        if not lookup.begins_area(text[start : start + 2]):
            continue
        splits = list_splits(lookup, text[start:])
        if len(splits) > 1 and splits[1].around[0].is_sure:
            return start
    return -1


def _first_road(lookup: Lookup, text: str) -> int:
    """Where the first street's name begins, the longest one, -1 if there is none."""
    for end in list(_ROAD_END.finditer(text))[:MAX_ROAD_ENDS]:
        for start in range(max(1, end.end() - MAX_ROAD_CHARS), end.start() - 1):
            if len(lookup.exact(text[start : end.end()], (ROAD,)).doc):
                return start
    return -1


def _up_to_cut(text: str) -> str:
    """The text up to and with the first word that says that somebody is near what stands before it."""
    found = _CUTS.search(text, 2)
    return text[: found.end()] if found else text
