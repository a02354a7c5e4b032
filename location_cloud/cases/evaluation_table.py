"""A ranking as a table for people, in Chinese or English."""

from __future__ import annotations

from datetime import timedelta

from location_cloud.cases.evaluation import definitions
from location_cloud.cases.evaluation_periods import Span
from location_cloud.cases.model_evaluation import Evaluation, Row
from location_cloud.cases.model_stages import COUNTERS
from location_cloud.cases.table_files import Cell, Column, Table

WORDS = {
    "zh-CN": {
        "title": "案件评价",
        "grid": "单元网格",
        "village": "村屯网格",
        "area": "行政区划",
        "department": "专业部门",
        "team": "部门岗位",
        "post": "岗位",
        "person": "人员",
        "class": "案件类别",
        "rank": "名次",
        "key": "代码",
        "sub": "下级",
        "name": "名称",
        "score": "得分",
        "cases": "案件数",
        "span": "统计期 {first} 至 {last}({zone})",
        "least": "少于 {least} 件的不排名(名次为空);同值同名次。排名依据:{by}",
        "total": "合计",
    },
    "en": {
        "title": "Evaluation of cases",
        "grid": "unit grids",
        "village": "village grids",
        "area": "areas",
        "department": "departments",
        "team": "posts of departments",
        "post": "posts",
        "person": "people",
        "class": "classes",
        "rank": "Rank",
        "key": "Code",
        "sub": "Part",
        "name": "Name",
        "score": "Score",
        "cases": "Cases",
        "span": "{first} to {last} ({zone})",
        "least": "No rank with fewer than {least} cases; the same value has the same rank. Ranked by: {by}",
        "total": "Total",
    },
}

ON_PAPER = ("closing", "timely_closing", "timely_filing", "accurate_filing", "timely_handling", "rework", "miss")
"""Indices that a page has room for; the other forms have all."""


def as_table(found: Evaluation, scheme: str, language: str) -> Table:
    """All rows, the whole below them."""
    words, indices = WORDS[language], definitions().indices
    tongue = language.split("-")[0]
    columns = [
        Column(words["rank"], "whole", 0.05),
        Column(words["key"], "text", 0.15),
        Column(words["sub"], "text", 0.08 if scheme in ("team", "person") else 0.0),
        Column(words["name"], "text", 0.12 if scheme in ("area", "class") else 0.0),
        Column(words["score"], "number", 0.06),
        Column(words["cases"], "whole", 0.06),
        *(
            Column(
                index.titles[tongue],
                "percent" if index.under or index.relative else "number",
                0.08 if name in ON_PAPER else 0.0,
            )
            for name, index in indices.items()
        ),
        *(Column(name, "whole") for name in COUNTERS),
    ]
    by = indices[found.ranked_by].titles[tongue] if found.ranked_by in indices else words["score"]
    notes = [
        words["span"].format(first=found.span.begin, last=last_day(found.span), zone=found.zone),
        words["least"].format(least=found.least, by=by),
    ]
    name = found.span.name or f"{found.span.begin}--{last_day(found.span)}"
    rows = [*(_cells(row) for row in found.rows), [None, words["total"], *_cells(found.total)[2:]]]
    return Table(f"{words['title']} {words[scheme]} {name}", notes, columns, rows)


def last_day(span: Span) -> str:
    """The last day that is in it."""
    return f"{span.end - timedelta(1)}"


def _cells(row: Row) -> list[Cell]:
    return [row.rank, row.key, row.sub, row.name, row.score, row.cases, *row.values.values(), *row.counts.values()]
