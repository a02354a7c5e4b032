"""Small OSM files for tests: written as text, turned into any of the formats."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import osmium

from location_cloud.extract import OsmExtract
from location_cloud.storage.osm import read_osm


class Silent:
    """Progress that only counts."""

    def __init__(self) -> None:
        self.units: dict[str, int] = {}
        self.totals: dict[str, int] = {}
        self.title = ""

    def step(self, title: str, total: int = 0) -> None:
        self.title = title
        self.units[title] = 0
        self.totals[title] = total

    def advance(self, units: int = 1) -> None:
        self.units[self.title] += units


TOWN = """
<node id="1" version="1" timestamp="2020-01-01T00:00:00Z" lat="60.0001" lon="24.0001"/>
<node id="2" version="1" timestamp="2020-01-01T00:00:00Z" lat="60.0001" lon="24.0021"/>
<node id="3" version="1" timestamp="2021-05-05T00:00:00Z" lat="60.0011" lon="24.0021">
 <tag k="highway" v="crossing"/></node>
<node id="4" version="1" timestamp="2020-01-01T00:00:00Z" lat="60.0011" lon="24.0001"/>
<node id="5" version="1" timestamp="2020-01-01T00:00:00Z" lat="60.5" lon="24.5"><tag k="amenity" v="cafe"/></node>
<way id="10" version="1" timestamp="2020-01-01T00:00:00Z"><nd ref="1"/><nd ref="2"/><nd ref="3"/>
 <tag k="highway" v="residential"/><tag k="name" v="Kauppakatu"/></way>
<way id="11" version="1" timestamp="2020-01-01T00:00:00Z">
 <nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="4"/><nd ref="1"/>
 <tag k="building" v="yes"/></way>
<way id="12" version="1" timestamp="2020-01-01T00:00:00Z"><nd ref="3"/><nd ref="99"/><nd ref="4"/>
 <tag k="highway" v="service"/></way>
<relation id="20" version="1" timestamp="2020-01-01T00:00:00Z"><member type="way" ref="10" role="from"/>
 <member type="node" ref="3" role="via"/><member type="way" ref="12" role="to"/>
 <tag k="type" v="restriction"/><tag k="restriction" v="no_left_turn"/></relation>
"""
"""A square of four nodes: a street, a building, a way with an absent node (99), a turn restriction, a far cafe."""


def write_osm(path: Path, body: str) -> Path:
    """An .osm, .osm.gz, .osm.bz2 or .osm.pbf file of these elements."""
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">{body}</osm>\n'.encode()
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text))
    elif path.suffix == ".bz2":
        path.write_bytes(bz2.compress(text))
    elif path.suffix == ".pbf":
        _write_pbf(path, text)
    else:
        path.write_bytes(text)
    return path


def read_text(folder: Path, body: str) -> OsmExtract:
    """What the reader makes of these elements."""
    return read_osm([write_osm(folder / "drawn.osm", body)], None, Silent())[0]


def _write_pbf(path: Path, text: bytes) -> None:
    header = osmium.io.Header()
    header.set("sorting", "Type_then_ID")
    memory = osmium.io.FileBuffer(text, "osm")
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        for thing in osmium.FileProcessor(memory):
            writer.add(thing)
