"""HTTP operations of dispatch: who goes, what is covered, where to wait."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from location_cloud.capability import Call, Operation
from location_cloud.dispatch import schema, service, service_coverage
from location_cloud.dispatch.cell_times import Grid
from location_cloud.dispatch.duty import WHY
from location_cloud.dispatch.fields import as_position, as_text
from location_cloud.dispatch.model import DESK
from location_cloud.dispatch.service import Brought, Conditions, Offer, Question, Ranking
from location_cloud.dispatch.service_coverage import Coverage, Demand
from location_cloud.spatial.crs import as_wgs84

Json = dict[str, Any]

LANGUAGES = ("zh-CN", "en")

NO_NEEDS: tuple[str, ...] = ()


def rank_units(call: Call, params: schema.Nothing, body: schema.RankBody) -> Json:
    """All units by when they are there."""
    question = _question(call, params, body)
    ranking = service.rank_units(call.world, call.tenant, question, call.now)
    offered, language = ranking.offered, call.language(LANGUAGES)
    hospitals, first_s = None, None
    if body.hospital is not None and offered:
        hospitals = service.rank_hospitals(
            call.world, call.tenant, question, offered[0].profile, tuple(body.hospital.need)
        )
        if hospitals and hospitals[0].why_not is None and hospitals[0].drive_s is not None:
            first_s = body.hospital.on_scene_s + hospitals[0].drive_s
    kept = None
    if body.keep_coverage is not None:
        kept = _kept(call, ranking, body.keep_coverage)
    shown = [*offered[: question.k], *ranking.offers[len(offered) :]]
    return {
        "lonlat": list(question.lonlat),
        "needs": list(question.needs),
        "units": [_offer(each, ranking, call.now, language, first_s) for each in shown],
        "more": max(0, len(offered) - question.k),
        "hospitals": None
        if hospitals is None
        else [_hospital(each, offered[0].profile, question) for each in hospitals],
        "keep_coverage": kept,
        "conditions": _conditions(question.conditions),
        "spread": {
            "p90_share": ranking.spread.p90,
            "p50_share": ranking.spread.p50,
            "drives": ranking.spread.drives,
            "source": ranking.spread.source,
        },
        "metric_version": ranking.version,
        "as_of": as_text(datetime.fromtimestamp(ranking.as_of, UTC)) if ranking.as_of else None,
    }


def find_coverage(call: Call, params: schema.Nothing, body: schema.CoverageBody) -> Json:
    """When the first free unit is in each cell."""
    conditions = _how(body)
    free = service_coverage.list_free(
        call.world, call.tenant, conditions, body.position_age_s, call.now, tuple(body.units)
    )
    grid = _grid(call, body.cells)
    found = service_coverage.find_coverage(call.world, call.tenant, free, conditions, grid, body.minutes * 60)
    told: Json = {
        "units": list(found.units),
        "simulated": any(each.unit.is_simulated for each in free),
        "conditions": _conditions(conditions),
        "cell_count": len(found.cells),
        "covered": [
            {
                "minutes": minutes,
                "cells": int((found.seconds <= minutes * 60).sum()),
                "share": round(float((found.seconds <= minutes * 60).mean()), 4) if len(found.cells) else 0.0,
            }
            for minutes in body.thresholds
        ],
    }
    return {**told, **(_columns(found) if body.format == "compact" else _features(found))}


def relocate(call: Call, params: schema.Nothing, body: schema.RelocateBody) -> Json:
    """Where units should wait."""
    conditions = _how(body)
    free = service_coverage.list_free(
        call.world, call.tenant, conditions, body.position_age_s, call.now, tuple(body.units)
    )
    count = body.count or len(free)
    sites = [_wgs84(site, params.crs) for site in body.sites]
    demand = None
    if body.demand:
        lonlat = np.array([each.lonlat for each in body.demand])
        demand = Demand(lonlat, np.array([each.weight for each in body.demand]), "told")
    found = service_coverage.relocate(
        call.world, call.tenant, free, conditions, sites, body.minutes * 60, count, demand
    )
    return {
        "status": found.cover.status,
        "covered": found.cover.covered,
        "bound": found.cover.bound,
        "now": found.now,
        "total": found.total,
        "demand": {"count": len(found.demand.lonlat), "source": found.demand.source},
        "sites": [{"site": site, "lonlat": found.sites[site].tolist()} for site in found.cover.sites],
        "moves": [{"unit": unit, "site": site, "drive_s": round(drive_s, 1)} for unit, site, drive_s in found.moves],
        "simulated": any(each.unit.is_simulated for each in free),
        "conditions": _conditions(conditions),
    }


# --- reading -----------------------------------------------------------------------------------------------------


def _question(call: Call, params: schema.Nothing, body: schema.RankBody) -> Question:
    if body.at is not None:
        lonlat, needs = _wgs84(body.at, params.crs), NO_NEEDS
    else:
        lonlat, needs = service.locate(call.live, call.tenant, body.emergency, body.incident)
    wanted = tuple(dict.fromkeys([*needs, *body.need]))
    return Question(lonlat, wanted, tuple(body.kinds), body.k, _how(body), body.position_age_s, body.radius_m)


def _how(body: schema.HowBody) -> Conditions:
    weather = body.weather
    if weather is None:
        return Conditions(body.siren, body.season)
    return Conditions(body.siren, body.season, weather.drive_share, weather.foot_share, weather.source)


def _wgs84(lonlat: tuple[float, float], crs: Any) -> tuple[float, float]:
    """A bare point of the body, whose name the web layer does not know as that of a point."""
    moved = np.array([lonlat]) if crs == "wgs84" else as_wgs84(np.array([lonlat]), crs)
    lon, lat = moved[0].tolist()
    return round(lon, 7), round(lat, 7)


def _grid(call: Call, cells: schema.CellsBody) -> Grid:
    if cells.beidou_level is not None:
        return Grid(cells.beidou_level, 0.0, (0.0, 0.0))
    return service_coverage.squares_of(call.world, cells.size_m)


# --- telling -----------------------------------------------------------------------------------------------------


def _conditions(conditions: Conditions) -> Json:
    weather = None
    if conditions.source:
        weather = {
            "drive_share": conditions.drive_share,
            "foot_share": conditions.foot_share,
            "source": conditions.source,
        }
    return {"siren": conditions.siren, "season": conditions.season, "weather": weather}


def _offer(offer: Offer, ranking: Ranking, now: datetime, language: str, hospital_s: float | None) -> Json:
    eta_ms, position, unit = offer.eta_ms, offer.position, offer.unit
    eta_s = None if eta_ms is None else eta_ms / 1000
    stop = None
    if offer.stop is not None:
        stop = {"lonlat": [round(each, 7) for each in offer.stop], "off_road_m": round(offer.off_road_m, 1)}
    return {
        "id": unit.id,
        "title": unit.title,
        "kind": unit.kind,
        "status": unit.status,
        "eta_s": eta_s,
        "eta_p90_s": None if offer.eta_p90_s is None else round(offer.eta_p90_s, 3),
        "turnout_s": offer.turnout_s,
        "drive_s": offer.drive_s,
        "walk_s": None if offer.drive_s is None else round(offer.walk_s, 3),
        "distance_m": None if offer.distance_m is None else round(offer.distance_m, 1),
        "staging_point": stop,
        "reachable": offer.drive_s is not None,
        "why_not": offer.why_not,
        "why_not_text": None if offer.why_not is None else WHY[offer.why_not][language],
        "missing": list(offer.missing),
        "profile": offer.profile,
        "route_id": service.route_link(offer, ranking.question),
        "position": None if position is None else as_position(position, now),
        "hospital_s": None if eta_s is None or hospital_s is None else round(eta_s + hospital_s, 3),
        "simulated": unit.is_simulated or (position is not None and position.is_simulated),
    }


def _hospital(brought: Brought, profile: str, question: Question) -> Json:
    hospital = brought.hospital
    return {
        "id": hospital.id,
        "title": hospital.title,
        "drive_s": brought.drive_s,
        "distance_m": None if brought.distance_m is None else round(brought.distance_m, 1),
        "free": hospital.free,
        "inbound": hospital.inbound,
        "why_not": brought.why_not,
        "missing": list(brought.missing),
        "route_id": service.hospital_link(brought, profile, question),
        "simulated": hospital.is_simulated,
    }


def _kept(call: Call, ranking: Ranking, wish: schema.KeepBody) -> Json:
    kept = service_coverage.keep_coverage(
        call.world, call.tenant, ranking, wish.count, wish.minutes * 60, wish.slack_s, None
    )
    total = kept.total or 1.0
    return {
        "units": list(kept.units),
        "minutes": wish.minutes,
        "share_before": round(kept.before / total, 4),
        "share_after": round(kept.after / total, 4),
    }


def _columns(found: Coverage) -> Json:
    """Codes and seconds of the cells that are reached, as columns."""
    near = np.flatnonzero(np.isfinite(found.seconds))
    grid, cells = found.grid, found.cells
    return {
        "cells": {
            "system": "beidou" if grid.level else "squares",
            "level": grid.level or None,
            "size_m": None if grid.level else grid.size_m,
            "step_deg": None if grid.level else list(grid.step_deg()),
            "origin": None if grid.level else {"lonlat": list(grid.origin)},
            "code": grid.codes(cells.column[near], cells.row[near]),
            "seconds": np.round(found.seconds[near], 1).tolist(),
        }
    }


def _features(found: Coverage) -> Json:
    """The cells that are reached as GeoJSON."""
    near = np.flatnonzero(np.isfinite(found.seconds))
    column, row = found.cells.column[near], found.cells.row[near]
    edges = found.grid.boxes(column, row).round(7).tolist()
    features = [
        {
            "type": "Feature",
            "id": code,
            "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]},
            "properties": {"seconds": seconds, "minutes": round(seconds / 60, 2)},
        }
        for code, (w, s, e, n), seconds in zip(
            found.grid.codes(column, row), edges, np.round(found.seconds[near], 1).tolist()
        )
    ]
    return {"type": "FeatureCollection", "features": features}


OPERATIONS = (
    Operation(
        "dispatch.rank",
        "POST",
        "/v1/dispatch/rank",
        "All units by when their crew is there: turnout, drive by the roads of this minute, on foot; or why not.",
        rank_units,
        schema.Nothing,
        schema.OutRank,
        DESK,
        Body=schema.RankBody,
        errors=(404, 422),
    ),
    Operation(
        "dispatch.coverage",
        "POST",
        "/v1/dispatch/coverage",
        "When the first free unit is in each cell of the ground that has roads.",
        find_coverage,
        schema.Nothing,
        schema.OutCoverage,
        DESK,
        Body=schema.CoverageBody,
        cost=10,
        deadline_s=10.0,
        errors=(404, 413),
    ),
    Operation(
        "dispatch.relocate",
        "POST",
        "/v1/dispatch/relocate",
        "Where free units should wait so that most ground is near one: maximal covering, with a bound.",
        relocate,
        schema.Nothing,
        schema.OutRelocation,
        DESK,
        Body=schema.RelocateBody,
        cost=20,
        deadline_s=15.0,
        errors=(404, 413, 422),
    ),
)
