"""HTTP operations of incidents in forms that other systems read: GeoJSON, Open511, WZDx, DATEX II, sent events."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import orjson

from location_cloud.capability import Bytes, Cache, Call, Chunks, Operation, Reply
from location_cloud.errors import BadQuery
from location_cloud.incidents import datex2, open511, schema, service, service_stream, wzdx
from location_cloud.incidents.fields import as_fields, as_text
from location_cloud.incidents.model import OPEN, Chosen, Incident

Json = dict[str, Any]

LANGUAGES = ("zh-CN", "en")


def as_geojson(call: Call, params: schema.InFeed, body: None) -> Json:
    """Incidents that are not over."""
    features = []
    for incident in _open(call, params):
        fields = as_fields(incident, with_edges=False)
        geometry = fields.pop("geometry")
        fields |= {"version": incident.version, "updated_at": as_text(incident.updated_at)}
        features.append({"type": "Feature", "id": incident.id, "geometry": geometry, "properties": fields})
    return {"type": "FeatureCollection", "features": features}


def as_open511(call: Call, params: schema.InFeed, body: None) -> Reply:
    """The same as Open511 JSON."""
    found = open511.as_json(_open_wgs84(call, params), _jurisdiction(call), call.link)
    return Reply(orjson.dumps(found))


def as_open511_xml(call: Call, params: schema.InFeed, body: None) -> Reply:
    """The same as Open511 XML."""
    found = open511.as_xml(_open_wgs84(call, params), _jurisdiction(call), call.link)
    return Reply(found, media_type="application/xml")


def as_wzdx(call: Call, params: schema.InFeed, body: None) -> Reply:
    """Roadworks as a WZDx feed."""
    feed = wzdx.as_feed(_open_wgs84(call, params), call.tenant, call.now)
    return Reply(orjson.dumps(feed), media_type="application/geo+json")


def as_datex2(call: Call, params: schema.InFeed, body: None) -> Reply:
    """The same as a DATEX II situation publication."""
    country = service.get_country(call.world)
    language = call.language(LANGUAGES)
    found = datex2.as_publication(_open_wgs84(call, params), country, call.tenant, language, call.now)
    return Reply(found, media_type="application/xml")


def stream_events(call: Call, params: schema.InStream, body: None) -> Reply:
    """Changes as they happen."""
    last = call.header("Last-Event-ID")
    since = int(last) if re.fullmatch("[0-9]{1,18}", last) else params.since
    asked = call.live, call.tenant, since
    chunks = Chunks(service_stream.events(*asked), briefly=partial(service_stream.at_once, *asked))
    return Reply(chunks, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})  # nginx holds it back


def _open(call: Call, params: schema.InFeed) -> list[Incident]:
    return service.list_incidents(call.live, call.tenant, Chosen(params.bbox, statuses=OPEN))


def _open_wgs84(call: Call, params: schema.InFeed) -> list[Incident]:
    if params.crs not in ("wgs84", "cgcs2000"):
        raise BadQuery(f"crs={params.crs}: this format is WGS-84", hint="leave crs out, or ask for GeoJSON")
    return _open(call, params)


def _jurisdiction(call: Call) -> str:
    """The tenant as the domain name that Open511 begins ids with."""
    name = re.sub("[^a-z0-9-]+", "-", call.tenant.lower()).strip("-")
    return f"{name or 'city'}.location-cloud"


READ = "incidents:read"

OPERATIONS = (
    Operation(
        "incidents.geojson",
        "GET",
        "/v1/incidents/feeds/geojson",
        "Incidents that are not over as GeoJSON.",
        as_geojson,
        schema.InFeed,
        schema.OutFeatures,
        READ,
        cost=2,
        cache=Cache.REVALIDATE,
    ),
    Operation(
        "incidents.open511",
        "GET",
        "/v1/incidents/feeds/open511",
        "Incidents that are not over as Open511 JSON.",
        as_open511,
        schema.InFeed,
        Bytes("application/json"),
        READ,
        cost=2,
        cache=Cache.REVALIDATE,
    ),
    Operation(
        "incidents.open511_xml",
        "GET",
        "/v1/incidents/feeds/open511.xml",
        "Incidents that are not over as Open511 XML.",
        as_open511_xml,
        schema.InFeed,
        Bytes("application/xml"),
        READ,
        cost=2,
        cache=Cache.REVALIDATE,
    ),
    Operation(
        "incidents.wzdx",
        "GET",
        "/v1/incidents/feeds/wzdx",
        "Roadworks that are not over as a WZDx 4.2 work zone feed.",
        as_wzdx,
        schema.InFeed,
        Bytes("application/geo+json"),
        READ,
        cost=2,
    ),
    Operation(
        "incidents.datex2",
        "GET",
        "/v1/incidents/feeds/datex2",
        "Incidents that are not over as a DATEX II situation publication.",
        as_datex2,
        schema.InFeed,
        Bytes("application/xml"),
        READ,
        cost=2,
    ),
    Operation(
        "incidents.stream",
        "GET",
        "/v1/incidents/feeds/stream",
        "Changes of incidents as server-sent events; ends after half a minute, and clients ask again from there.",
        stream_events,
        schema.InStream,
        Bytes("text/event-stream"),
        READ,
        deadline_s=40.0,
        errors=(503,),
    ),
)
