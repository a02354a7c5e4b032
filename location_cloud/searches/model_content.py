"""A search as the text that its row keeps, and back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from location_cloud.searches.lattice import Lattice
from location_cloud.searches.model import Find, LayerReport, Search, Subject

OF_ROW = ("id", "version", "change", "status", "emergency", "incident", "created_at", "updated_at")
"""Fields that have columns of their own."""


def as_content(search: Search) -> dict[str, Any]:
    """What the row keeps as one text."""
    return {name: value for name, value in asdict(search).items() if name not in OF_ROW}


def from_content(content: dict[str, Any], **of_row: Any) -> Search:
    """The search that `as_content` was made from."""
    subject, lattice, find = content["subject"], content["lattice"], content["find"]
    if subject["last_seen_at"] is not None:
        subject["last_seen_at"] = datetime.fromisoformat(subject["last_seen_at"])
    if find is not None:
        find = Find(**{**find, "at": datetime.fromisoformat(find["at"]), "location": tuple(find["location"])})
    told = {
        **content,
        "subject": Subject(**subject),
        "ipp": tuple(content["ipp"]),
        "lattice": Lattice(**{**lattice, "origin": tuple(lattice["origin"])}),
        "layers": tuple(LayerReport(**layer) for layer in content["layers"]),
        "warnings": tuple(content["warnings"]),
        "find": find,
    }
    return Search(**told, **of_row)
