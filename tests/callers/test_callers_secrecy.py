"""Keys in a file of their own, and what they keep."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_cloud.callers.masking import mask_device, mask_number, mask_text, plain_number, unmasked
from location_cloud.errors import BadInput, NotReady
from location_cloud.secrecy import Secrecy, load_secrecy


@pytest.fixture
def secrecy(tmp_path):
    return load_secrecy(tmp_path / "secret.key")


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "home" / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        keys = {each.keys for each in pool.map(lambda _: load_secrecy(path), range(16))}
    assert len(keys) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret.key"]


def test_what_was_sealed_opens_for_its_owner_only(secrecy):
    sealed = secrecy.seal(b"13812345678", "a")
    assert secrecy.open(sealed, "a") == b"13812345678"
    assert sealed != secrecy.seal(b"13812345678", "a")
    with pytest.raises(NotReady, match="moved"):
        secrecy.open(sealed, "b")
    with pytest.raises(NotReady, match="changed"):
        secrecy.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), "a")


def test_a_new_key_before_the_old_opens_both(tmp_path, secrecy):
    sealed, mark = secrecy.seal(b"x", "a"), secrecy.mark("138")
    path = tmp_path / "secret.key"
    path.write_text(base64.b64encode(bytes(32)).decode() + "\n" + path.read_text())
    both = load_secrecy(path)
    assert both.open(sealed, "a") == b"x"
    assert both.mark("138") == mark
    with pytest.raises(NotReady, match="not here"):
        secrecy.open(both.seal(b"x", "a"), "a")


@pytest.mark.parametrize("content", ["", "# none\n", "short\n", "é" * 44])
def test_a_file_without_keys_is_refused(tmp_path, content):
    (tmp_path / "key").write_text(content, "utf-8")
    with pytest.raises(BadInput):
        load_secrecy(tmp_path / "key")


def test_marks_need_the_key():
    one, other = Secrecy((bytes(32),)), Secrecy((bytes(31) + b"1",))
    assert one.mark("138") == one.mark("138") != other.mark("138")


def test_numbers_are_masked():
    assert mask_number("+86 138-1234-5678") == "861****5678"
    assert mask_number("110") == "***"
    assert mask_device("208201771948415") == "****8415"
    assert mask_text("打13812345678, 团结大街297号, 230602199001011234") == "打138****5678, 团结大街297号, 230****1234"


def test_two_spellings_are_one_number():
    assert plain_number("+86 138-0000-0000") == plain_number("008613800000000") == plain_number("13800000000")


@pytest.mark.parametrize(
    ("before", "edited", "kept"),
    [
        ("打13812345678", "打138****5678, 三楼", "打13812345678, 三楼"),
        ("13812345678, 13800005678", "138****5678, 138****5678", "13812345678, 13800005678"),
        ("打1234567", "*******", "1234567"),
        ("打13812345678", "打139****5678", "打139****5678"),
        ("没有号码", "**", "**"),
    ],
)
def test_an_edit_of_a_masked_text_keeps_its_numbers(before, edited, kept):
    assert unmasked(edited, before) == kept


@given(st.lists(st.from_regex(r"[+]?[0-9](?:[0-9]| [0-9]|-[0-9]){0,12}", fullmatch=True), max_size=6))
def test_unmasking_gives_every_text_back(numbers):
    text = "打".join(numbers)
    assert unmasked(mask_text(text), text) == text
