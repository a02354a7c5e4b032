"""What is known of a matrix that is made in the background."""

from __future__ import annotations

from dataclasses import dataclass

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
"""States of a job; one that was cancelled is gone."""


@dataclass(frozen=True)
class MatrixJob:
    """One matrix: how far it is. Times are unix seconds, None = not yet.

    rows, columns: places on each side; rows_done: sources that are finished. seconds_left: an estimate, None = unknown.
    snapshot: that it is made from. metric_version, as_of: of the weights, fixed when it began; "" and None before.
    starts: processes that began to work on it. error, hint: why it failed.
    """

    id: str
    tenant: str
    state: str
    profile: str
    rows: int
    columns: int
    has_distances: bool
    created: float
    snapshot: str
    started: float | None = None
    finished: float | None = None
    rows_done: int = 0
    seconds_left: float | None = None
    metric_version: str = ""
    as_of: float | None = None
    starts: int = 0
    error: str = ""
    hint: str = ""
