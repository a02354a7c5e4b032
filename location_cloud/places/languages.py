"""Which of the languages that names are known in a client asks for."""

from __future__ import annotations


def read_language(*asked: str) -> str:
    """The language "zh" or "en", if the first text that names any wants it most, else "" = names as written there.

    asked: texts as in Accept-Language, "zh-CN,zh;q=0.9", the one that counts most first.
    """
    for text in asked:
        first = text.split(",")[0].split(";")[0].strip().lower().replace("_", "-").split("-")[0]
        if first:
            return first if first in ("zh", "en") else ""
    return ""
