"""Rescue from a notebook: callers located, units ranked, ground covered, searches with their maps and plans.

    from location_cloud.client import connect
    from location_cloud.client_rescue import Desk
    desk = Desk(connect())
    desk.rank((24.9458, 60.1690), need=["paramedic"])

Questions only: what changes something is written with `cloud.post`, `put` and `patch`, as any client would.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import pandas
from numpy.typing import NDArray
from shapely.geometry import Point, shape

from location_cloud.client import EPSG, Answer, Cloud, LonLat, as_features, as_frame, as_ways

UNITS, ROWS, CELLS = 2000, 500, 20_000
"""The most that the server gives at once of units, of emergencies and searches, and of a map's cells."""


@dataclass(frozen=True, eq=False)
class Grid:
    """A map of cells as numbers. p: (rows, columns) chance of each cell, the northernmost row first.

    bbox: west, south, east, north in degrees. attrs: what it was made from.
    """

    p: NDArray[np.float64]
    bbox: tuple[float, float, float, float]
    attrs: dict[str, Any]

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """The same box as matplotlib's imshow takes it: west, east, south, north."""
        west, south, east, north = self.bbox
        return west, east, south, north

    def at(self, place: LonLat) -> float:
        """The chance of the cell that a place lies in; 0 outside."""
        (lon, lat), (west, south, east, north) = _pair(place), self.bbox
        rows, columns = self.p.shape
        row, column = int((north - lat) / (north - south) * rows), int((lon - west) / (east - west) * columns)
        return float(self.p[row, column]) if west <= lon < east and south < lat <= north else 0.0


@dataclass(frozen=True)
class Desk:
    """The questions of a duty desk and of a search planner to one cloud; its key needs the scope rescue:desk.

    Frames are in EPSG:4326; `.attrs` hold the snapshot and live version that each was made from. Times are seconds.
    Each question raises CloudProblem if it has no answer.
    """

    cloud: Cloud

    # --- calls and units ---------------------------------------------------------------------------------------------

    def locate(self, language: str | None = None, **said: Any) -> geopandas.GeoDataFrame:
        """Where a caller is: one row whose geometry is the position, with semi_major_m, semi_minor_m, azimuth_deg,
        level, method, address (in words), and `ground`, the polygon that holds the caller in 95 % of cases.

        said: any of aml, aml_sms_hex, aml_form, tdoa, sector, rssi, point with accuracy_m, sms, as in the body of
        /v1/fixes/locate; several are joined. language: of the address, zh-CN or en. `.attrs` has excluded and warnings.
        """
        answer = self.cloud.post("/v1/fixes/locate", said, language=language)
        told = answer.document
        words = "" if told["address"] is None else told["address"]["words"]
        row = {**told["ellipse"], "method": told["method"], "address": words}
        frame = as_frame([row], [Point(told["position"])], _made(answer, "excluded", "warnings"))
        frame["ground"] = geopandas.GeoSeries([shape(told["area"])], crs=EPSG)
        return frame

    def units(self) -> geopandas.GeoDataFrame:
        """Every unit and where it is: id, kind, skills, status, on_shift, emergency, turnout_s, and what else is known.

        No geometry where no position is known; position_source says who told it (device, told, station).
        """
        return self._places("/v1/units", "units", UNITS)

    def hospitals(self) -> geopandas.GeoDataFrame:
        """Every hospital: id, title, skills, free, inbound, open."""
        return self._places("/v1/hospitals", "hospitals", UNITS)

    def emergencies(self, status: Iterable[str] = ()) -> geopandas.GeoDataFrame:
        """Emergencies by rising id: category, kind, level, status, address, needs, incident, assignments.

        status: only these (open, closed, ...); () = all.
        """
        answers = self._pages("/v1/emergencies", ROWS, status=list(status))
        rows = [row for answer in answers for row in answer.document["emergencies"]]
        return as_frame(rows, [Point(row.pop("lonlat")) for row in rows], answers[-1].attrs())

    def rank(
        self,
        at: LonLat | None = None,
        need: Sequence[str] = (),
        k: int = 5,
        emergency: int | None = None,
        incident: int | None = None,
        **options: Any,
    ) -> geopandas.GeoDataFrame:
        """All units by when their crew is there, those that may go first: id, eta_s, eta_p90_s, turnout_s, drive_s,
        walk_s, distance_m, why_not, route_id. The geometry is where the unit is, `staging` where the vehicle stops.

        at, emergency or incident: where; one of them. need: skills or equipment that a unit must have. k: how many to
        offer. options: any other part of the body of /v1/dispatch/rank, such as siren=False, season="winter", kinds,
        hospital={"need": [...]}, keep_coverage={"count": 2}. `.attrs` has the place, the hospitals and the spread.
        """
        where = {"at": None if at is None else _pair(at), "emergency": emergency, "incident": incident}
        told = {name: value for name, value in where.items() if value is not None}
        answer = self.cloud.post("/v1/dispatch/rank", {**told, "need": list(need), "k": k, **options})
        rows = answer.document["units"]
        found = [None if row["position"] is None else Point(row["position"]["lonlat"]) for row in rows]
        stops = [None if row["staging_point"] is None else Point(row["staging_point"]["lonlat"]) for row in rows]
        own = ("position", "staging_point")
        kept = [{name: value for name, value in row.items() if name not in own} for row in rows]
        names = ("lonlat", "needs", "more", "hospitals", "keep_coverage", "conditions", "spread")
        frame = as_frame(kept, found, _made(answer, *names, "metric_version", "as_of"))
        frame["staging"] = geopandas.GeoSeries(stops, crs=EPSG, index=frame.index)
        return frame

    def drive(self, route_id: str) -> geopandas.GeoDataFrame:
        """The drive that a ranking tells of, with its line: one row, as `Cloud.route` gives it."""
        address = urllib.parse.urlsplit(route_id)
        asked = dict(urllib.parse.parse_qsl(address.query))
        return as_ways(self.cloud.get(address.path, **asked, geometry="geojson", format="json"))

    def coverage(
        self, minutes: float = 30, thresholds: Sequence[float] = (8, 15), **options: Any
    ) -> geopandas.GeoDataFrame:
        """When the first free unit is in each cell that has roads: seconds, minutes; cells further away are left out.

        thresholds: `.attrs["covered"]` tells the share of cells within each, minutes. options: any other part of the
        body of /v1/dispatch/coverage: units (only these), cells={"size_m": 250}, siren, season, weather.
        """
        body = {"minutes": minutes, "thresholds": list(thresholds), **options, "format": "geojson"}
        answer = self.cloud.post("/v1/dispatch/coverage", body)
        return as_features([answer], **_named(answer, "covered", "cell_count", "units", "conditions", "simulated"))

    def relocate(self, minutes: float = 8, **options: Any) -> geopandas.GeoDataFrame:
        """Where units that are free should wait so that most ground is near one: a row a move, unit, site, drive_s; the
        geometry is the site.

        options: any other part of the body of /v1/dispatch/relocate: sites, count, demand, units, siren.
        `.attrs` has now and covered (of total), and status with the bound that proves how good that is.
        """
        asked = {**options, "sites": [_pair(site) for site in options.get("sites", ())]}
        answer = self.cloud.post("/v1/dispatch/relocate", {"minutes": minutes, **asked})
        sites = {each["site"]: Point(each["lonlat"]) for each in answer.document["sites"]}
        moves = answer.document["moves"]
        names = ("status", "covered", "bound", "now", "total", "demand", "sites", "simulated")
        return as_frame(moves, [sites[move["site"]] for move in moves], _made(answer, *names))

    # --- searches ----------------------------------------------------------------------------------------------------

    def searches(self, status: Iterable[str] = ()) -> geopandas.GeoDataFrame:
        """Searches by rising id: version, status, title, subject, pos, rest_of_world, layers, find; at their ipp.

        status: only these (open, suspended, found); () = all.
        """
        answers = self._pages("/v1/searches", ROWS, status=list(status))
        rows = [row for answer in answers for row in answer.document["searches"]]
        return as_frame(rows, [Point(row["ipp"]) for row in rows], answers[-1].attrs())

    def layers(self, search: int) -> pandas.DataFrame:
        """What a search's map is made of: name, weight, share, outside, source, why_not (why it is not in use)."""
        answer = self.cloud.get(f"/v1/searches/{search}")
        frame = pandas.DataFrame(answer.document["layers"]).set_index("name")
        frame.attrs = _made(answer, "version", "warnings")
        return frame

    def poa(self, search: int, limit: int = CELLS, as_of: str | None = None) -> geopandas.GeoDataFrame:
        """The cells where the subject most probably is, the densest first: poa, density_km2, code.

        limit: how many, at most 20,000. as_of: the map as it was then (ISO 8601 with zone).
        `.attrs["rest_of_world"]` is the chance that the subject is outside of all cells.
        """
        asked = {"format": "geojson", "by": "cells", "limit": limit, "as_of": as_of}
        answer = self.cloud.get(f"/v1/searches/{search}/poa", **asked)
        return as_features([answer], **_named(answer, "rest_of_world", "version", "simulated"))

    def poa_levels(self, search: int, as_of: str | None = None) -> geopandas.GeoDataFrame:
        """The smallest areas that hold shares of the map's chance, the largest first: share, area_km2, poa."""
        answer = self.cloud.get(f"/v1/searches/{search}/poa", format="geojson", as_of=as_of)
        return as_features([answer], **_named(answer, "rest_of_world", "version", "simulated"))

    def poa_grid(self, search: int, as_of: str | None = None) -> Grid:
        """The whole map as an array. Needs rasterio here, and imagery on the server: `pip install rasterio`."""
        import rasterio  # heavy optional: only whoever wants the array

        content = self.cloud.fetch(f"/v1/searches/{search}/poa", format="cog", as_of=as_of)
        with rasterio.MemoryFile(content) as file, file.open() as image:
            p = image.read(1).astype(np.float64)
            return Grid(p, tuple(image.bounds), {"search": search, "crs": "wgs84", **image.tags()})

    def segments(self, search: int) -> geopandas.GeoDataFrame:
        """The segments of a search by their id, with the chance in each now: area_m2, poa, density_km2, given."""
        frame = as_features([self.cloud.get(f"/v1/searches/{search}/segments")])
        return frame.set_index("id")

    def plan(self, search: int) -> geopandas.GeoDataFrame:
        """The newest plan, a row an assignment with its segment's outline: id, segment, resource, team, hours, W_m,
        v_kmh, coverage, pod, pos.

        `.attrs` has pos_total, gap (no other plan adds more than this) and curve, a frame of hours and pos.
        """
        answer = self.cloud.get(f"/v1/searches/{search}/plan")
        outlines = self.segments(search).geometry
        rows = answer.document["assignments"]
        attrs = _made(answer, "pos_total", "gap", "detection", "warnings", "version")
        curve = pandas.DataFrame(answer.document["curve"], columns=["hours", "pos"])
        return as_frame(rows, [outlines.get(row["segment"]) for row in rows], {**attrs, "curve": curve})

    def pattern(self, search: int, kind: str, **options: Any) -> geopandas.GeoDataFrame:
        """Lines to follow, a row each: number, length_m, coverage, duration_s.

        kind: parallel, creeping_line, expanding_square, sector, area, uav, paths. options: what the kind takes in the
        body of /v1/searches/{id}/patterns.
        """
        answer = self.cloud.post(f"/v1/searches/{search}/patterns", {"kind": kind, **options})
        return as_features([answer], **_named(answer, "length_m", "duration_s", "gathered", "bound"))

    def seen(self, search: int, lookouts: Sequence[Mapping[str, Any]]) -> geopandas.GeoDataFrame:
        """What lookouts, towers or UAVs see together over the imported elevation: one row, seen_km2, poa, warnings.

        lookouts: location, eye_m, above_sea, target_m, reach_m each.
        """
        answer = self.cloud.post(f"/v1/searches/{search}/viewshed", {"lookouts": [dict(each) for each in lookouts]})
        properties = answer.document["properties"]
        outline = answer.document["geometry"]
        return as_frame([properties], [None if outline is None else shape(outline)], answer.attrs())

    def landing(self, search: int, near: LonLat | None = None, **options: Any) -> geopandas.GeoDataFrame:
        """Where a helicopter can land: diameter_m, slope_deg, distance_m, cover. near: nearest first, else largest.

        options: helicopter ("light", "medium", "heavy"), diameter_m, most_slope_deg, limit.
        """
        asked = options if near is None else {**options, "near": _pair(near)}
        answer = self.cloud.post(f"/v1/searches/{search}/landing", asked)
        rows = answer.document["sites"]
        return as_frame(rows, [Point(row.pop("location")) for row in rows], _made(answer, "warnings"))

    def export(self, search: int, kind: str, **options: Any) -> bytes:
        """The search as a file: gpx, kml, geojson, caltopo or ics204. options: form ("pdf"), team, lang of ics204."""
        return self.cloud.fetch(f"/v1/searches/{search}/export", format=kind, **options)

    def _places(self, path: str, name: str, limit: int) -> geopandas.GeoDataFrame:
        """What stands or moves somewhere; its position taken apart."""
        answers = self._pages(path, limit)
        rows = [row for answer in answers for row in answer.document[name]]
        points = []
        for row in rows:
            position = row.pop("position", None) or {"lonlat": row.pop("lonlat", None)}
            row.update({f"position_{part}": position.get(part) for part in ("source", "told_at", "age_s")})
            points.append(None if position["lonlat"] is None else Point(position["lonlat"]))
        return as_frame(rows, points, answers[-1].attrs())

    def _pages(self, path: str, limit: int, **asked: Any) -> list[Answer]:
        return list(self._each_page(path, limit, asked))

    def _each_page(self, path: str, limit: int, asked: Mapping[str, Any]) -> Iterator[Answer]:
        after: Any = None
        while True:
            answer = self.cloud.get(path, limit=limit, after=after, **asked)
            yield answer
            after = answer.document["next_after"]
            if after is None:
                return


def _pair(at: LonLat) -> list[float]:
    return [at.x, at.y] if isinstance(at, Point) else list(at)


def _named(answer: Answer, *names: str) -> dict[str, Any]:
    """Parts of the answer that belong to all of its rows."""
    return {name: answer.document[name] for name in names if name in answer.document}


def _made(answer: Answer, *names: str) -> dict[str, Any]:
    """What a frame's `.attrs` hold."""
    return answer.attrs(**_named(answer, *names))
