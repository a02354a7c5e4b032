"""Counters of every request in Prometheus text, shared by all worker processes through one mapped file each.

Each worker counts in its own file without locks; /metrics of any worker adds the files up. prometheus-client's
registry costs about 15 us a request here and its multi-process mode needs an environment variable before import.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BUCKETS_S = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
STATUSES = (
    200,
    201,
    202,
    204,
    304,
    400,
    401,
    403,
    404,
    405,
    409,
    412,
    413,
    415,
    422,
    428,
    500,
    501,
    503,
    507,
)
_OTHER = len(STATUSES)
_SUM = _OTHER + 1
_BUCKET = _SUM + 1
_WIDTH = _BUCKET + len(BUCKETS_S)
_STATUS_COLUMN = {status: column for column, status in enumerate(STATUSES)}


class Metrics:
    """Request counts and durations per operation.

    folder: where the workers' files lie. operations: names, the same in every worker.
    """

    def __init__(self, folder: Path, operations: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._operations = tuple(operations)
        self._row = {name: row for row, name in enumerate(operations)}
        self._suffix = f".{len(self._operations)}x{_WIDTH}.f8"
        path = folder / f"{os.getpid()}{self._suffix}"
        shape = (len(self._operations), _WIDTH)
        self._counts: NDArray[np.float64] = np.memmap(path, np.float64, "w+", shape=shape)
        self._view = memoryview(self._counts.data).cast("B").cast("d")

    def count(self, operation: str, status: int, seconds: float) -> None:
        """One request was answered."""
        start = self._row[operation] * _WIDTH
        view = self._view
        view[start + _STATUS_COLUMN.get(status, _OTHER)] += 1.0
        view[start + _SUM] += seconds
        for column, limit in enumerate(BUCKETS_S):
            if seconds <= limit:
                view[start + _BUCKET + column] += 1.0
                break

    def text(self, gauges: Sequence[tuple[str, str, float]]) -> str:
        """Everything in Prometheus text format; gauges are (name, help, value)."""
        total = self._total()
        lines = [
            "# HELP location_cloud_requests_total Requests answered.",
            "# TYPE location_cloud_requests_total counter",
        ]
        for row, name in enumerate(self._operations):
            for column, status in enumerate((*STATUSES, "other")):
                if total[row, column]:
                    labels = f'operation="{name}",status="{status}"'
                    lines.append(f"location_cloud_requests_total{{{labels}}} {total[row, column]:.0f}")
        lines += [
            "# HELP location_cloud_request_seconds Time spent answering.",
            "# TYPE location_cloud_request_seconds histogram",
        ]
        for row, name in enumerate(self._operations):
            requests = total[row, :_SUM].sum()
            if requests:
                lines += _histogram(name, total[row], float(requests))
        for name, help_text, value in gauges:
            lines += [f"# HELP {name} {help_text}", f"# TYPE {name} gauge", f"{name} {value:g}"]
        return "\n".join(lines) + "\n"

    def _total(self) -> NDArray[np.float64]:
        shape = (len(self._operations), _WIDTH)
        total = np.zeros(shape)
        for path in sorted(self._folder.glob(f"*{self._suffix}")):
            counts = np.fromfile(path, np.float64)
            if counts.size == total.size:
                total += counts.reshape(shape)
        return total


def _histogram(name: str, row: NDArray[np.float64], requests: float) -> list[str]:
    cumulative = np.cumsum(row[_BUCKET:])
    metric = "location_cloud_request_seconds"
    lines = [
        f'{metric}_bucket{{operation="{name}",le="{limit:g}"}} {count:.0f}'
        for limit, count in zip(BUCKETS_S, cumulative)
    ]
    lines.append(f'{metric}_bucket{{operation="{name}",le="+Inf"}} {requests:.0f}')
    lines.append(f'{metric}_sum{{operation="{name}"}} {row[_SUM]:.6f}')
    lines.append(f'{metric}_count{{operation="{name}"}} {requests:.0f}')
    return lines
