"""Pelias's parameters."""

from __future__ import annotations

from pydantic import Field

from location_cloud.places.schema_foreign import ForeignQuery, Lat, Lon, Text


class _Filters(ForeignQuery):
    """Which places, and how they are told."""

    size: int = Field(10, ge=1, le=40, description="most answers")
    layers: Text = ""
    sources: Text = ""
    lang: Text = ""
    boundary_country: Text = Field("", alias="boundary.country", description="ISO codes")


class _Where(_Filters):
    """Near where, and where at most."""

    focus_lat: Lat | None = Field(None, alias="focus.point.lat", description="degrees")
    focus_lon: Lon | None = Field(None, alias="focus.point.lon", description="degrees")
    min_lon: Lon | None = Field(None, alias="boundary.rect.min_lon", description="degrees")
    min_lat: Lat | None = Field(None, alias="boundary.rect.min_lat", description="degrees")
    max_lon: Lon | None = Field(None, alias="boundary.rect.max_lon", description="degrees")
    max_lat: Lat | None = Field(None, alias="boundary.rect.max_lat", description="degrees")
    circle_lat: Lat | None = Field(None, alias="boundary.circle.lat", description="degrees")
    circle_lon: Lon | None = Field(None, alias="boundary.circle.lon", description="degrees")
    circle_radius: float = Field(50.0, gt=0, le=1000, alias="boundary.circle.radius", description="kilometres")


class PeliasQuery(_Where):
    """What is looked for."""

    text: Text = ""


class PeliasStructuredQuery(_Where):
    """The same part by part."""

    address: Text = ""
    neighbourhood: Text = ""
    borough: Text = ""
    locality: Text = ""
    county: Text = ""
    region: Text = ""
    postalcode: Text = ""
    country: Text = ""
    venue: Text = ""


class PeliasReverseQuery(_Filters):
    """Where."""

    lat: Lat = Field(alias="point.lat", description="degrees north")
    lon: Lon = Field(alias="point.lon", description="degrees east")
    radius: float = Field(1.0, gt=0, le=5, alias="boundary.circle.radius", description="kilometres")


class PeliasPlaceQuery(ForeignQuery):
    """Places by their gids."""

    ids: Text
    lang: Text = ""
