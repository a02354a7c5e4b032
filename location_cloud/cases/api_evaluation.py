"""HTTP operations of evaluations: rankings, trends, the cases behind a number, and what the numbers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from location_cloud.capability import Call, Operation, Reply
from location_cloud.cases import schema_evaluation as schema
from location_cloud.cases import service_evaluation as service
from location_cloud.cases.asked import READ, actor_of
from location_cloud.cases.evaluation import SCORE, definitions
from location_cloud.cases.evaluation_periods import Span, parse_span
from location_cloud.cases.evaluation_table import as_table, last_day
from location_cloud.cases.model_evaluation import Row
from location_cloud.cases.model_stages import COUNTERS
from location_cloud.cases.service_evaluation import Asked
from location_cloud.cases.table_files import MEDIA, WRITERS

Json = dict[str, Any]

LANGUAGES = ("zh-CN", "en")


def rank(call: Call, params: schema.InRanking, _body: None) -> Json | Reply:
    """A page of the ranking, or all of it as a file."""
    if params.by != SCORE:
        service.get_index(params.by)
    asked = _asked(call, params, ranked_by=params.by, least=params.least)
    if params.format != "json":
        return _file(call, params, asked)
    naming = _naming(call, params)
    found = service.evaluate(call.live, call.tenant, asked, params.after, params.limit, params.compare, naming)
    return {
        "scheme": params.scheme,
        "level": params.level or ("district" if params.scheme == "area" else ""),
        "period": _span(found.span, found.zone),
        "before": _span(found.span.before(), found.zone) if params.compare else None,
        "by": found.ranked_by,
        "least": found.least,
        "groups": found.groups,
        "ranked": found.ranked,
        "total": _row(found.total, found.least),
        "rows": [_row(row, found.least) for row in found.rows],
        "next_after": found.next_after,
    }


def show_trend(call: Call, params: schema.InTrend, _body: None) -> Json:
    """One of them over time."""
    asked = _asked(call, params, key=params.of)
    points = service.trend(call.live, call.tenant, asked, params.sub, params.periods)
    zone = service.zone_of(call.live, call.tenant)
    return {
        "scheme": params.scheme,
        "key": params.of,
        "sub": params.sub,
        "points": [
            {
                "period": _span(point.span, zone),
                "score": _rounded(point.row.score, 2),
                "values": _values(point.row.values),
                "counts": point.row.counts,
            }
            for point in points
        ],
    }


def list_behind(call: Call, params: schema.InBehind, _body: None) -> Json:
    """The cases behind a number."""
    asked = _asked(call, params, key=params.of)
    found = service.cases_behind(
        call.live, call.tenant, asked, params.sub, params.index, params.which, params.after, params.limit
    )
    return {
        "period": _span(asked.span, service.zone_of(call.live, call.tenant)),
        "index": params.index,
        "which": params.which,
        "cases": found,
        "next_after": found[-1] if len(found) == params.limit else None,
    }


def list_indices(_call: Call, _params: schema.Nothing, _body: None) -> Json:
    """What the numbers mean."""
    known = definitions()
    return {
        "indices": [
            {
                "name": each.name,
                **each.titles,
                "over": each.over,
                "under": each.under,
                "relative": each.relative,
                "better": "low" if each.is_low_good else "high",
            }
            for each in known.indices.values()
        ],
        "scores": [
            {"name": each.name, **each.titles, "weights": each.weights, "source": each.source}
            for each in known.scores.values()
        ],
        "counters": COUNTERS,
    }


def _asked(call: Call, params: schema.InPeriod, **more: Any) -> Asked:
    actor = actor_of(call)
    today = call.now.astimezone(ZoneInfo(service.zone_of(call.live, call.tenant))).date()
    span = parse_span(params.period, params.from_day, params.to_day, today)
    departments = actor.departments if actor.is_department_only else ()
    return Asked(params.scheme, span, params.level, params.within, areas=actor.areas, departments=departments, **more)


def _naming(call: Call, params: schema.InRanking) -> Callable[[str], str] | None:
    """Only areas have names that the snapshot knows; the rest is answered without one."""
    return service.area_names(call.world) if params.scheme == "area" else None


def _file(call: Call, params: schema.InRanking, asked: Asked) -> Reply:
    language = params.lang or call.language(LANGUAGES)
    found = service.evaluate(call.live, call.tenant, asked, 0, service.MOST_ROWS, naming=_naming(call, params))
    name = f"evaluation-{params.scheme}-{found.span.name or f'{found.span.begin}--{last_day(found.span)}'}"
    body = WRITERS[params.format](as_table(found, params.scheme, language))
    shown = {"Content-Disposition": f'attachment; filename="{name}.{params.format}"'}
    return Reply(body, media_type=MEDIA[params.format], headers=shown)


def _span(span: Span, zone: str) -> Json:
    return {"name": span.name, "from": span.begin, "to": last_day(span), "zone": zone}


def _row(row: Row, least: int) -> Json:
    return {
        "key": row.key,
        "sub": row.sub,
        "name": row.name,
        "rank": row.rank,
        "score": _rounded(row.score, 2),
        "cases": row.cases,
        "few": row.cases < least,
        "values": _values(row.values),
        "change": _change(row) if row.before else None,
        "counts": row.counts,
    }


def _change(row: Row) -> dict[str, float | None]:
    change: dict[str, float | None] = {}
    for name, value in row.values.items():
        before = row.before[name]
        change[name] = None if value is None or before is None else value - before
    return _values(change)


def _values(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: _rounded(value, 6) for name, value in values.items()}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


_OF = "/v1/evaluation/{scheme}"

OPERATIONS = (
    Operation(
        "cases.evaluate",
        "GET",
        _OF,
        "How each grid, area, department, post or person did in a period: indices, score, rank; also CSV, XLSX, PDF.",
        rank,
        schema.InRanking,
        schema.OutRanking,
        READ,
        other_media=tuple(MEDIA.values()),
        errors=(501,),
    ),
    Operation(
        "cases.evaluate_trend",
        "GET",
        f"{_OF}/trend",
        "The indices of one of them over several periods.",
        show_trend,
        schema.InTrend,
        schema.OutTrend,
        READ,
        errors=(404,),
    ),
    Operation(
        "cases.evaluate_cases",
        "GET",
        f"{_OF}/cases",
        "The cases behind a number of an evaluation, page by page.",
        list_behind,
        schema.InBehind,
        schema.OutBehind,
        READ,
        errors=(404,),
    ),
    Operation(
        "cases.indices",
        "GET",
        "/v1/evaluation/indices",
        "What indices and scores of an evaluation are made of.",
        list_indices,
        schema.Nothing,
        schema.OutIndices,
        READ,
    ),
)
