"""Nominatim's parameters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from location_cloud.places.schema_foreign import Flag, ForeignQuery, Lat, Lon, Text

Format = Literal["xml", "json", "jsonv2", "geojson", "geocodejson"]


class _Output(ForeignQuery):
    """What of a place is told."""

    json_callback: str = Field("", max_length=80, pattern=r"^[A-Za-z_$][\w.$]*$|^$", description="JSONP function")
    addressdetails: Flag = Field(False, description="the address part by part")
    extratags: Flag = Field(False, description="further tags; none are kept here")
    namedetails: Flag = Field(False, description="other names")
    accept_language: Text = Field("", alias="accept-language", description="as the header; zh and en are known")
    polygon_geojson: Flag = Field(False, description="outline as GeoJSON")
    polygon_kml: Flag = Field(False, description="outline as KML")
    polygon_svg: Flag = Field(False, description="outline as SVG path")
    polygon_text: Flag = Field(False, description="outline as WKT")
    polygon_threshold: float = Field(0.0, ge=0, le=10, description="simplify the outline, degrees")


class SearchQuery(_Output):
    """What is looked for: q, or the parts of an address."""

    q: Text = ""
    amenity: Text = ""
    street: Text = Field("", description="house number and street")
    city: Text = ""
    county: Text = ""
    state: Text = ""
    country: Text = ""
    postalcode: Text = ""
    format: Format = Field("jsonv2", description="how the answer is written")
    limit: int = Field(10, ge=1, le=50, description="most answers")
    addressdetails: Flag = False
    countrycodes: Text = ""
    layer: Text = Field("", description="address, poi, railway, natural, manmade")
    feature_type: Literal["", "country", "state", "city", "settlement"] = Field(
        "", alias="featureType", description="only areas of this rank"
    )
    exclude_place_ids: Text = ""
    viewbox: Text = Field("", description="lon,lat,lon,lat of two corners")
    bounded: Flag = Field(False, description="nothing outside the viewbox")
    dedupe: Flag = True


class ReverseQuery(_Output):
    """Where."""

    lat: Lat
    lon: Lon
    zoom: int = Field(
        18, ge=0, le=18, description="level of detail: 3 country, 10 city, 14 suburb, 17 street, 18 house"
    )
    format: Format = Field("xml", description="how the answer is written")
    addressdetails: Flag = True
    layer: Text = ""


class LookupQuery(_Output):
    """Objects by their ids in OpenStreetMap."""

    osm_ids: Text = Field(description="R146656,W50637691,N240109189; 50 at most")
    format: Format = Field("xml", description="how the answer is written")
    addressdetails: Flag = True


class DetailsQuery(_Output):
    """One object."""

    osmtype: Literal["", "N", "W", "R"] = Field("", description="node, way or relation")
    osmid: int = Field(0, ge=0, description="number of the object in OpenStreetMap")
    place_id: int = Field(0, ge=0, description="as an answer of the same snapshot gave it")
    format: Literal["json"] = Field("json", description="how the answer is written")


class StatusQuery(ForeignQuery):
    """How the answer is written."""

    format: Literal["text", "json"] = Field("text", description="how the answer is written")
