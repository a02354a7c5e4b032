"""Weather on the roads over HTTP: it lowers what is expected where nobody measures, by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from location_cloud.capability import Call, Operation
from location_cloud.errors import BadQuery
from location_cloud.traffic import service_weather
from location_cloud.traffic.model import Weather
from location_cloud.traffic.schema import Nothing
from location_cloud.traffic.schema_weather import OutRemoved, OutWeather, WeatherBody

Json = dict[str, Any]


def get_weather(call: Call, _params: Nothing, _body: None) -> Json:
    """The weather that was told."""
    return _told(service_weather.get_weather(call.world, call.tenant, call.now))


def put_weather(call: Call, _params: Nothing, body: WeatherBody) -> Json:
    """Tells the weather."""
    for name, time in (("since", body.since), ("until", body.until)):
        if time is not None and time.tzinfo is None:
            raise BadQuery(f"{name}={time.isoformat()} has no zone", hint="end it with +08:00 or Z")
    weather = service_weather.put_weather(
        call.world, call.tenant, body.condition, body.since, body.until, body.source, body.simulated, call.now
    )
    return _told(weather)


def remove_weather(call: Call, _params: Nothing, _body: None) -> Json:
    """Takes it back."""
    service_weather.remove_weather(call.world, call.tenant)
    return {"removed": True}


def _told(weather: Weather) -> Json:
    return {
        "condition": weather.condition,
        "since": datetime.fromtimestamp(weather.since_s, UTC),
        "until": datetime.fromtimestamp(weather.until_s, UTC),
        "source": weather.source,
        "simulated": weather.is_simulated,
    }


PATH, READ, WRITE = "/v1/traffic/weather", "traffic:read", "traffic:write"

OPERATIONS = (
    Operation(
        "traffic.weather",
        "GET",
        PATH,
        "The weather that was told for the roads of the city.",
        get_weather,
        Nothing,
        OutWeather,
        READ,
        errors=(404,),
    ),
    Operation(
        "traffic.put_weather",
        "PUT",
        PATH,
        "Tell the weather: speeds that nobody measures fall by its table, and say so in their factors.",
        put_weather,
        Nothing,
        OutWeather,
        WRITE,
        Body=WeatherBody,
    ),
    Operation(
        "traffic.remove_weather",
        "DELETE",
        PATH,
        "Take the weather back that was told.",
        remove_weather,
        Nothing,
        OutRemoved,
        WRITE,
    ),
)
