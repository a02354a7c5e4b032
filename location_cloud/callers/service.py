"""The question of where a caller is: every kind of message and measurement read, joined, and put into words."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from location_cloud.callers.estimate import estimate
from location_cloud.callers.model import Height, Kept, Located, LonLat, Said
from location_cloud.callers.plane import Plane
from location_cloud.callers.sms_alarm import FREE, MESSAGE, Alarm, read_alarm
from location_cloud.callers.sources import Gathered, gather, phone_of
from location_cloud.errors import BadQuery, NotReady, Unprocessable
from location_cloud.places.find_km_post import ChainageOutOfRange
from location_cloud.places.service import geocode
from location_cloud.places.service_reverse import describe
from location_cloud.spatial.antimeridian import unwrapped
from location_cloud.spatial.geojson import as_geojson
from location_cloud.storage.world import World

RADIUS_M, LANDMARKS = 1000.0, 3
"""Of the address that a crew is told, as /v1/reverse has them."""

SURE_ENOUGH = 50
"""Confidence of a geocoded text, 0 to 100, below which more of it is understood as something else than not."""

PLACE_SIGMAS = 2.4477
"""Standard deviations in the radius that holds 95 %, which is accuracy_m of a place (square root of 5.991)."""

MOST_PLACE_M = 100_000.0
"""Radius of a place that still helps to find anybody: a large district; areas that nobody drew have more."""

MOST_FREE_M = 5_000.0
"""The same of words that follow no form: of a cry for help the geocoder makes some village all the same."""

MOST_KNOWN_M = 1_000_000.0
"""Half axis of an answer: beyond, the plane bends, and nobody is helped."""

STALE_MIN = 5.0
"""Age of a phone's position from which it is told: a car is 5 km away by then."""

DIGITS = 7
"""Of degrees in answers: a centimetre."""


def locate(world: World, said: Said, language: str = "zh-CN", now: datetime | None = None) -> Located:
    """Where a caller is by all that is said. Positions in and out are WGS-84 degrees.

    language: of the address, one of places' LANGUAGES. now: messages that are old then are doubted.
    Reading and placing takes 0.3 to 3 ms, the address 0.3 ms.

    Raises BadQuery for what cannot be read, Denied for an AML form with a wrong HMAC, TooLarge over a ceiling,
    Unprocessable if nothing says a position.
    """
    found = gather(said, kept(world).aml_keys if said.aml_form is not None else ())
    if now is not None:
        _doubt_times(found, now)
    alarm = None if said.sms is None else read_alarm(said.sms)
    if alarm is not None:
        _add_words(world, found, alarm)
    if found.plane is None or not found.sources:
        raise Unprocessable(
            "; ".join(["nothing says a position", *found.warnings]),
            hint="give aml, aml_sms_hex, aml_form, tdoa, sector, rssi, point with accuracy_m, or sms",
        )
    told = estimate(found.sources)
    if told.ellipse.semi_major_m > MOST_KNOWN_M:
        raise Unprocessable(
            f"all that is said leaves the position open to {told.ellipse.semi_major_m / 1000:,.0f} km",
            hint="check accuracies and ranges",
        )
    position = _lonlat(found.plane, told.at_m)
    address = _address(world, position, language, found.warnings)
    return Located(
        position=position,
        ellipse=told.ellipse,
        area=_as_area(found.plane, told.ground),
        method="+".join(told.used),
        excluded=(*found.excluded, *told.excluded),
        warnings=(*found.warnings, *told.warnings),
        address=address,
        height=next((each.height for each in found.messages if each.height != Height()), None),
        positioned_at=next((each.positioned_at for each in found.messages if each.positioned_at is not None), None),
        phone=phone_of(found.messages),
        sms=None if alarm is None else _as_told(alarm),
    )


def kept(world: World) -> Kept:
    """The keys of this process. Raises NotReady where they could not be loaded."""
    found = (world.overlay or {}).get("callers")
    if not isinstance(found, Kept):
        raise NotReady("the keys of callers' data are not loaded", hint="the server's log says why")
    return found


# --- parts -------------------------------------------------------------------------------------------------------


def _add_words(world: World, found: Gathered, alarm: Alarm) -> None:
    """The place that an SMS tells, looked for near what else is known: one name may be in two towns."""
    if alarm.template == MESSAGE:
        found.warnings.append("sms: it reports somebody else's message and tells no place")
        return
    focus = None
    if found.plane is not None and found.sources:
        focus = _lonlat(found.plane, estimate(found.sources).at_m)
    try:
        best = geocode(world, alarm.where, focus=focus, limit=2)[0]
    except ChainageOutOfRange as error:
        found.warnings.append(f"sms: {error.detail}")
        return
    except (BadQuery, Unprocessable):  # what is not repeated here: it may be anything that a caller says
        found.warnings.append("sms: its words name no place of this map")
        return
    most_m = MOST_FREE_M if alarm.template == FREE else MOST_PLACE_M
    is_named = any(char.isalpha() and char in alarm.where for char in best.name + best.street)  # else it sounds alike
    if best.confidence < SURE_ENOUGH or best.accuracy_m > most_m or not is_named:
        found.warnings.append(
            f"sms: at best {best.name!r} within {best.accuracy_m:,.0f} m, confidence {best.confidence}: not taken"
        )
        return
    if best.ask:
        found.warnings.append(f"sms: {best.ask}")
    found.add_fix("sms", best.lonlat, best.accuracy_m / PLACE_SIGMAS)


def _doubt_times(found: Gathered, now: datetime) -> None:
    for at in (each.positioned_at for each in found.messages if each.positioned_at is not None):
        minutes = (now - at).total_seconds() / 60
        if minutes > STALE_MIN:
            found.warnings.append(f"the phone was there {_as_age(minutes)} ago, at {at:%Y-%m-%d %H:%M:%S} UTC")
        elif minutes < -1:
            found.warnings.append(f"the phone's clock is {-minutes:,.0f} minutes ahead")


def _as_age(minutes: float) -> str:
    """In the unit that is read at a glance."""
    if minutes < 120:
        return f"{minutes:.0f} minutes"
    return f"{minutes / 60:.0f} hours" if minutes < 48 * 60 else f"{minutes / 1440:,.0f} days"


def _lonlat(plane: Plane, at_m: Any) -> LonLat:
    lon, lat = plane.to_lonlat(at_m)[0].tolist()
    return round(lon, DIGITS), round(lat, DIGITS)


def _as_area(plane: Plane, ground: BaseGeometry) -> dict[str, Any]:
    """The ground in degrees; where it lies around a pole, all of the globe beyond its furthest latitude."""
    lonlat = unwrapped(plane.to_lonlat(shapely.get_coordinates(ground)))
    if np.ptp(lonlat[:, 0]) > 180:
        south, north = lonlat[:, 1].min(), lonlat[:, 1].max()
        return as_geojson(box(-180, south, 180, 90) if north > 0 else box(-180, -90, 180, north))
    return as_geojson(shapely.set_coordinates(ground, np.round(lonlat, DIGITS)))


def _address(world: World, position: LonLat, language: str, warnings: list[str]) -> dict[str, Any] | None:
    try:
        return asdict(describe(world, position, RADIUS_M, LANDMARKS, language))
    except NotReady as error:  # a snapshot without places still locates
        warnings.append(f"no address: {error.detail}")
        return None


def _as_told(alarm: Alarm) -> dict[str, str]:
    impaired = {"hearing_impaired": "true"} if alarm.is_hearing_impaired else {}
    return {"template": alarm.template, "where": alarm.where, "what": alarm.what, **alarm.parts, **impaired}
