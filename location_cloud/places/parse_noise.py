"""A caller's question without what is no part of a place: greetings, the story, calls for help."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from location_cloud.places.wording import WORDING

MAX_CHARS = 200
"""Longer questions are cut: nobody speaks a place in more."""

_BLANK = " \t,.;:!?、。！？…~～—-"
_LONGEST = max(map(len, WORDING.before | WORDING.after))
_MOST_WORDS = max(phrase.count(" ") + 1 for phrase in WORDING.before_words | WORDING.after_words)
_DASH = re.compile(r"\s?[\u2010-\u2015\u2212]+\s?(?=\w)")
_HAN = re.compile("[\u3400-\u9fff]")
_UNSEEN = re.compile(r"[\u0000-\u001f\u007f\u00ad\u200b-\u200f\u2028-\u202e\ufeff]+")


@dataclass(frozen=True)
class Question:
    """What was asked.

    text: in the compatibility form of Unicode, one line. core: the same without noise. is_chinese: whether there is a
    Chinese character in it.
    """

    text: str
    core: str
    is_chinese: bool


def read_question(text: str) -> Question:
    """The question, with its noise told apart."""
    plain = " ".join(_UNSEEN.sub(" ", unicodedata.normalize("NFKC", text[:MAX_CHARS])).split())
    plain = _DASH.sub("-", plain)
    is_chinese = has_han(plain)
    core = _without_chinese(plain) if is_chinese else _without_words(plain)
    return Question(plain, core or plain, is_chinese)


def has_han(text: str) -> bool:
    """Whether there is a Chinese character in the text."""
    return _HAN.search(text) is not None


def _without_chinese(text: str) -> str:
    text = text.strip(_BLANK)
    is_first = True
    while size := _leading_noise(text, is_first):
        text, is_first = text[size:].lstrip(_BLANK), False
    while size := _trailing_noise(text):
        text = text[: len(text) - size].rstrip(_BLANK)
    return text


def _leading_noise(text: str, is_first: bool) -> int:
    for size in range(min(_LONGEST, len(text)), 0, -1):
        word = text[:size]
        if word in WORDING.before or (not is_first and (word in WORDING.linking or word in WORDING.particles)):
            return size
        if word in WORDING.called and _leading_noise(text[size:].lstrip(_BLANK), True):
            return size
    return 0


def _trailing_noise(text: str) -> int:
    size = next((size for size in range(min(_LONGEST, len(text)), 0, -1) if text[-size:] in WORDING.after), 0)
    if size or text[-1:] not in WORDING.particles:
        return size
    # A particle counts behind a part of the story: 打架了, but not 网吧.
    inner = _trailing_noise(text[:-1])
    return inner + 1 if inner else 0


def _without_words(text: str) -> str:
    words = text.strip(_BLANK).split(" ")
    size = -1
    while size and words:
        size = next(
            (n for n in range(min(_MOST_WORDS, len(words)), 0, -1) if _said(words[:n]) in WORDING.before_words), 0
        )
        words = words[size:]
    size = -1
    while size and words:
        size = next(
            (n for n in range(min(_MOST_WORDS, len(words)), 0, -1) if _said(words[-n:]) in WORDING.after_words), 0
        )
        words = words[: len(words) - size]
    return " ".join(words).strip(_BLANK)


def _said(words: list[str]) -> str:
    return " ".join(words).casefold().strip(_BLANK)
