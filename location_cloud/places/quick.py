"""Which questions may be answered by the thread that reads the port, and which are asked before workers start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote_plus

from location_cloud.places.parse_noise import has_han

MOST_HAN, MOST_LETTERS = 40, 64
"""Characters with a Chinese one among them, and without: a western address with postcode and town has 50 letters.

Questions this long take 0.5 to 1 ms, one in a hundred 4, among a million names twice that, the strangest 10 to 30; to
wake another thread for one cost 1 ms, and held up the others as long. Longer ones are stories with more readings.
"""

TYPICAL = ("团结大街202号", "火车站", "mannerheimintie 10", "daqing", "团结大街与会战大街路口", "G10 K248+500")
"""Questions of several kinds: what they load and compile is shared by all workers."""


def is_short_question(query: str) -> bool:
    """Whether the q of a query string is short enough."""
    text = next((part[2:] for part in query.split("&") if part.startswith("q=")), "")
    if len(text) <= MOST_HAN:
        return True
    plain = unquote_plus(text)
    return len(plain) <= (MOST_HAN if has_han(plain) else MOST_LETTERS)


def typical_questions(path: str) -> Callable[[Any], Sequence[str]]:
    """Everyday questions of an address, as `Operation.typical` wants them."""
    return lambda _world: [f"{path}?q={quote(text)}&limit=5" for text in TYPICAL]
