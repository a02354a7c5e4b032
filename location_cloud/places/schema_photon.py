"""Photon's parameters."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from location_cloud.places.schema_foreign import ForeignQuery, Lat, Lon, Text


class _Filters(ForeignQuery):
    """Which places, and how they are told."""

    repeatable: ClassVar[frozenset[str]] = frozenset(("osm_tag", "layer"))

    lang: Text = Field("", description="zh or en; others get names as they are written there")
    osm_tag: list[Text] = Field([], max_length=20, description="key, key:value, :value, and !key, ... to leave out")
    layer: list[Text] = Field([], max_length=20, description="house street locality district city county state country")


class PhotonQuery(_Filters):
    """What is looked for."""

    q: Text = ""
    limit: int = Field(15, ge=1, le=50, description="most answers")
    lat: Lat | None = Field(None, description="what is near comes first, degrees north")
    lon: Lon | None = Field(None, description="what is near comes first, degrees east")
    bbox: Text = Field("", description="west,south,east,north")


class PhotonReverseQuery(_Filters):
    """Where."""

    lat: Lat
    lon: Lon
    limit: int = Field(1, ge=1, le=50, description="most answers")
    radius: float = Field(1.0, gt=0, le=50, description="kilometres")


class PhotonStatusQuery(ForeignQuery):
    """Nothing to ask."""
