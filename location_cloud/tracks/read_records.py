"""Fixes from the compact binary form: names of devices, then fixed records of 36 bytes."""

from __future__ import annotations

import numpy as np

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.tracks.model import MOST_FIXES, NOT_TOLD, Arriving, Floats
from location_cloud.tracks.read_rows import is_device, wrong_device

MAGIC = b"LCF1"

RECORD = np.dtype(
    [
        ("time_ms", "<i8"),  # unix milliseconds of the device's clock
        ("seq", "<i8"),  # -1 = none
        ("lon_e7", "<i4"),  # degrees * 10^7
        ("lat_e7", "<i4"),
        ("device", "<u4"),  # index into the names, from 0
        ("accuracy_dm", "<u2"),  # decimetres; 65535 = not told
        ("speed_e2", "<u2"),  # km/h * 100; 65535 = not told
        ("heading_e2", "<u2"),  # degrees * 100 clockwise from north; 65535 = not told
        ("flags", "u1"),  # 1 = simulated, 2 = no signal
        ("zero", "u1"),
    ]
)
"""One fix; little-endian, nothing between."""

SIMULATED, NO_SIGNAL = 1, 2
UNTOLD = 65_535

HINT = "LCF1, uint32 bytes of names, the names in UTF-8 with line feeds between, then records of 36 bytes"


def read_records(body: bytes, source: str) -> Arriving:
    """Columns of a binary body: MAGIC, uint32 length of the names in bytes, the names in UTF-8 separated by line feeds,
    then records of RECORD; all numbers little-endian. 10,000 fixes are 360 kB and take 1 ms.

    Raises BadQuery if it is malformed, TooLarge over MOST_FIXES.
    """
    if body[:4] != MAGIC or len(body) < 8:
        raise BadQuery(f"the body begins with {body[:4]!r}, not {MAGIC!r}", hint=HINT)
    begin = 8 + int.from_bytes(body[4:8], "little")
    if begin > len(body) or (len(body) - begin) % RECORD.itemsize:
        raise BadQuery(f"{len(body) - begin} bytes after the names are no multiple of {RECORD.itemsize}", hint=HINT)
    records = np.frombuffer(body, RECORD, offset=begin)
    if len(records) > MOST_FIXES:
        raise TooLarge(f"{len(records):,} fixes; the most is {MOST_FIXES:,}", hint="send them in parts")
    names = _names(body[8:begin])
    if (records["device"] >= len(names)).any() or (records["seq"] < NOT_TOLD).any():
        place = int(np.argmax((records["device"] >= len(names)) | (records["seq"] < NOT_TOLD)))
        raise BadQuery(f"record {place}: no such device or sequence number", hint=HINT)
    limit = np.int64(10**18)
    return Arriving(
        names,
        records["device"].astype(np.int64),
        np.clip(records["time_ms"], -limit, limit).astype(np.int64),
        records["seq"].astype(np.int64),
        np.stack([records["lon_e7"], records["lat_e7"]], axis=1) / 1e7,
        _told(records["speed_e2"], 100),
        _told(records["heading_e2"], 100),
        _told(records["accuracy_dm"], 10),
        (records["flags"] & SIMULATED) != 0,
        (records["flags"] & NO_SIGNAL) != 0,
        source,
    )


def write_records(arriving: Arriving) -> bytes:
    """The binary body of fixes, for clients of ours; all of them on the globe."""
    records = np.zeros(len(arriving), RECORD)
    for name in ("time_ms", "seq", "device"):
        records[name] = getattr(arriving, name)
    records["lon_e7"], records["lat_e7"] = np.rint(arriving.lonlat * 1e7).astype(np.int64).T
    for name, values, units in (
        ("accuracy_dm", arriving.accuracy_m, 10),
        ("speed_e2", arriving.speed_kmh, 100),
        ("heading_e2", arriving.heading_deg, 100),
    ):
        records[name] = np.where(np.isnan(values), UNTOLD, np.clip(np.nan_to_num(values) * units, 0, UNTOLD - 1))
    records["flags"] = arriving.is_simulated * SIMULATED + arriving.has_no_signal * NO_SIGNAL
    names = "\n".join(arriving.names).encode()
    return MAGIC + len(names).to_bytes(4, "little") + names + records.tobytes()


def _names(text: bytes) -> tuple[str, ...]:
    try:
        names = tuple(text.decode("utf-8").split("\n")) if text else ()
    except UnicodeDecodeError as error:
        raise BadQuery(f"the names of devices are not UTF-8: {error}", hint=HINT) from None
    if len(set(names)) < len(names) or len(names) > MOST_FIXES:
        raise BadQuery(f"each device is named once, and no more than {MOST_FIXES:,} are", hint=HINT)
    for place, name in enumerate(names):
        if not is_device(name):
            raise wrong_device(name, f"name {place}")
    return names


def _told(values: np.ndarray, units: int) -> Floats:
    return np.where(values == UNTOLD, np.nan, values / units)
