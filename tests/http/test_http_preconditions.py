"""What headers say of versions, of being sent twice and of who sends, told to every slice in the same way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from location_cloud.changes import Sent, check_repeated, check_version
from location_cloud.errors import BadQuery, Conflict, Unprocessable, VersionNeeded
from location_cloud.http.preconditions import etag, find_version, get_version, request_key, sent_by, who

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@dataclass
class Asked:
    """A request with some headers."""

    headers: dict[str, str] = field(default_factory=dict)
    now: datetime = NOON
    caller: Any = field(default_factory=lambda: SimpleNamespace(key_id="k1"))

    def header(self, name):
        return self.headers.get(name, "")


class Body(BaseModel):
    a: int
    b: int = 0


@pytest.mark.parametrize("text", ['"3"', "3", 'W/"3"', '"3-gzip"', ' "3" '])
def test_if_match_names_a_version(text):
    assert get_version(Asked({"If-Match": text})) == 3


def test_a_star_means_whichever_version_is_there():
    assert get_version(Asked({"If-Match": "*"}), 5) is None


def test_the_header_counts_more_than_the_address():
    assert (find_version(Asked({"If-Match": "3"}), 5), find_version(Asked(), 5)) == (3, 5)


def test_who_names_no_version_is_told_to():
    with pytest.raises(VersionNeeded):
        get_version(Asked())
    assert find_version(Asked()) is None


@pytest.mark.parametrize("text", ["three", '"3", "4"', "-1", "1234567890"])
def test_what_is_no_version_is_refused(text):
    with pytest.raises(BadQuery, match="no version"):
        find_version(Asked({"If-Match": text}))


@pytest.mark.parametrize("text", ["a b", "ü", "x" * 129])
def test_a_request_key_is_visible_ascii(text):
    with pytest.raises(BadQuery, match="128"):
        request_key(Asked({"Idempotency-Key": text}))


def test_a_caller_without_key_is_local():
    assert (who(Asked()), who(Asked(caller=SimpleNamespace(key_id="")))) == ("k1", "local")


def test_the_same_words_of_the_same_thing_have_one_digest():
    asked = Asked({"Idempotency-Key": "uuid"})
    sent = sent_by(asked, "cases", Body(a=1))
    assert sent == Sent("k1", NOON, "uuid", sent.digest)
    assert sent == sent_by(asked, "cases", Body(a=1, b=0))
    others = [sent_by(asked, "cases", Body(a=2)), sent_by(asked, "cases/1", Body(a=1)), sent_by(asked, "cases", None)]
    assert len({sent.digest, *(each.digest for each in others)}) == 4


def test_an_answer_names_its_version_and_that_it_is_repeated():
    assert etag(3) == {"ETag": '"3"'}
    assert etag(3, is_new=False) == {"ETag": '"3"', "Idempotent-Replayed": "true"}


def test_a_change_of_another_version_is_refused_with_the_stored_one():
    check_version("case 1", 4, 4)
    check_version("case 1", 4, None)
    with pytest.raises(Conflict, match="case 1 is at version 4, not 3") as refused:
        check_version("case 1", 4, 3)
    assert refused.value.extra["version"] == 4


def test_a_request_key_that_said_something_else_is_refused():
    check_repeated("case 1", "x", Sent("k1", NOON, "uuid", "x"))
    for digest in ("y", None):
        with pytest.raises(Unprocessable, match="used for case 1"):
            check_repeated("case 1", digest, Sent("k1", NOON, "uuid", "x"))
