"""Google's geocoding parameters."""

from __future__ import annotations

from pydantic import Field

from location_cloud.places.schema_foreign import ForeignQuery, Text


class GoogleQuery(ForeignQuery):
    """An address, a position or a place_id, and how the answer is told."""

    address: Text = ""
    latlng: Text = Field("", description="lat,lng")
    place_id: Text = ""
    components: Text = Field("", description="country:CN|locality:大庆市|postal_code:...|route:...")
    bounds: Text = Field("", description="south,west|north,east; what lies there comes first")
    language: Text = ""
    region: Text = ""
    result_type: Text = Field("", description="of reverse geocoding, separated by |")
    location_type: Text = Field("", description="of reverse geocoding, separated by |")
