"""Instructions written by compiled code: the sentences of a language as tables, and the pass that fills them in.

Says what `wording.instruction` says; that one is for single steps, this for whole routes.
"""

from __future__ import annotations

import string
from functools import cache

import numpy as np

from kernels.caching import cached
from location_cloud.arrays import pack_texts
from location_cloud.directions.guided_path import JUNCTION_REF, NAME, NAMES, NAMES_START, REF, SIGN, SIGN_BACK
from location_cloud.directions.json_bytes import put_name, put_whole
from location_cloud.directions.manoeuvre_codes import (
    ARRIVE,
    DEPART,
    FORK,
    KINDS,
    MODIFIERS,
    OFF_RAMP,
    ON_FERRY,
    ON_RAMP,
    ROTARY,
    ROUND,
    SIDES,
    UTURN,
)
from location_cloud.directions.steps import S_AFTER, S_EXIT, S_KIND, S_MODE, S_MODIFIER, S_ROAD, S_SIDE
from location_cloud.directions.wording import SENTENCES, find_language, get_language
from routing.packed import Packed, int32_rows, int32s, int64s, uint8s

_PARTS = ("road", "towards", "junction", "exit", "wind", "turn", "keep")
_ROAD, _TOWARDS, _JUNCTION, _EXIT, _WIND, _TURN, _KEEP = range(len(_PARTS))
_LITERAL = len(_PARTS)

_OTHERS = ("uturn", "ferry", "roundabout_stay", *(f"arrive_{side}" for side in SIDES[1:]))
_UTURN, _FERRY, _STAY, _ARRIVE_LEFT = range(len(KINDS), len(KINDS) + 4)
_PLAIN, _ONTO, _SIGNED, _NUMBERED, _NUMBERED_SIGNED = range(5)
_ENDINGS = ("", "_onto", "_towards", "_numbered", "_numbered_towards")
_TEXT, _TEXT_START, _PIECES, _PIECE_START, _CHOICE, _WINDS, _TURNS, _KEEPS = range(8)


@cache
def pack_language(tag: str) -> Packed:
    """The sentences of a language (`wording.find_language` of the tag) for `put_instruction`."""
    words, texts = get_language(find_language(tag)), [""]

    def number(text: str) -> int:
        texts.append(text)
        return len(texts) - 1

    names = sorted(SENTENCES)
    pieces: list[tuple[int, int]] = []
    starts = [0]
    for name in names:
        for literal, part, _, _ in string.Formatter().parse(words.sentences[name]):
            if literal:
                pieces.append((_LITERAL, number(literal)))
            if part in _PARTS:
                pieces.append((_PARTS.index(part), 0))
        starts.append(len(pieces))
    kinds = [*(kind.replace(" ", "_").replace("rotary", "roundabout") for kind in KINDS), *_OTHERS]
    choice = [[names.index(kind + end) if kind + end in names else -1 for end in _ENDINGS] for kind in kinds]
    winds, turns, keeps = (
        [number(word) for word in row]
        for row in (words.winds, [words.turn[m] for m in MODIFIERS], [words.keep[m] for m in MODIFIERS])
    )
    packed = pack_texts(texts)
    columns = (pieces, starts, choice, winds, turns, keeps)
    return Packed(packed.data.copy(), packed.start, *(np.array(column, np.int32) for column in columns))


@cached(nogil=True)
def put_instruction(out, size, language, city, pairs, steps, k):  # type: ignore[no-untyped-def]  # a kernel
    """The sentence of step k, escaped for JSON. language: address of `pack_language`."""
    segment, kind, modifier = steps[S_ROAD, k] >> 1, steps[S_KIND, k], steps[S_MODIFIER, k]
    road, junction = int32s(city, NAME)[segment], int32s(city, JUNCTION_REF)[segment]
    if road == 0:
        road = int32s(city, REF)[segment]
    towards = int32s(city, SIGN_BACK)[segment] if steps[S_ROAD, k] & 1 else int32s(city, SIGN)[segment]
    row, ending = kind, _ONTO if road else _PLAIN
    if kind == ARRIVE:
        ending = _PLAIN
        if steps[S_SIDE, k]:
            row = _ARRIVE_LEFT + steps[S_SIDE, k] - 1
    elif steps[S_MODE, k] == ON_FERRY and kind != DEPART:
        row = _FERRY
    elif kind in (ROUND, ROTARY):
        if not steps[S_EXIT, k]:
            row, ending = _STAY, _PLAIN
    elif modifier == UTURN:
        row = _UTURN
    elif kind == OFF_RAMP and junction:
        ending = _NUMBERED_SIGNED if towards else _NUMBERED
    elif kind in (ON_RAMP, OFF_RAMP, FORK) and towards:
        ending = _SIGNED
    sentence = int32_rows(language, _CHOICE, 5)[row, ending]
    words = uint8s(language, _TEXT), int64s(language, _TEXT_START)
    names = uint8s(city, NAMES), int64s(city, NAMES_START)
    pieces, starts = int32_rows(language, _PIECES, 2), int32s(language, _PIECE_START)
    for p in range(starts[sentence], starts[sentence + 1]):
        part = pieces[p, 0]
        if part == _LITERAL:
            size = put_name(out, size, words, pieces[p, 1])
        elif part == _ROAD:
            size = put_name(out, size, names, road)
        elif part == _TOWARDS:
            size = put_name(out, size, names, towards)
        elif part == _JUNCTION:
            size = put_name(out, size, names, junction)
        elif part == _EXIT:
            size = put_whole(out, size, pairs, steps[S_EXIT, k])
        elif part == _WIND:
            wind = np.int64(np.rint(steps[S_AFTER, k] / 45.0)) % 8
            size = put_name(out, size, words, int32s(language, _WINDS)[wind])
        elif part == _TURN:
            size = put_name(out, size, words, int32s(language, _TURNS)[modifier])
        else:
            size = put_name(out, size, words, int32s(language, _KEEPS)[modifier])
    return size
