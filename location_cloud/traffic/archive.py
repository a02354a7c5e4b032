"""Fixes from files: NDJSON (also gzipped) as POST /v1/fixes takes them, and Parquet with the same columns."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from location_cloud.errors import BadInput, NotInstalled

MOST_AT_ONCE = 2_000_000
"""Fixes that are in memory at once: 200 MB. A longer file is read in pieces; a vehicle's way is cut where one ends."""

SUFFIXES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz", ".parquet")

_NEEDED = ("device", "time", "lon", "lat")
_OPTIONAL = ("accuracy_m", "heading_deg", "speed_kmh")


@dataclass(frozen=True, eq=False)
class Told:
    """Fixes as columns, n rows in any order. device (n,) any values that name vehicles; time_s (n,) float64 unix;
    lonlat (n, 2) float64 degrees WGS-84; accuracy_m, heading_deg, speed_kmh (n,) float64, NaN = not told;
    is_simulated (n,) bool.
    """

    device: NDArray[Any]
    time_s: NDArray[np.float64]
    lonlat: NDArray[np.float64]
    accuracy_m: NDArray[np.float64]
    heading_deg: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]
    is_simulated: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.time_s)


def read_fixes(file: Path, at_once: int = MOST_AT_ONCE) -> Iterator[Told]:
    """The fixes of a file, in pieces of at most `at_once`.

    Raises BadInput naming the line or column for a file that is none of fixes; NotInstalled for Parquet without
    pyarrow.
    """
    name = file.name.lower()
    if name.endswith(".parquet"):
        yield from _read_parquet(file, at_once)
    elif name.endswith(SUFFIXES):
        yield from _read_lines(file, at_once)
    else:
        raise BadInput(f"{file}: fixes are read from {', '.join(SUFFIXES)}")


def is_archive(file: Path) -> bool:
    """Whether a file's name says that it holds fixes."""
    return file.name.lower().endswith(SUFFIXES)


def _read_lines(file: Path, at_once: int) -> Iterator[Told]:
    is_packed = file.name.lower().endswith(".gz")
    with gzip.open(file, "rb") if is_packed else file.open("rb") as lines:
        first = 1
        try:
            while rows := list(islice(lines, at_once)):
                yield _told([_row(line, file, number) for number, line in enumerate(rows, first) if line.strip()])
                first += len(rows)
        except (gzip.BadGzipFile, EOFError) as error:
            raise BadInput(f"{file}: not gzip: {error}") from error


def _row(line: bytes, file: Path, number: int) -> tuple[Any, ...]:
    try:
        fix = orjson.loads(line)
        needed = str(fix["device"]), _seconds(fix["time"]), float(fix["lon"]), float(fix["lat"])
        return (*needed, *(_number(fix, name) for name in _OPTIONAL), bool(fix.get("simulated", False)))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BadInput(
            f'{file}, line {number}: {error}; a fix is {{"device":"a","time":1760000000,"lon":125.1,"lat":46.6}}'
        ) from error


def _number(fix: Mapping[str, Any], name: str) -> float:
    value = fix.get(name)
    return float("nan") if value is None else float(value)


def _seconds(value: Any) -> float:
    """Unix seconds of a number or of RFC 3339 text with a zone."""
    if isinstance(value, int | float):
        return float(value)
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(f"time {value!r} has no zone; end it with Z or +08:00")
    return moment.timestamp()


def _told(rows: list[tuple[Any, ...]]) -> Told:
    columns = list(zip(*rows)) if rows else [()] * 8
    device = np.array(columns[0], object)
    time_s, lon, lat, accuracy_m, heading_deg, speed_kmh = (np.array(each, np.float64) for each in columns[1:7])
    lonlat = np.column_stack([lon, lat])
    return Told(device, time_s, lonlat, accuracy_m, heading_deg, speed_kmh, np.array(columns[7], bool))


def _read_parquet(file: Path, at_once: int) -> Iterator[Told]:
    try:
        import pyarrow as pa  # heavy optional: 40 MB, extra `archives`
        import pyarrow.parquet as pq  # heavy optional: see above
    except ImportError as error:
        raise NotInstalled("Parquet needs pyarrow", hint="pip install 'location-cloud[archives]'") from error
    try:
        with pq.ParquetFile(file) as opened:
            if missing := [name for name in _NEEDED if name not in opened.schema_arrow.names]:
                raise BadInput(f"{file}: there is no column {missing[0]!r}; needed are {', '.join(_NEEDED)}")
            wanted = [name for name in (*_NEEDED, *_OPTIONAL, "simulated") if name in opened.schema_arrow.names]
            for batch in opened.iter_batches(at_once, columns=wanted):
                yield _told_of_batch(batch, pa, file)
    except pa.ArrowInvalid as error:
        raise BadInput(f"{file}: not Parquet: {error}") from error


def _told_of_batch(batch: Any, pa: Any, file: Path) -> Told:
    columns = {name: batch.column(place) for place, name in enumerate(batch.schema.names)}
    if any(columns[name].null_count for name in _NEEDED):
        raise BadInput(f"{file}: device, time, lon and lat may not be null")
    time = columns["time"]
    if pa.types.is_timestamp(time.type):
        time_s = time.cast(pa.timestamp("us", time.type.tz)).cast(pa.int64()).to_numpy(zero_copy_only=False) / 1e6
    else:
        time_s = time.cast(pa.float64()).to_numpy(zero_copy_only=False)
    missing = np.full(batch.num_rows, np.nan)

    def numbers(name: str) -> NDArray[np.float64]:
        column = columns.get(name)
        return missing if column is None else column.cast(pa.float64()).to_numpy(zero_copy_only=False)

    simulated = columns.get("simulated")
    is_simulated = (
        np.zeros(batch.num_rows, bool)
        if simulated is None
        else np.array(simulated.fill_null(False).to_numpy(zero_copy_only=False), bool)
    )
    device = columns["device"].to_numpy(zero_copy_only=False)
    lonlat = np.column_stack([numbers("lon"), numbers("lat")])
    accuracy_m, heading_deg, speed_kmh = (numbers(name) for name in _OPTIONAL)
    seconds = np.asarray(time_s, np.float64)
    return Told(device, seconds, lonlat, accuracy_m, heading_deg, speed_kmh, is_simulated)
