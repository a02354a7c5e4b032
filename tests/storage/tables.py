"""The tables of an imagined slice: notes of tenants, and areas with boxes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Double, Integer, MetaData, Table, Text

from location_cloud.capability import Migration

METADATA = MetaData()

NOTES = Table(
    "notes",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("text", Text),
)

PLOTS = Table(
    "plots",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("tenant", Text, nullable=False),
    *(Column(side, Double) for side in ("west", "south", "east", "north")),
)


def create_notes(op: Any, live: Any) -> None:
    METADATA.create_all(op.get_bind(), tables=[NOTES], checkfirst=False)


def create_plots(op: Any, live: Any) -> None:
    METADATA.create_all(op.get_bind(), tables=[PLOTS], checkfirst=False)
    live.add_spatial_index(op, PLOTS)


MIGRATIONS = {
    "notes": (Migration(1, "notes", create_notes),),
    "plots": (Migration(1, "plots", create_plots),),
}
