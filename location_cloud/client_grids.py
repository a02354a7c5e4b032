"""Grids and cases from a notebook: grids with their people's work, cases, how each does, and grids designed anew.

    from location_cloud.client import connect
    from location_cloud.client_grids import Centre
    centre = Centre(connect())
    centre.evaluate("grid", period="2026-11").head()

Nothing is changed but by `design`, which makes a design that nobody has to accept.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas
import pandas
from shapely.geometry import Point

from location_cloud.client import Answer, Cloud, CloudProblem, as_features, as_frame

GRIDS, CASES, ROWS = 5000, 500, 1000
"""The most that the server gives at once of grids, of cases and of a ranking."""

LONGEST_S, LOOK_S = 600.0, 0.2
"""How long a design is waited for, and how often it is looked at."""


@dataclass(frozen=True)
class Centre:
    """The questions of a grid centre to one cloud; its key needs grids:read and cases:read, and grids:write to design.

    Frames are in EPSG:4326; `.attrs` hold the snapshot and live version that each was made from.
    Each question raises CloudProblem if it has no answer.
    """

    cloud: Cloud

    def grids(self, scheme: str = "unit", **asked: Any) -> geopandas.GeoDataFrame:
        """Grids by their code: name, area_code, parent, households, land_use, area_m2 and what else is kept of them.

        scheme: unit, manage, evaluate, village, service. asked: any parameter of /v1/grids/{scheme}: at, area, bbox.
        """
        answers = list(self._pages(f"/v1/grids/{scheme}", GRIDS, asked))
        frame = as_features(answers)
        return frame if frame.empty else frame.set_index("code", drop=False).rename_axis(None)

    def cases(self, **asked: Any) -> geopandas.GeoDataFrame:
        """Cases by rising id, each where it is: class, stage, source, grid, department, lamp, created, deadline.

        asked: any parameter of /v1/cases: bbox, stage, overdue, grid, area, created_from.
        """
        answers = list(self._pages("/v1/cases", CASES, asked))
        rows = [row for answer in answers for row in answer.document["cases"]]
        return as_frame(rows, [Point(row["lonlat"]) for row in rows], answers[-1].attrs())

    def evaluate(self, scheme: str, **asked: Any) -> pandas.DataFrame:
        """How each grid, village, area, department, post, person or class did: a row each, the best first.

        Columns: key, name, rank, score, cases, a column for each index (shares from 0 to 1, numbers), and for each
        counter that they are made of. asked: any parameter of /v1/evaluation/{scheme}: period or from and to, by,
        level, within, least. `.attrs["total"]` is the row of all of them together.
        """
        answers = list(self._pages(f"/v1/evaluation/{scheme}", ROWS, asked))
        rows = [row for answer in answers for row in answer.document["rows"]]
        frame = pandas.DataFrame([_flat(row) for row in rows])
        frame.attrs = answers[-1].attrs(total=_flat(answers[-1].document["total"]), by=answers[-1].document["by"])
        return frame

    def design(self, **body: Any) -> geopandas.GeoDataFrame:
        """The grids of a new design: number, code, community, area_m2, size (in targets), kept; waits until it is done.

        body: of POST /v1/grids/design: area or communities, target, households, scheme, points.
        `.attrs["report"]` compares it with plain squares; `.attrs["id"]` names it for who wants to accept it.
        """
        told = self.cloud.post("/v1/grids/design", body).document
        until_s = time.monotonic() + LONGEST_S
        while told["state"] not in ("done", "failed"):
            if time.monotonic() > until_s:
                raise CloudProblem(0, "Too slow", f"design {told['id']} is {told['state']} after {LONGEST_S:g} s")
            time.sleep(LOOK_S)
            told = self.cloud.get(f"/v1/grids/design/{told['id']}").document
        if told["state"] == "failed":
            raise CloudProblem(422, "The design failed", told["error"] or "", told["hint"] or "")
        answers = list(self._pages(f"/v1/grids/design/{told['id']}/grids", GRIDS, {}))
        return as_features(answers, id=told["id"], report=told["report"])

    def _pages(self, path: str, limit: int, asked: Mapping[str, Any]) -> Iterator[Answer]:
        after: Any = None
        while True:
            answer = self.cloud.get(path, limit=limit, after=after, **asked)
            yield answer
            after = answer.document["next_after"]
            if after is None:
                return


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a ranking with its indices and counters beside the rest."""
    rest = {name: value for name, value in row.items() if name not in ("values", "counts", "change")}
    return {**rest, **row["counts"], **row["values"]}
