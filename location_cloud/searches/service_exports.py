"""A search as a file for another tool, or as forms on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import orjson

from location_cloud.errors import NotFound
from location_cloud.searches.export_form import as_html, sheets
from location_cloud.searches.export_pdf import as_pdf
from location_cloud.searches.exports import Exported, as_caltopo, as_collection, as_gpx, as_kml
from location_cloud.searches.service_plans import find_plan
from location_cloud.searches.service_poa import find_poa
from location_cloud.searches.service_segments import find_segments
from location_cloud.storage.world import World

GEOJSON = "application/geo+json"


@dataclass(frozen=True)
class File:
    """A finished file."""

    body: bytes
    media_type: str
    name: str


def export(
    world: World, tenant: str, search_id: int, format_: str, form: str, team: str, language: str, now: datetime
) -> File:
    """The search as a file of a format: gpx, kml, geojson, caltopo, ics204 (form html or pdf).

    Segments and the newest plan are in it if there are any. Raises NotFound for forms without a plan, or for a team
    that it does not have; NotInstalled for a PDF without Skia or a font.
    """
    out = _gathered(world, tenant, search_id)
    name = f"search-{search_id}"
    if format_ == "gpx":
        return File(as_gpx(out), "application/gpx+xml", f"{name}.gpx")
    if format_ == "kml":
        return File(as_kml(out), "application/vnd.google-earth.kml+xml", f"{name}.kml")
    if format_ in ("geojson", "caltopo"):
        made = as_collection(out) if format_ == "geojson" else as_caltopo(out)
        return File(orjson.dumps(made), GEOJSON, f"{name}.{'json' if format_ == 'caltopo' else 'geojson'}")
    forms = sheets(out, team, language, now)
    if not forms:
        what = f"team {team!r} has no assignment" if team and out.plan else "there is no plan with assignments yet"
        raise NotFound(what, hint="POST /v1/searches/{id}/plan makes one; its assignments tell teams and resources")
    if form == "pdf":
        return File(as_pdf(forms), "application/pdf", f"{name}-ics204.pdf")
    return File(as_html(forms, language), "text/html; charset=utf-8", f"{name}-ics204.html")


def _gathered(world: World, tenant: str, search_id: int) -> Exported:
    poa = find_poa(world, tenant, search_id)
    try:
        segments = find_segments(world.live, tenant, poa.search)
    except NotFound:
        return Exported(poa.search, None, np.zeros(0), None)
    try:
        plan = find_plan(world.live, tenant, search_id)
    except NotFound:
        plan = None
    if plan is not None and any(each["segments_version"] != segments.version for each in plan.assignments):
        plan = None  # of segments that were drawn anew since
    return Exported(poa.search, segments, segments.poa(poa.p), plan)
