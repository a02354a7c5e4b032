"""What a patrol did, in numbers and with places: its track cleaned, its coverage, stops, gaps and doubts."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson

from location_cloud.patrols.cleaning import Track, clean
from location_cloud.patrols.coverage import Coverage, find_coverage
from location_cloud.patrols.model import FASTEST_KMH, Ints, Moving, Walked
from location_cloud.patrols.stays import Gap, Stay, find_gaps, find_stays
from location_cloud.patrols.suspicion import Doubt, find_doubts


@dataclass(frozen=True, eq=False)
class Evaluation:
    """cells: keys of the beat's. begin_s, end_s: of the patrol, as far as it got."""

    cells: Ints
    begin_s: float
    end_s: float
    track: Track
    coverage: Coverage
    stays: Sequence[Stay]
    gaps: Sequence[Gap]
    doubts: Sequence[Doubt]

    def numbers(self) -> dict[str, Any]:
        """What is told of the patrol without telling places."""
        seen, cells = int(self.coverage.is_seen.sum()), len(self.cells)
        gap_s = [gap.end_s - gap.begin_s for gap in self.gaps if gap.kind == "silence"]
        kinds = [doubt.kind for doubt in self.doubts]
        return {
            "cells": cells,
            "seen": seen,
            "share": round(seen / cells, 4) if cells else 0.0,
            "entered": int((self.coverage.stayed_s > 0).sum()),
            "duration_s": round(self.end_s - self.begin_s),
            "inside_s": round(float(self.coverage.stayed_s.sum())),
            "outside_s": round(self.coverage.outside_s),
            "length_m": round(self.track.length_m),
            "fixes": len(self.track),
            "left_out": {
                "inaccurate": self.track.inaccurate,
                "repeated": self.track.repeated,
                "wild": self.track.wild,
            },
            "gaps": len(self.gaps),
            "gap_s": round(sum(gap_s)),
            "longest_gap_s": round(max(gap_s, default=0.0)),
            "stays": len(self.stays),
            "stay_s": round(sum(stay.end_s - stay.begin_s for stay in self.stays)),
            "doubts": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        }

    def places(self) -> dict[str, Any]:
        """What tells places."""
        return {
            "cells": self.cells.tolist(),
            "seen_s": np.rint(self.coverage.seen_s).astype(np.int64).tolist(),
            "stayed_s": np.rint(self.coverage.stayed_s).astype(np.int64).tolist(),
            "stays": [vars(stay) for stay in self.stays],
            "gaps": [vars(gap) for gap in self.gaps],
            "doubts": [vars(doubt) for doubt in self.doubts],
        }


def evaluate(
    cells: Ints, told: Walked, moving: Moving, begin_s: float, end_s: float, more: Sequence[Doubt] | None = None
) -> Evaluation:
    """The evaluation of fixes in any order. more: doubts that other tracks raise; None = no doubts are looked for.

    Takes 15 ms for 8 h at 5 s, and 12 ms more with doubts.
    """
    told = told.take(np.argsort(told.time_s, kind="stable"))
    track = clean(told, FASTEST_KMH[moving])
    own = [] if more is None else find_doubts(told, track, moving)
    doubts = sorted([*own, *(more or ())], key=lambda doubt: doubt.begin_s)
    coverage, gaps = find_coverage(cells, track), find_gaps(track, begin_s, end_s)
    return Evaluation(cells, begin_s, end_s, track, coverage, find_stays(track), gaps, doubts)


def pack_places(places: Mapping[str, Any]) -> bytes:
    """Places as they are kept: 6 kB for a shift."""
    return zlib.compress(orjson.dumps(places), 1)


def read_places(content: bytes | None) -> dict[str, Any] | None:
    """The same, read; None where they are forgotten."""
    if content is None:
        return None
    found: dict[str, Any] = orjson.loads(zlib.decompress(content))
    return found
