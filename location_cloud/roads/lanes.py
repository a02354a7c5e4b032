"""Lanes, what is painted on them and what signs over them name, in each driving direction.

Source: OSM wiki, "Key:lanes", "Key:turn:lanes", "Key:destination", "Exit info".
"""

from __future__ import annotations

from typing import NamedTuple

from location_cloud.extract import Tags

MOST_LANES = 20
"""More on one road are a slip of the keyboard (the widest toll plazas have some 30, tagged as ways of their own)."""


class SignTexts(NamedTuple):
    """Turn lanes and destinations forward and backward as text, "" = none; the number of the exit."""

    turn_lanes_forward: str
    turn_lanes_backward: str
    destination_forward: str
    destination_backward: str
    junction_ref: str


NO_SIGNS = SignTexts("", "", "", "", "")


def lane_counts(tags: Tags, forward: bool, backward: bool) -> tuple[int, int]:
    """Lanes forward and backward, 0 = not told. forward, backward: whether cars may drive there at all.

    Without lanes:forward and lanes:backward a two-way road's lanes are halved, the odd one (for turning, or for both)
    left out; a single lane serves both directions.
    """
    total = _count(tags.get("lanes", ""))
    ahead, back = _count(tags.get("lanes:forward", "")), _count(tags.get("lanes:backward", ""))
    if forward != backward:
        counts = (ahead or total or _painted(tags, "forward"), 0), (0, back or total or _painted(tags, "backward"))
        return counts[backward]
    middle = _count(tags.get("lanes:both_ways", ""))
    half = max((total - middle) // 2, 1) if total else 0
    if ahead and not back:
        back = max(total - middle - ahead, 1) if total else 0
    elif back and not ahead:
        ahead = max(total - middle - back, 1) if total else 0
    return ahead or half, back or half


def sign_texts(tags: Tags, forward: bool, backward: bool) -> SignTexts:
    """The texts of a way's lanes and signs. Tags without a direction speak of the one direction that is driven."""
    if not any(key.startswith(("turn:", "destination", "junction:ref")) for key in tags):
        return NO_SIGNS
    one = "" if forward == backward else "forward" if forward else "backward"
    return SignTexts(
        _turns(tags, "forward", one),
        _turns(tags, "backward", one),
        _destination(tags, "forward", one),
        _destination(tags, "backward", one),
        tags.get("junction:ref", ""),
    )


def _count(text: str) -> int:
    """lanes=2, "2;3" (the fewer), "1.5" (a lane and a bit)."""
    head = text.split(";")[0].split(".")[0].strip()
    return min(int(head), MOST_LANES) if head.isascii() and head.isdigit() and len(head) < 4 else 0


def _painted(tags: Tags, direction: str) -> int:
    text = _turns(tags, direction, direction)
    return min(text.count("|") + 1, MOST_LANES) if text else 0


def _turns(tags: Tags, direction: str, one: str) -> str:
    return tags.get(f"turn:lanes:{direction}") or (tags.get("turn:lanes", "") if direction == one else "")


def _destination(tags: Tags, direction: str, one: str) -> str:
    """Road numbers, then places, as OSRM writes them: "A 5: Heidelberg, Mannheim"."""

    def listed(key: str) -> str:
        text = tags.get(f"{key}:{direction}") or (tags.get(key, "") if direction == one else "")
        return ", ".join(part.strip() for part in text.split(";") if part.strip())

    refs = listed("destination:ref")
    places = listed("destination") or listed("destination:street")
    return f"{refs}: {places}" if refs and places else refs or places
