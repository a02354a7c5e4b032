"""Assignment forms, one sheet a team, after ICS 204: what stands on them, and the HTML of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

import shapely

from location_cloud.searches.exports import SIMULATED, Exported

WORDS = {
    "en": {
        "form": "ASSIGNMENT LIST (after ICS 204)",
        "incident": "1. Incident",
        "period": "2. Prepared at",
        "team": "3. Team / resource",
        "point": "4. Initial planning point",
        "subject": "5. Subject",
        "assignments": "6. Assignments",
        "columns": "No.|Segment|Middle (lon, lat)|Area km²|Hours|km/h|Sweep m|Coverage|POD",
        "instructions": "7. Special instructions",
        "communications": "8. Communications (channel, call sign)",
        "debrief": "9. Debriefing: searched from / to, POD achieved, clues, hazards",
        "prepared": "10. Prepared by / briefed by",
        "total": "Total",
        "pos": "chance of success of the whole plan",
        "years": "years",
        "last_seen": "last seen",
    },
    "zh-CN": {
        "form": "搜索任务单(参照 ICS 204)",
        "incident": "1. 事件",
        "period": "2. 制表时间",
        "team": "3. 队伍 / 力量",
        "point": "4. 起始规划点",
        "subject": "5. 走失者",
        "assignments": "6. 任务",
        "columns": "编号|区段|中心(经度, 纬度)|面积 km²|小时|速度 km/h|扫视宽度 m|覆盖率|发现概率",
        "instructions": "7. 特别说明",
        "communications": "8. 通信(频道、呼号)",
        "debrief": "9. 回报:搜索起止时间、实际发现概率、线索、危险",
        "prepared": "10. 制表人 / 交底人",
        "total": "合计",
        "pos": "整个方案的成功概率",
        "years": "岁",
        "last_seen": "最后见到",
    },
}


@dataclass(frozen=True)
class Sheet:
    """One team's form. facts: (heading, text). columns, rows: of the table of assignments; blanks: headings of fields
    to fill in by hand. warning: "" or that it is an exercise.
    """

    title: str
    warning: str
    facts: list[tuple[str, str]]
    table: str
    columns: list[str]
    rows: list[list[str]]
    blanks: list[str]


def sheets(out: Exported, team: str, language: str, now: datetime) -> list[Sheet]:
    """A form for each team of the newest plan, in the order of the plan. team: only this one; "" = all."""
    if out.plan is None or out.segments is None:
        return []
    words = WORDS[language]
    found = []
    for name in dict.fromkeys(each["team"] or each["resource"] for each in out.plan.assignments):
        if team and name != team:
            continue
        mine = [each for each in out.plan.assignments if (each["team"] or each["resource"]) == name]
        rows = []
        for each in mine:
            middle = shapely.point_on_surface(out.segments.polygons[each["place"]])
            rows.append(
                [
                    each["id"],
                    each["segment"],
                    f"{middle.x:.5f}, {middle.y:.5f}",
                    f"{out.segments.area_m2[each['place']] / 1e6:.3f}",
                    f"{each['hours']:.2f}",
                    f"{each['v_kmh']:g}",
                    f"{each['W_m']:.0f}",
                    f"{each['coverage']:.2f}",
                    f"{each['pod']:.0%}",
                ]
            )
        hours = sum(each["hours"] for each in mine)
        rows.append([words["total"], "", "", "", f"{hours:.2f}", "", "", "", ""])
        found.append(
            Sheet(
                words["form"],
                SIMULATED if out.search.is_simulated else "",
                [
                    (words["incident"], out.title),
                    (words["period"], f"{now:%Y-%m-%d %H:%M %Z}"),
                    (words["team"], name),
                    (
                        words["point"],
                        f"{out.search.ipp_type} {out.search.ipp[0]:.5f}, {out.search.ipp[1]:.5f} (WGS-84)",
                    ),
                    (words["subject"], _subject(out, words)),
                ],
                f"{words['assignments']} ({words['pos']}: {out.plan.pos_total:.1%})",
                words["columns"].split("|"),
                rows,
                [words[each] for each in ("instructions", "communications", "debrief", "prepared")],
            )
        )
    return found


def as_html(forms: Sequence[Sheet], language: str) -> bytes:
    """The forms as one page to print, a sheet each; no script, nothing loaded."""
    body = "".join(_html(form) for form in forms)
    style = (
        "body{font:10pt 'Noto Sans CJK SC','Microsoft YaHei',sans-serif;margin:12mm}section{break-after:page}"
        "h1{font-size:14pt;border-bottom:2px solid}table{border-collapse:collapse;width:100%}"
        "td,th{border:1px solid;padding:2px 5px;text-align:left}dt{font-weight:bold}dd{margin:0 0 4px}"
        ".blank{border:1px solid;min-height:18mm;padding:2px 5px;margin-top:6px}.simulated{color:#b00;font-weight:bold}"
    )
    page = (
        f'<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>ICS 204</title>'
        f"<style>{style}</style></head><body>{body}</body></html>"
    )
    return page.encode()


def _html(form: Sheet) -> str:
    warning = f'<p class="simulated">{escape(form.warning)}</p>' if form.warning else ""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in form.facts)
    head = "".join(f"<th>{escape(each)}</th>" for each in form.columns)
    rows = "".join("<tr>" + "".join(f"<td>{escape(each)}</td>" for each in row) + "</tr>" for row in form.rows)
    blanks = "".join(f'<div class="blank">{escape(each)}</div>' for each in form.blanks)
    return (
        f"<section><h1>{escape(form.title)}</h1>{warning}<dl>{facts}</dl><h2>{escape(form.table)}</h2>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{blanks}</section>"
    )


def _subject(out: Exported, words: dict[str, str]) -> str:
    subject = out.search.subject
    told = [subject.category]
    if subject.age is not None:
        told.append(f"{subject.age} {words['years']}")
    if subject.last_seen_at is not None:
        told.append(f"{words['last_seen']} {subject.last_seen_at:%Y-%m-%d %H:%M %Z}")
    return ", ".join(told)
