"""The words that callers put around a place, in several languages, read once from data/places/grammar.toml."""

from __future__ import annotations

import importlib.resources
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from location_cloud.places.fold import fold

FILE = "places/grammar.toml"


@dataclass(frozen=True)
class Wording:
    """Chinese words stand anywhere; those of other languages (`..._words`) are whole words in lower case.

    before, linking, after, particles, called, between: what a caller says around a place, see the file. near: word ->
    how far from the place somebody may be, metres. wind: word -> degrees from north. length: word -> metres.
    vague: words for a sort of place, folded, that name none.
    street_words: English word of a Chinese street's name -> pinyin of what it may stand for.
    """

    before: frozenset[str]
    linking: frozenset[str]
    after: frozenset[str]
    particles: frozenset[str]
    called: frozenset[str]
    between: frozenset[str]
    before_words: frozenset[str]
    after_words: frozenset[str]
    near: Mapping[str, float]
    near_words: Mapping[str, float]
    wind: Mapping[str, float]
    wind_words: Mapping[str, float]
    length: Mapping[str, float]
    length_words: Mapping[str, float]
    vague: frozenset[str]
    street_words: Mapping[str, tuple[str, ...]]


def load_wording() -> Wording:
    """The wording that ships."""
    content = tomllib.loads((importlib.resources.files("location_cloud.data") / FILE).read_text("utf-8"))
    noise, words = content["noise"], content["noise"]["words"]
    both = [*noise["both"], *(who + what for who in noise["who"] for what in noise["what"])]
    return Wording(
        before=frozenset([*noise["before"], *both, *(who + said for who in noise["whose"] for said in noise["said"])]),
        linking=frozenset(noise["linking"]),
        after=frozenset([*noise["after"], *both]),
        particles=frozenset(noise["particles"]),
        called=frozenset(noise["called"]),
        between=frozenset(noise["between"]),
        before_words=frozenset(words["before"]),
        after_words=frozenset(words["after"]),
        near=content["near"]["chinese"],
        near_words=content["near"]["words"],
        wind=content["wind"]["chinese"],
        wind_words=content["wind"]["words"],
        length=content["length"]["chinese"],
        length_words=content["length"]["words"],
        vague=frozenset(map(fold, content["vague"]["words"])),
        street_words={word: tuple(readings) for word, readings in content["streets"]["words"].items()},
    )


WORDING = load_wording()
