"""Tracks as they are sent, points in JSON, GeoJSON or a GPX file, read into columns."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model_match import MOST_FIXES, Track
from location_cloud.errors import BadQuery, TooLarge

TIME_NAMES = ("times", "coordTimes")
"""Properties of a GeoJSON line that hold the time of each point: MovingGeoJSON's and Mapbox's togeojson's names."""

MOST_SECONDS = 1e11
"""The year 5138: larger numbers are milliseconds."""

_HINT = "points: [{lonlat, time, accuracy_m, heading_deg, speed_kmh}], a GeoJSON LineString or points, or GPX"


def read_points(points: Sequence[Mapping[str, Any]]) -> Track:
    """A track of points, each {lonlat, time, accuracy_m, heading_deg, speed_kmh}; all but lonlat may be missing.

    Raises BadQuery, TooLarge.
    """
    _check_count(len(points))
    columns = {
        name: [point.get(name) for point in points] for name in ("time", "accuracy_m", "heading_deg", "speed_kmh")
    }
    return as_track([point.get("lonlat") for point in points], **columns)


def read_geojson(content: Mapping[str, Any]) -> Track:
    """A track of a LineString, a Feature with one, or a FeatureCollection of these or of Points with `time`.

    Times of a line: properties.times or coordTimes, or properties.coordinateProperties.times. Lines of a collection are
    one track, in order. Raises BadQuery, TooLarge.
    """
    lonlats: list[Any] = []
    told: dict[str, list[Any]] = {name: [] for name in ("time", "accuracy_m", "heading_deg", "speed_kmh")}
    features = content.get("features") if content.get("type") == "FeatureCollection" else [content]
    if not isinstance(features, Sequence):
        raise BadQuery("features is no list", hint=_HINT)
    for feature in features:
        geometry = feature.get("geometry") if isinstance(feature, Mapping) and "geometry" in feature else feature
        kind = geometry.get("type") if isinstance(geometry, Mapping) else None
        found = feature.get("properties") if isinstance(feature, Mapping) else None
        properties = found if isinstance(found, Mapping) else {}
        if not isinstance(geometry, Mapping) or kind not in ("LineString", "Point"):
            raise BadQuery(f"a track is made of LineString or Point, not {str(kind)[:40]}", hint=_HINT)
        at = geometry.get("coordinates")
        line = [at] if kind == "Point" else at
        if not isinstance(line, list):
            raise BadQuery("coordinates is no list", hint=_HINT)
        lonlats += line
        _check_count(len(lonlats))
        times = [properties.get("time")] if kind == "Point" else _line_times(properties, len(line))
        told["time"] += times
        for name in ("accuracy_m", "heading_deg", "speed_kmh"):
            told[name] += [properties.get(name) if kind == "Point" else None] * len(line)
    return as_track(lonlats, **told)


def read_gpx(content: bytes) -> Track:
    """The points of all tracks of a GPX file, in order, as one track (GPX 1.0 and 1.1).

    Raises BadQuery for what is no XML, or declares a document type; TooLarge.
    """
    reader = _Gpx()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = reader.refuse  # no entities, so nothing in a file can grow
    parser.StartElementHandler, parser.EndElementHandler = reader.begin, reader.end
    parser.CharacterDataHandler = reader.text
    parser.buffer_text = True
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise BadQuery(f"the body is no GPX: {error}", hint="send a GPX 1.1 file with <trkpt lat= lon=>") from None
    if not reader.lonlats:
        raise BadQuery("the GPX file has no <trkpt>", hint="routes and waypoints are no tracks")
    return as_track(reader.lonlats, reader.times, [None] * len(reader.lonlats), reader.courses, reader.speeds)


@dataclass
class _Gpx:
    lonlats: list[Any] = field(default_factory=list)
    times: list[Any] = field(default_factory=list)
    courses: list[Any] = field(default_factory=list)
    speeds: list[Any] = field(default_factory=list)
    inside: bool = False
    words: str = ""

    def refuse(self, *_: Any) -> None:
        raise BadQuery("the GPX file declares a document type", hint="leave out <!DOCTYPE ...>")

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        self.words = ""
        if name.rpartition(" ")[2] != "trkpt":
            return
        try:
            self.lonlats.append([float(attributes["lon"]), float(attributes["lat"])])
        except (KeyError, ValueError):
            raise BadQuery(
                f"trkpt {len(self.lonlats)} has no lat and lon in degrees", hint="GPX 1.1, wptType"
            ) from None
        for column in (self.times, self.courses, self.speeds):
            column.append(None)
        self.inside = True
        _check_count(len(self.lonlats))

    def text(self, words: str) -> None:
        self.words += words if self.inside and len(self.words) < 100 else ""

    def end(self, name: str) -> None:
        short, words = name.rpartition(" ")[2], self.words.strip()
        if self.inside and words and short == "time":
            self.times[-1] = words
        elif self.inside and words and short in ("course", "speed"):
            try:
                value = float(words)
            except ValueError:
                value = math.nan
            if short == "course":
                self.courses[-1] = value
            else:
                self.speeds[-1] = 3.6 * value  # m/s: GPX 1.0, and Garmin's extension of 1.1
        if short == "trkpt":
            self.inside = False
        self.words = ""


def as_track(
    lonlats: Sequence[Any],
    time: Sequence[Any],
    accuracy_m: Sequence[Any],
    heading_deg: Sequence[Any],
    speed_kmh: Sequence[Any],
) -> Track:
    """The columns as a track. time: ISO 8601 texts or seconds since 1970, for all points or for none.

    Raises BadQuery naming the first point that is wrong, TooLarge over MOST_FIXES points.
    """
    _check_count(len(lonlats))
    if len(lonlats) < 2:
        raise BadQuery(f"{len(lonlats)} points are no track; two are needed", hint=_HINT)
    places = np.empty((len(lonlats), 2))
    for number, at in enumerate(lonlats):
        try:
            places[number] = float(at[0]), float(at[1])
        except (TypeError, ValueError, IndexError, KeyError):
            raise BadQuery(f"point {number} has no lon and lat: {str(at)[:40]!r}", hint=_HINT) from None
    is_place = (np.abs(places) <= (180.0, 90.0)).all(axis=1)
    if not is_place.all():
        wrong = int(np.argmin(is_place))
        raise BadQuery(f"point {wrong} at {places[wrong].tolist()} is off the globe", hint="longitude comes first")
    has_times = [one is not None for one in time]
    if any(has_times) and not all(has_times):
        raise BadQuery(
            f"point {has_times.index(False)} has no time, others have", hint="give all points times, or none"
        )
    seconds = np.array([_seconds(number, one) for number, one in enumerate(time)]) if all(has_times) else None
    if seconds is not None and (np.diff(seconds) < 0.0).any():
        later = int(np.argmax(np.diff(seconds) < 0.0)) + 1
        raise BadQuery(f"point {later} is earlier than the one before it", hint="sort the points by time")
    return Track(
        places,
        seconds,
        _numbers("accuracy_m", accuracy_m, 0.0, 1e5),
        _numbers("heading_deg", heading_deg, -360.0, 360.0),
        _numbers("speed_kmh", speed_kmh, 0.0, 1e4),
    )


def _check_count(count: int) -> None:
    if count > MOST_FIXES:
        raise TooLarge(f"the track has more than {MOST_FIXES:,} points", hint="send it in parts that overlap a little")


def _line_times(properties: Mapping[str, Any], count: int) -> list[Any]:
    inner = properties.get("coordinateProperties")
    for holder in (properties, inner if isinstance(inner, Mapping) else {}):
        for name in TIME_NAMES:
            times = holder.get(name)
            if times is not None:
                if not isinstance(times, list) or len(times) != count:
                    raise BadQuery(f"{name} must be a list of {count} times, one a point", hint=_HINT)
                return times
    return [None] * count


def _seconds(number: int, value: Any) -> float:
    seconds = math.nan
    with contextlib.suppress(ValueError, OverflowError):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            seconds = float(value)
        else:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    if not 0.0 <= seconds < MOST_SECONDS:
        raise BadQuery(
            f"point {number}: time {str(value)[:40]!r} is no time since 1970", hint="ISO 8601, or seconds since 1970"
        )
    return seconds


def _numbers(name: str, values: Sequence[Any], least: float, most: float) -> NDArray[np.float64]:
    try:
        column = np.array([math.nan if value is None else float(value) for value in values], np.float64)
    except (TypeError, ValueError):
        raise BadQuery(f"{name} must be numbers", hint=_HINT) from None
    if ((column < least) | (column > most)).any():
        wrong = int(np.argmax((column < least) | (column > most)))
        raise BadQuery(f"point {wrong}: {name}={column[wrong]:g} must lie in {least:g}..{most:g}", hint=_HINT)
    return column
