"""The console's files: nothing from elsewhere, nothing inline, every word in both catalogues."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from location_cloud.console.static_files import MEDIA_TYPES

STATIC = Path(str(files("location_cloud.console"))) / "static"
VENDOR = STATIC / "vendor"
OURS = sorted(path for path in STATIC.rglob("*") if path.is_file() and VENDOR not in path.parents)
SCRIPTS = [path for path in OURS if path.suffix == ".js"]

SVG_NAMESPACE = "http://www.w3.org/2000/svg"  # a name, never fetched
WORDS = re.compile(r"[\u4e00-\u9fff]|[A-Za-z]{2,} [a-z]{2,}")
"""A text that somebody would read: Chinese, or two words of English."""

MARKUP_OR_CODE = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"

CLASS_NAMES = ("location-cloud ", "maplibregl", "result", "state ", "note ", "mark ", "facts ", "fields ", "lines ")
CLASS_NAMES += ("chips ", "quiet ", "row-buttons ", "small-field ", "whole ")
"""Beginnings of what looks like words but is read by style sheets; and of the command, which has no language."""

CHANGING_KEYS = (
    r"^(health|kind|level|dataset|count|problem|view|profile)\.",
    r"^(datum|decided|form|grade|group|side|spelling|spellings|wind)\.",
    r"^crs\.note_",
    r"^route\.(prompt|far|from|to)",
    r"^map\.mode_",
    r"^incident\.(kind|effect)_",
    r"^(category|crew|deed|form_of_call|log|log_field|step|step_to|subject|why|leg_why|wait_proof)\.",
    r"^(emergency|hunt)\.(level|status)_",
    r"^(condition|cover|detection|file|ground|layer|mobility|pattern|pulse|shape|switch)\.",
    r"^(cold\.(urgency|reason)|plan\.(by|add)|result\.by)_",
    r"^(case_action|case_limit|case_role|case_source|department|indicator|lamp)\.",
    r"^grid\.(lamp|scheme)_",
)
"""Keys that scripts put together from a prefix and a value."""


def catalogue(language: str) -> dict[str, str]:
    return json.loads((STATIC / f"i18n/{language}.json").read_text("utf-8"))


def page_source() -> str:
    return (STATIC / "index.html").read_text("utf-8")


class Page(HTMLParser):
    """Tags of the page, and the text that stands between them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(page_source())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data.strip()


def page_keys() -> Iterator[str]:
    for _, attributes in Page().tags:
        if "data-i18n" in attributes:
            yield attributes["data-i18n"]
        for pair in filter(None, attributes.get("data-i18n-attr", "").split(";")):
            yield pair.split(":")[1]


def script_keys() -> set[str]:
    asked = re.compile(r"(?<![\w.])(?:t|has|empty|loading)\(\"([\w.-]+)\"")
    return {key for path in SCRIPTS for key in asked.findall(path.read_text("utf-8"))}


def strings(source: str) -> list[str]:
    code = re.sub(r"^\s*(//|/\*\*|\*).*$|\s//\s.*$", "", source, flags=re.MULTILINE)
    return re.findall(r"\"([^\"\n]*)\"|`([^`]*)`", code)


def test_both_catalogues_have_the_same_keys_in_the_same_order() -> None:
    assert list(catalogue("zh-CN")) == list(catalogue("en"))


def test_both_catalogues_fill_in_the_same_values() -> None:
    zh, en = catalogue("zh-CN"), catalogue("en")
    for key in zh:
        assert set(re.findall(r"\{\w+\}", zh[key])) == set(re.findall(r"\{\w+\}", en[key])), key


def test_chinese_is_chinese_and_english_has_no_chinese() -> None:
    assert not [key for key, words in catalogue("en").items() if WORDS.match(words) and words > "\u4e00"][1:]
    same = {key for key, words in catalogue("zh-CN").items() if words and words == catalogue("en")[key]}
    assert {key for key in same if not key.startswith("datum.")} <= {"language.zh-CN", "language.en", "list.comma"}


def test_every_key_of_the_page_and_the_scripts_is_in_the_catalogue() -> None:
    asked = {*page_keys(), *script_keys()}
    assert asked
    assert asked - set(catalogue("en")) == set()


def test_no_key_of_the_catalogue_is_unused() -> None:
    used = {*page_keys(), *script_keys()}
    source = "".join(path.read_text("utf-8") for path in SCRIPTS)
    dead = [key for key in catalogue("en") if key not in used and f'"{key}"' not in source]
    assert [key for key in dead if not any(re.match(prefix, key) for prefix in CHANGING_KEYS)] == []


def test_no_word_stands_in_the_page() -> None:
    assert Page().text == ""


def test_no_readable_attribute_stands_in_the_page() -> None:
    readable = {"placeholder", "title", "aria-label", "alt", "aria-description"}
    found = [
        (tag, name)
        for tag, attributes in Page().tags
        for name, value in attributes.items()
        if name in readable and value
    ]
    assert found == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_word_stands_in_a_script(path: Path) -> None:
    words = [text for pair in strings(path.read_text("utf-8")) for text in pair if WORDS.search(text)]
    known = {key.rpartition(".")[2].removeprefix("by_") for key in catalogue("en")}
    lists = [text for text in words if set(text.split()) <= known]  # choices that a part of a form is seen with
    assert [text for text in words if not text.startswith(CLASS_NAMES) and text not in lists] == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_file_of_ours_names_an_outside_address(path: Path) -> None:
    addresses = re.findall(r"(?:https?:)?//[\w-]+\.[\w.-]+[^\s\"')]*", path.read_text("utf-8"))
    assert [address for address in addresses if address != SVG_NAMESPACE] == []


def test_page_has_nothing_inline() -> None:
    for tag, attributes in Page().tags:
        assert tag != "style"
        assert tag != "script" or attributes["src"]
        assert not [name for name in attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_never_turn_text_into_markup_or_code(path: Path) -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", path.read_text("utf-8")
    )


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_imported_scripts_exist(path: Path) -> None:
    for target in re.findall(r"from \"([^\"]+)\"", path.read_text("utf-8")):
        assert (path.parent / target.partition("?")[0]).is_file(), target


def test_every_field_and_tab_of_the_page_has_a_name() -> None:
    tags = Page().tags
    labelled = {attributes.get("for") for tag, attributes in tags if tag == "label"}
    fields = [a for tag, a in tags if tag in ("input", "select") and a.get("type") != "radio"]
    assert [a["id"] for a in fields if a["id"] not in labelled and a["id"] != "language"] == []


def test_vendored_map_is_whole_and_small_and_says_its_version() -> None:
    names = {path.name for path in (VENDOR / "maplibre-gl").iterdir()}
    assert names == {"maplibre-gl-csp.js", "maplibre-gl-csp-worker.js", "maplibre-gl.css", "LICENSE.txt", "README.md"}
    assert max(path.stat().st_size for path in VENDOR.rglob("*")) < 1_500_000
    version = re.search(r"MapLibre GL JS ([\d.]+), ", (VENDOR / "maplibre-gl/README.md").read_text("utf-8"))
    assert version
    loading = page_source() + (STATIC / "js/maplibre.js").read_text("utf-8")
    assert re.findall(r"maplibre-gl[a-z-]*\.(?:js|css)\?v=([\d.]+)", loading) == [version[1]] * 4


def test_every_kind_of_file_has_a_media_type() -> None:
    assert {path.suffix for path in STATIC.rglob("*") if path.is_file()} <= set(MEDIA_TYPES)
