"""Steps in words: a language is one file of data/wording, nothing else."""

from __future__ import annotations

import importlib.resources
import string
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from location_cloud.directions.manoeuvre_codes import MODIFIERS
from location_cloud.directions.model import Step
from location_cloud.errors import BadInput

FALLBACK = "en"

_ROADS = {
    "depart": "wind",
    "turn": "turn",
    "continue": "turn",
    "uturn": "",
    "new_name": "",
    "merge": "keep",
    "on_ramp": "keep",
    "off_ramp": "keep",
    "fork": "keep",
    "end_of_road": "turn",
    "roundabout": "exit",
    "exit_roundabout": "",
    "ferry": "",
}
"""Sentences that come with a road's name ("..._onto") and without."""

_OTHERS = {
    "on_ramp_towards": "keep towards",
    "off_ramp_towards": "keep towards",
    "off_ramp_numbered": "keep junction",
    "off_ramp_numbered_towards": "keep junction towards",
    "fork_towards": "keep towards",
    "roundabout_stay": "",
    "arrive": "",
    "arrive_left": "",
    "arrive_right": "",
    "alert": "distance instruction",
}

SENTENCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {name: frozenset(parts.split()) for name, parts in {**_ROADS, **_OTHERS}.items()}
    | {f"{name}_onto": frozenset([*parts.split(), "road"]) for name, parts in _ROADS.items()}
)
"""Every sentence of a language file and the parts it is made with."""


@dataclass(frozen=True)
class Language:
    """The words of one language, as its file has them."""

    title: str
    winds: tuple[str, ...]
    turn: Mapping[str, str]
    keep: Mapping[str, str]
    sentences: Mapping[str, str]
    metres: str
    kilometres: str
    decimal: str
    alert_lowers: bool


def instruction(step: Step, language: str) -> str:
    """The step as a sentence. language: of LANGUAGES, or a tag near one ("zh-Hans", "en-GB"); others: English."""
    words = _LANGUAGES[find_language(language)]
    parts = {
        "road": step.name or step.ref,
        "towards": step.destinations,
        "junction": step.junction,
        "exit": str(step.exit),
        "wind": words.winds[round(step.bearing_after_deg / 45) % 8],
        "turn": words.turn[step.modifier],
        "keep": words.keep[step.modifier],
    }
    return words.sentences[_sentence(step, parts)].format_map(parts)


def alert(step: Step, distance_m: float, language: str) -> str:
    """What is said some way before the step: "In 800 m, turn left onto ..."."""
    words, sentence = _LANGUAGES[find_language(language)], instruction(step, language)
    if words.alert_lowers:
        sentence = sentence[:1].lower() + sentence[1:]
    return words.sentences["alert"].format(distance=spoken_distance(distance_m, language), instruction=sentence)


def spoken_distance(metres: float, language: str) -> str:
    """A distance as one says it: tens of metres, from 300 m fifties, from 1 km tenths, from 10 km whole kilometres."""
    words = _LANGUAGES[find_language(language)]
    step = 10 if metres < 295 else 50
    rounded = max(10, int(metres / step + 0.5) * step)
    if rounded < 1000:
        return words.metres.format(value=rounded)
    tenths = int(metres / 100 + 0.5)
    if tenths >= 100:
        return words.kilometres.format(value=int(metres / 1000 + 0.5))
    whole, tenth = divmod(max(tenths, 10), 10)
    return words.kilometres.format(value=f"{whole}{words.decimal}{tenth}" if tenth else whole)


def find_language(tag: str) -> str:
    """The language of LANGUAGES that a tag (BCP 47) means; FALLBACK if none does."""
    if tag in _LANGUAGES:
        return tag
    base = tag.replace("_", "-").lower().split("-")[0]
    return next((name for name in _LANGUAGES if name.lower().split("-")[0] == base), FALLBACK)


def get_language(name: str) -> Language:
    """The words of a language of LANGUAGES."""
    return _LANGUAGES[name]


def _sentence(step: Step, parts: Mapping[str, str]) -> str:
    """Which sentence says the step."""
    if step.kind == "arrive":
        return f"arrive_{step.side}" if step.side else "arrive"
    onto = "_onto" if parts["road"] else ""
    if step.mode == "ferry" and step.kind != "depart":
        return "ferry" + onto
    if step.kind in ("roundabout", "rotary"):
        return "roundabout" + onto if step.exit else "roundabout_stay"
    if step.modifier == "uturn":
        return "uturn" + onto
    kind = step.kind.replace(" ", "_")
    if kind == "off_ramp" and parts["junction"]:
        return "off_ramp_numbered_towards" if parts["towards"] else "off_ramp_numbered"
    if kind in ("on_ramp", "off_ramp", "fork") and parts["towards"]:
        return kind + "_towards"
    return kind + onto


def load_languages() -> Mapping[str, Language]:
    """The shipped languages by tag. Raises BadInput naming the file and what is missing or not allowed in it."""
    folder = importlib.resources.files("location_cloud.data") / "wording"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): parse_language(file.name, file.read_text("utf-8")) for file in files}


def parse_language(file: str, text: str) -> Language:
    """One language file. Raises BadInput if it lacks or adds a sentence, or a sentence a part."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as reason:
        raise BadInput(f"{file}: is not TOML: {reason}") from None
    sentences, distance = table.get("sentences", {}), table.get("distance", {})
    _same_keys(file, "sentences", sentences, SENTENCES)
    _same_keys(file, "distance", distance, ("metres", "kilometres", "decimal"))
    for name in ("turn", "keep"):
        _same_keys(file, name, table.get(name, {}), MODIFIERS)
    for name, sentence in sentences.items():
        used = {part for _, part, _, _ in string.Formatter().parse(sentence) if part is not None}
        if used != SENTENCES[name]:
            raise BadInput(f"{file}: {name} uses {sorted(used)}; it must use exactly {sorted(SENTENCES[name])}")
    if len(table.get("winds", ())) != 8:
        raise BadInput(f"{file}: winds must be eight words, clockwise from north")
    return Language(
        str(table.get("title", "")),
        tuple(table["winds"]),
        table["turn"],
        table["keep"],
        sentences,
        distance["metres"],
        distance["kilometres"],
        distance["decimal"],
        bool(table.get("alert_lowers", False)),
    )


def _same_keys(file: str, table: str, found: Mapping[str, str], wanted: Collection[str]) -> None:
    known = set(wanted)
    if missing := known - set(found):
        raise BadInput(f"{file}: [{table}] lacks {sorted(missing)}")
    if unknown := set(found) - known:
        raise BadInput(f"{file}: [{table}] has {sorted(unknown)}, which nothing says; drop them")


_LANGUAGES = load_languages()
LANGUAGES = tuple(sorted(_LANGUAGES, key=lambda name: name == FALLBACK))
