"""Photos of cases: what they are is read from their bytes, they are durable, and nobody runs them."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import pytest

from location_cloud.app import utc_now
from location_cloud.cases import service_files
from location_cloud.cases.model import Actor
from location_cloud.errors import Full
from location_cloud.storage.disk import Disk


def png(seed=0):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(bytes([0, seed % 256, seed // 256 % 256, 3]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def send(centre, case, content, media="image/png", query="", **headers):
    path = f"/v1/cases/{case['id']}/files{query}"
    return centre("POST", path, None, content, Content_Type=media, **headers)


def home_of(centre) -> Path:
    return centre.app.extensions["location_cloud"].settings.home


def stored(centre):
    return [path for path in (home_of(centre) / "files").glob("*/*/*") if path.is_file()]


def test_a_photo_is_stored_and_given_back_as_what_it_is(centre):
    case = centre.report()
    answer = send(centre, case, png(), "application/octet-stream", "?name=坑.png")
    assert answer.status_code == 201, answer.json
    file = answer.json
    assert (file["media_type"], file["size"], file["name"]) == ("image/png", len(png()), "坑.png")
    back = centre("GET", file["href"])
    assert back.data == png()
    assert back.headers["Content-Type"] == "image/png"
    assert back.headers["Content-Disposition"].startswith("attachment;")
    assert back.headers["X-Content-Type-Options"] == "nosniff"
    assert centre.get(case)["files"] == 1
    assert centre.timeline(case)[-1]["fields"]["file"] == file["id"]


def test_a_part_of_a_photo_is_given_and_what_is_known_is_not_sent_again(centre):
    file = send(centre, centre.report(), png()).json
    part = centre("GET", file["href"], Range="bytes=1-3")
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, b"PNG", f"bytes 1-3/{len(png())}")
    assert centre("GET", file["href"], Range="bytes=-4").data == png()[-4:]
    assert centre("GET", file["href"], Range="bytes=900000-").status_code == 200
    etag = centre("GET", file["href"]).headers["ETag"]
    assert centre("GET", file["href"], If_None_Match=etag).status_code == 304


def test_the_same_bytes_are_a_cases_file_once(centre):
    case = centre.report()
    first, second = send(centre, case, png()), send(centre, case, png())
    assert first.json["id"] == second.json["id"]
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(centre.ask("GET", f"/v1/cases/{case['id']}/files")["files"]) == 1


@pytest.mark.parametrize(
    "content", [b"<html><script>alert(1)</script>", b"MZ\x90\x00", b"\xff\xd8\xff junk", b"#!/bin/sh\n"]
)
def test_what_is_no_photo_is_refused_whatever_it_says_it_is(centre, content):
    assert send(centre, centre.report(), content, "image/jpeg").status_code == 422


def test_too_much_is_refused(centre, monkeypatch):
    case = centre.report()
    assert send(centre, case, b"\0" * 25_000_001).status_code == 413
    monkeypatch.setattr(service_files, "MOST_FILES", 1)
    send(centre, case, png(1))
    assert send(centre, case, png(2)).status_code == 413


def test_files_are_their_tenants_alone(centre, other_centre):
    file = send(centre, centre.report(), png()).json
    assert other_centre("GET", file["href"]).status_code == 404
    mine = other_centre.report()
    assert other_centre("GET", f"/v1/cases/{mine['id']}/files/{file['id']}").status_code == 404
    send(other_centre, mine, png())
    assert len({path.parent.parent.name for path in stored(centre) if path.read_bytes() == png()}) >= 2


def test_a_disk_that_fails_leaves_the_case_as_it_was(centre):
    class Broken(Disk):
        def sync_file(self, file):
            raise OSError(28, "No space left on device")

    case = centre.report()
    actor = Actor("test", utc_now(), roles=frozenset({"inspector"}))
    with pytest.raises(Full):
        service_files.add_file(centre.live, home_of(centre), centre.tenant, case["id"], png(77), "", actor, Broken())
    assert centre.get(case)["version"] == 1
    assert not list((home_of(centre) / "files").glob("*/*/*.part"))


def test_bytes_that_no_case_names_are_removed_when_they_are_old(centre, monkeypatch):
    kept = send(centre, centre.report(), png(5)).json
    actor = Actor("test", utc_now(), roles=frozenset({"inspector"}))

    def die(*_):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(service_files.store_files, "insert_file", die)
        case = centre.report()["id"]
        with pytest.raises(RuntimeError):
            service_files.add_file(centre.live, home_of(centre), centre.tenant, case, png(6), "", actor)
    assert png(6) in {path.read_bytes() for path in stored(centre)}
    assert service_files.remove_orphans(centre.live, home_of(centre)) == 0
    for path in stored(centre):
        os.utime(path, (1, 1))
    assert service_files.remove_orphans(centre.live, home_of(centre)) >= 1
    assert png(6) not in {path.read_bytes() for path in stored(centre)}
    assert centre("GET", kept["href"]).data == png(5)


def test_who_has_no_role_adds_no_file(centre):
    case = centre.report()
    assert send(centre.issue("cases:read", "cases:write"), case, png()).status_code == 403
