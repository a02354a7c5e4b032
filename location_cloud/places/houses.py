"""House numbers as they are written: what they begin with, and how two are compared."""

from __future__ import annotations

import re


def number_value(number: str) -> int:
    """The number that a house number begins with, 0 if none: 12a -> 12, 12-14 -> 12."""
    found = re.search(r"\d{1,6}", number)
    return int(found.group()) if found else 0


def fold_number(number: str) -> str:
    """A house number for comparison: no spaces, no 号, lower case; 12 A -> 12a."""
    return re.sub(r"[\s号號]|nr\.?|no\.?", "", number.casefold())
