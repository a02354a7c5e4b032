"""The location cloud from a notebook: questions over HTTP, answers as GeoDataFrames in EPSG:4326.

    from location_cloud.client import connect
    cloud = connect()
    cloud.geocode("Mannerheimintie 1").explore()

This module imports nothing else of the product: what it can do, any HTTP client can. It is the only one that imports
geopandas, and no web worker imports it.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, TypeAlias

import geopandas
import pandas
from shapely.geometry import Point, shape

LonLat: TypeAlias = tuple[float, float] | Point
"""A point: (lon, lat) in degrees WGS-84, or a shapely Point in that order."""

Points: TypeAlias = "geopandas.GeoSeries | geopandas.GeoDataFrame | Iterable[LonLat]"
"""Many points: of a frame in any coordinate system, or one by one."""

EPSG = 4326
PAGE = 1000
"""Features asked for at once; the most that the server gives."""

ROADS = 2000
"""Roads that the server gives at once; a fuller box is asked for in quarters."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")


class CloudProblem(Exception):
    """The cloud did not answer; the message says why and what to do next.

    status: HTTP status, 0 if nobody answered. title, detail, hint: as in the problem document.
    """

    def __init__(self, status: int, title: str, detail: str, hint: str = "") -> None:
        super().__init__(f"{title}: {detail}" + (f" (hint: {hint})" if hint else ""))
        self.status = status
        self.title = title
        self.detail = detail
        self.hint = hint


def connect(url: str = "http://127.0.0.1:8000", key: str | None = None, timeout_s: float = 30.0) -> Cloud:
    """The cloud at that address.

    key: API key; none is needed on the machine of the server itself.
    Raises ValueError if the address is not http(s), CloudProblem if no cloud answers there or it is not ready.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"url={url!r} is no http:// or https:// address")
    cloud = Cloud(url.rstrip("/"), key, timeout_s)
    cloud.get("/health")
    return cloud


@dataclass(frozen=True)
class Answer:
    """One answer: the JSON document and the state of the server that it was made from."""

    document: dict[str, Any]
    snapshot: str
    live_version: int

    def attrs(self, **more: Any) -> dict[str, Any]:
        """What a frame made of this answer carries in `.attrs`."""
        crs = self.document.get("crs", "wgs84")
        return {"snapshot": self.snapshot, "live_version": self.live_version, "crs": crs, **more}


@dataclass(frozen=True)
class Cloud:
    """The questions that can be asked of one cloud; made by `connect`.

    Every frame's `.attrs` hold the snapshot and live version that it was made from, and the crs.
    Each question raises CloudProblem if it has no answer.
    """

    url: str
    key: str | None = field(repr=False)
    timeout_s: float

    def route(self, start: LonLat, end: LonLat, profile: str = "car", **options: Any) -> geopandas.GeoDataFrame:
        """The quickest way, and others if asked: one row each with distance_m, duration_s, profile, steps and its line.

        profile: a name of `profiles`. options: any other parameter of /v1/route, such as via (a list of points),
        alternatives (at most 3), exclude="toll,ferry", depart_at="2026-03-02T08:00", radius_m, lang.
        """
        if "via" in options:
            options["via"] = ";".join(as_text(point) for point in options["via"])
        asked = {**options, "geometry": "geojson", "format": "json"}
        answer = self.get("/v1/route", **{"from": as_text(start)}, to=as_text(end), profile=profile, **asked)
        return as_ways(answer)

    def matrix(
        self, sources: Points, targets: Points | None = None, profile: str = "car", **options: Any
    ) -> pandas.DataFrame:
        """Time and distance from each source to each target, one row a pair: source, target, duration_s, distance_m.

        sources, targets: at most 1,000 each; a GeoSeries or GeoDataFrame of points in any coordinate system, whose
        index names them in the answer, or a list of points, which are numbered. Without targets: among the sources.
        profile: a name of `profiles`. options: any other part of the body of /v1/matrix, such as exclude=["ferry"],
        depart_at, season, vehicle, avoid.
        duration_s, distance_m (of the quickest way, metres) are not a number where no way leads.
        """
        begin = _positions(sources)
        end = begin if targets is None else _positions(targets)
        body = {"sources": begin.tolist(), "targets": end.tolist(), "profile": profile, **options}
        answer = self._ask("POST", "/v1/matrix", {}, body, "application/json")
        pairs = pandas.MultiIndex.from_product([begin.index, end.index], names=["source", "target"])
        frame = pandas.DataFrame(index=pairs).reset_index()
        for column in ("duration_s", "distance_m"):
            rows = answer.document[column.replace("_", "s_")] or [[None] * len(end)] * len(begin)
            frame[column] = pandas.Series([cell for row in rows for cell in row], dtype="float64")
        frame.attrs = _made(answer, profile=profile)
        return frame

    def isochrone(
        self,
        at: LonLat,
        minutes: Iterable[float] = (),
        metres: Iterable[float] = (),
        profile: str = "car",
        **options: Any,
    ) -> geopandas.GeoDataFrame:
        """What is within some minutes, or metres of way, of a point: one area a limit, the smallest first.

        minutes, metres: one of them, at most 10 limits. The column value has the limit in seconds or metres.
        profile: a name of `profiles`. options: any other parameter of /v1/isochrone: direction="to" (who gets here),
        output="edges" (the reached parts of roads instead of areas), exclude, depart_at, radius_m.
        """
        limits = {"minutes": _numbers(minutes) or None, "metres": _numbers(metres) or None}
        return _ways(self.get("/v1/isochrone", at=as_text(at), profile=profile, **limits, **options))

    def nearest(self, at: LonLat, profile: str = "car", count: int = 1, **options: Any) -> geopandas.GeoDataFrame:
        """The roads nearest to a point, the nearest first: distance_m, name, ref, road (lasting key), bearing_deg.

        The geometry is the nearest point on the road. options: radius_m, heading_deg, tolerance_deg, approach, level.
        """
        answer = self.get("/v1/nearest", at=as_text(at), profile=profile, count=count, **options)
        points = [Point(road.pop("location")) for road in answer.document["roads"]]
        return as_frame(answer.document["roads"], points, _made(answer))

    def profiles(self) -> pandas.DataFrame:
        """Every way of moving: name, title_en, title_zh, family."""
        answer = self.get("/v1/profiles")
        rows = [
            {
                "name": profile["name"],
                "title_en": profile["title"].get("en", ""),
                "title_zh": profile["title"].get("zh-CN", ""),
                "family": profile["family"],
            }
            for profile in answer.document["profiles"]
        ]
        frame = pandas.DataFrame(rows)
        frame.attrs = answer.attrs()
        return frame

    def geocode(self, q: str | Iterable[str], **options: Any) -> geopandas.GeoDataFrame:
        """Where that is. A text gives all candidates, the best first; many texts give the best one of each.

        q: a name, address, coordinates or grid code; or a list or Series of them, whose order and index stay. A text
        that means nothing has no geometry, and says why in the column `problem`.
        options: any other parameter of /v1/geocode, such as focus, bbox, limit.
        """
        options = {name: as_text(value) for name, value in options.items()}
        if isinstance(q, str):
            return as_features([self.get("/v1/geocode", q=q, **options)])
        texts = q if isinstance(q, pandas.Series) else pandas.Series(list(q), dtype=object)
        rows: list[dict[str, Any]] = []
        points: list[Any] = []
        attrs: dict[str, Any] = {}
        for text in texts:
            try:
                answer = self.get("/v1/geocode", q=text, **{**options, "limit": 1})
            except CloudProblem as problem:
                if problem.status not in (400, 422):
                    raise
                rows.append({"query": text, "problem": problem.detail})
                points.append(None)
                continue
            attrs = answer.attrs()
            best = answer.document["features"][0]
            rows.append({"query": text, "problem": "", **best["properties"]})
            points.append(shape(best["geometry"]))
        frame = as_frame(rows, points, attrs)
        frame.index = texts.index
        return frame

    def suggest(self, q: str, **options: Any) -> geopandas.GeoDataFrame:
        """What somebody who typed so far may mean. options: focus, limit."""
        options = {name: as_text(value) for name, value in options.items()}
        return as_features([self.get("/v1/suggest", q=q, **options)])

    def reverse(self, at: LonLat, **options: Any) -> geopandas.GeoDataFrame:
        """What is there: address, road, points of interest; `.attrs` has the areas around it and the grid cell.

        options: radius_m, limit.
        """
        answer = self.get("/v1/reverse", at=as_text(at), **options)
        return as_features([answer], areas=answer.document["areas"], cell=answer.document["cell"])

    def areas(
        self, at: LonLat | None = None, parent: str = "", level: str = "", **options: Any
    ) -> geopandas.GeoDataFrame:
        """Administrative areas: those around a point, the smallest first, or all that meet the other conditions.

        parent: code of the area directly above. level: country, province, city, district, town, village.
        options: q (beginning of the name), geometry="none" (leaves the boundaries out).
        """
        if at is not None:
            return as_features([self.get("/v1/areas", at=as_text(at), **options)])
        conditions = {"parent": parent, "level": level, **options}
        asked = {name: value for name, value in conditions.items() if value}
        return as_features(list(self._areas_pages(asked)))

    def area(self, code: str) -> geopandas.GeoDataFrame:
        """One administrative area by its code, with its boundary where an open one is known: one row."""
        answer = self.get(f"/v1/areas/{urllib.parse.quote(code, safe='')}")
        return as_features([Answer({**answer.document, "features": [answer.document]}, *_state(answer))])

    def datasets(self) -> pandas.DataFrame:
        """What is in the snapshot: dataset, what is counted, how many; `.attrs` has sources with their licences."""
        answer = self.get("/v1/datasets")
        rows = [
            {"dataset": dataset["name"], "counted": counted, "count": count}
            for dataset in answer.document["datasets"]
            for counted, count in dataset["counts"].items()
        ]
        frame = pandas.DataFrame(rows, columns=["dataset", "counted", "count"])
        frame.attrs = answer.attrs(sources=answer.document["sources"], attribution=answer.document["attribution"])
        return frame

    def roads(self, bbox: tuple[float, float, float, float]) -> geopandas.GeoDataFrame:
        """Every road segment in a box (west, south, east, north; degrees) as drawn, one row each.

        Raises CloudProblem if the box is larger than the server allows.
        """
        answers = list(self._roads_pages(bbox))
        frame = as_features(answers)
        return frame.drop_duplicates("id", ignore_index=True) if len(answers) > 1 else frame

    def layer(self, name: str, bbox: tuple[float, float, float, float] | None = None) -> geopandas.GeoDataFrame:
        """The features of an own layer, all or those whose box meets the given one: id, version, properties."""
        path = f"/v1/layers/{urllib.parse.quote(name, safe='')}/features"
        asked: dict[str, Any] = {} if bbox is None else {"bbox": as_text(bbox)}
        answers: list[Answer] = []
        after: int | None = 0
        while after is not None:
            answers.append(self.get(path, after=after, limit=PAGE, **asked))
            after = answers[-1].document["next_after"]
        return as_features(answers)

    def add(self, layer: str, frame: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
        """Stores every row in an own layer and gives the rows as stored, with id and version.

        frame: in any coordinate system; its columns become properties.
        Raises ValueError if the frame names no coordinate system, CloudProblem if a row is refused; the message says
        which one, and the rows before it are stored.
        """
        if frame.crs is None:
            raise ValueError("the frame names no coordinate system; say which one: frame.set_crs(4326)")
        path = f"/v1/layers/{urllib.parse.quote(layer, safe='')}/features"
        features = json.loads(frame.to_crs(EPSG).to_json(drop_id=True, default=str))["features"]
        stored: list[Answer] = []
        for row, feature in enumerate(features):
            try:
                stored.append(self._ask("POST", path, {}, feature, "application/geo+json"))
            except CloudProblem as problem:
                detail = f"row {row} of {len(features)}: {problem.detail}; {row} rows before it are stored"
                raise CloudProblem(problem.status, problem.title, detail, problem.hint) from problem
        documents = [answer.document for answer in stored]
        last = stored[-1] if stored else Answer({}, "", 0)
        return as_features([Answer({"features": documents}, *_state(last))])

    def get(self, path: str, **parameters: Any) -> Answer:
        """The answer to any GET question of the interface (/docs lists them); parameters that are None are left out."""
        return self._ask("GET", path, parameters, None)

    def post(self, path: str, body: Any, **parameters: Any) -> Answer:
        """The answer to any POST question with a JSON body; parameters that are None are left out."""
        return self._ask("POST", path, parameters, body)

    def put(self, path: str, body: Any, **parameters: Any) -> Answer:
        """The answer to any PUT question with a JSON body; parameters that are None are left out."""
        return self._ask("PUT", path, parameters, body)

    def patch(self, path: str, body: Any, **parameters: Any) -> Answer:
        """The answer to any PATCH question with a JSON body; parameters that are None are left out."""
        return self._ask("PATCH", path, parameters, body)

    def delete(self, path: str, **parameters: Any) -> Answer:
        """The answer to any DELETE question; parameters that are None are left out."""
        return self._ask("DELETE", path, parameters, None)

    def fetch(self, path: str, **parameters: Any) -> bytes:
        """What any GET question that answers with a file gives: a picture, a GeoTIFF, a form."""
        return self._send("GET", path, parameters, None, "application/json", "*/*")[0]

    def _areas_pages(self, asked: Mapping[str, Any]) -> Iterator[Answer]:
        total, offset = 1, 0
        while offset < total:
            answer = self.get("/v1/areas", **asked, limit=PAGE, offset=offset)
            yield answer
            total, offset = answer.document["total"], offset + PAGE

    def _roads_pages(self, bbox: tuple[float, float, float, float]) -> Iterator[Answer]:
        answer = self.get("/v1/roads", bbox=as_text(bbox), limit=ROADS)
        if answer.document["total"] <= ROADS:
            yield answer
            return
        west, south, east, north = bbox
        lon, lat = (west + east) / 2, (south + north) / 2
        for quarter in (
            (west, south, lon, lat),
            (lon, south, east, lat),
            (west, lat, lon, north),
            (lon, lat, east, north),
        ):
            yield from self._roads_pages(quarter)

    def _ask(
        self, method: str, path: str, parameters: Mapping[str, Any], body: Any, media_type: str = "application/json"
    ) -> Answer:
        content, headers = self._send(method, path, parameters, body, media_type, "application/json")
        try:
            live_version = int(headers.get("Location-Cloud-Live-Version", 0))
            return Answer(json.loads(content), headers.get("Location-Cloud-Snapshot", ""), live_version)
        except ValueError as error:
            raise self._silence(error) from error

    def _send(
        self, method: str, path: str, parameters: Mapping[str, Any], body: Any, media_type: str, accept: str
    ) -> tuple[bytes, Message]:
        """The body and the headers of the answer."""
        query = urllib.parse.urlencode(
            {name: _as_word(value) for name, value in parameters.items() if value is not None}, doseq=True
        )
        headers = {"Accept": accept}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        content = None if body is None else json.dumps(body, allow_nan=False).encode()
        if content is not None:
            headers["Content-Type"] = media_type
        address = f"{self.url}{path}" + (f"?{query}" if query else "")
        asked = urllib.request.Request(address, content, headers, method=method)
        try:
            with _opener(self.url).open(asked, timeout=self.timeout_s) as reply:
                return reply.read(), reply.headers
        except urllib.error.HTTPError as error:
            with error:
                raise _as_problem(error.code, error.reason, error.read()) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._silence(error) from error

    def _silence(self, error: Exception) -> CloudProblem:
        """Nobody answers, or not a cloud."""
        reason = getattr(error, "reason", error)
        hint = "is it running? location-cloud serve; else: location-cloud doctor"
        return CloudProblem(0, "No cloud answers", f"{self.url}: {reason}", hint)


def as_text(value: Any) -> Any:
    """A point or a box as the interface writes it: numbers with commas between, points lon,lat; else as it is."""
    if isinstance(value, Point):
        return f"{value.x:.7f},{value.y:.7f}"
    if isinstance(value, (tuple, list)):
        return ",".join(f"{number:.7f}" for number in value)
    return value


def _numbers(values: Iterable[float]) -> str:
    return ",".join(f"{value:g}" for value in values)


def _positions(points: Points) -> pandas.Series:
    """The points as [lon, lat] in degrees, by the index that they came with."""
    if isinstance(points, (geopandas.GeoSeries, geopandas.GeoDataFrame)):
        if points.crs is None:
            raise ValueError("the points name no coordinate system; say which one: points.set_crs(4326)")
        found = points.geometry.to_crs(EPSG)
        return pandas.Series([[point.x, point.y] for point in found], index=found.index, dtype=object)
    pairs = [[point.x, point.y] if isinstance(point, Point) else list(point) for point in points]
    return pandas.Series(pairs, dtype=object)


def _as_word(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple)):  # repeated: status=open&status=closed
        return [str(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _opener(url: str) -> urllib.request.OpenerDirector:
    """A proxy of the office network cannot reach a server on this machine."""
    if urllib.parse.urlsplit(url).hostname in LOOPBACK:
        return urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener()


def _as_problem(status: int, reason: str, content: bytes) -> CloudProblem:
    try:
        document = json.loads(content)
        if status == 503 and "ready" in document:
            return CloudProblem(status, "Not ready yet", "there is no snapshot yet", document["hint"])
        return CloudProblem(status, document["title"], document["detail"], document["hint"])
    except (ValueError, KeyError, TypeError):
        text = content[:200].decode("utf-8", "replace")
        return CloudProblem(status, reason, text, "something other than a location cloud answers at this address")


def _made(answer: Answer, **more: Any) -> dict[str, Any]:
    """What a frame of ways carries in `.attrs`: also the version of the weights and when they were true."""
    weights = {name: answer.document[name] for name in ("metric_version", "as_of") if name in answer.document}
    return answer.attrs(**weights, **more)


def as_ways(answer: Answer) -> geopandas.GeoDataFrame:
    """An answer of /v1/route with lines as GeoJSON: a row a way."""
    rows = [
        {
            "distance_m": route["distance_m"],
            "duration_s": route["duration_s"],
            "profile": answer.document["profile"],
            "steps": [step for leg in route["legs"] for step in leg["steps"]],
        }
        for route in answer.document["routes"]
    ]
    lines = [shape(route["geometry"]) for route in answer.document["routes"]]
    return as_frame(rows, lines, _made(answer, waypoints=answer.document["waypoints"]))


def _ways(answer: Answer) -> geopandas.GeoDataFrame:
    """Features of directions as one frame."""
    frame = as_features([answer])
    frame.attrs = _made(answer)
    return frame


def _state(answer: Answer) -> tuple[str, int]:
    return answer.snapshot, answer.live_version


def as_features(answers: Sequence[Answer], **more: Any) -> geopandas.GeoDataFrame:
    """The features of all pages as one frame; what the server says of a feature itself wins over its properties."""
    features = [feature for answer in answers for feature in answer.document["features"]]
    own = ("id", "version", "updated")
    rows = [
        {**feature["properties"], **{name: feature[name] for name in own if name in feature}} for feature in features
    ]
    shapes = [shape(feature["geometry"]) if feature["geometry"] else None for feature in features]
    return as_frame(rows, shapes, answers[-1].attrs(**more))


def as_frame(rows: list[dict[str, Any]], shapes: list[Any], attrs: dict[str, Any]) -> geopandas.GeoDataFrame:
    """Rows with their shapes (None = nowhere) and where they come from."""
    frame = geopandas.GeoDataFrame(rows, geometry=shapes, crs=EPSG)
    frame.attrs = attrs
    return frame
