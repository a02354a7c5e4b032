"""Which questions may be answered by the thread that reads the port, and which are asked before workers start."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote_plus

MOST_CHARS = 40
"""A question this long takes 1 ms, one in a hundred 4, the strangest 20 to 30; to wake another thread for it cost more,
and held up the others as long. Longer ones are stories with more readings."""

TYPICAL = ("团结大街202号", "火车站", "mannerheimintie 10", "daqing", "团结大街与会战大街路口", "G10 K248+500")
"""Questions of several kinds: what they load and compile is shared by all workers."""


def is_short_question(query: str) -> bool:
    """Whether the q of a query string is short enough."""
    text = next((part[2:] for part in query.split("&") if part.startswith("q=")), "")
    return len(text) <= MOST_CHARS or len(unquote_plus(text)) <= MOST_CHARS


def typical_questions(path: str) -> Callable[[Any], Sequence[str]]:
    """Everyday questions of an address, as `Operation.typical` wants them."""
    return lambda _world: [f"{path}?q={quote(text)}&limit=5" for text in TYPICAL]
