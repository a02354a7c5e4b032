"""What is said of a caller's place, the position found from it, and a call as it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from location_cloud.secrecy import Secrecy

LonLat: TypeAlias = tuple[float, float]

DESK, PRIVATE, PHONE = "rescue:desk", "rescue:private", "rescue:phone"
"""Scopes: the duty desk; personal data in clear; a phone's message taken and nothing else."""

Rat = Literal["gsm", "lte", "nr"]
"""Radio access technology of a cell."""

MOST_ARRIVALS, MOST_STRENGTHS = 32, 16
"""Towers of one question: nobody hears more, and each costs time."""

MOST_SITE_KM = 300.0
"""Furthest that towers of one measurement lie from the first: a phone is heard over 35 km, GSM's longest, or 100 km,
LTE's; beyond that somebody mixed up coordinates."""

LEVEL = 0.95
"""Share of cases in which the ellipse holds the caller."""


# --- what is said ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrival:
    """When a tower heard the phone: on the towers' common clock, nanoseconds; sigma_ns: its standard deviation."""

    site: LonLat
    time_ns: int | float
    sigma_ns: float


@dataclass(frozen=True)
class Sector:
    """The cell that serves the phone.

    azimuth: direction of the beam, degrees from north. beam: its width at half power, degrees; 360 = all around.
    ta: timing advance as the network counts it, None = not told, then range_m says how far the cell reaches.
    mu: numerology of an NR cell, subcarriers 15 * 2**mu kHz apart.
    """

    site: LonLat
    azimuth: float
    beam: float
    ta: int | None
    rat: Rat
    mu: int | None = None
    range_m: float | None = None


@dataclass(frozen=True)
class Strength:
    """How strong the phone hears a transmitter, dBm, where at reference_m metres it would hear reference_dbm.

    exponent: of the loss with distance, 2 in free space. sigma_db: standard deviation of a single reading.
    """

    site: LonLat
    rssi_dbm: float
    reference_dbm: float
    reference_m: float
    exponent: float
    sigma_db: float


@dataclass(frozen=True)
class Said:
    """All that is said of a place; what is None or empty is not said.

    aml: text of an AML message. aml_sms_hex: the same as a data SMS. aml_form: body of AML over HTTPS. point: a fix,
    which is within accuracy_m in confidence_percent of cases. sms: words of an SMS to 12110.
    """

    aml: str | None = None
    aml_sms_hex: str | None = None
    aml_form: str | None = None
    tdoa: tuple[Arrival, ...] = ()
    sector: Sector | None = None
    rssi: tuple[Strength, ...] = ()
    point: LonLat | None = None
    accuracy_m: float | None = None
    confidence_percent: float = 68.0
    sms: str | None = None


# --- what is found -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ellipse:
    """Around the position. azimuth_deg: of the longer half axis, from north, [0, 180). level: share that it holds."""

    semi_major_m: float
    semi_minor_m: float
    azimuth_deg: float
    level: float = LEVEL


@dataclass(frozen=True)
class Excluded:
    """A measurement that was left out, as the question names it ("tdoa[2]", "sector"), and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Phone:
    """What a message tells of the phone besides its place. Personal: number, imsi, imei, iccid."""

    number: str = ""
    imsi: str = ""
    imei: str = ""
    iccid: str = ""
    model: str = ""
    language: str = ""
    network: str = ""
    home_network: str = ""
    emergency_number: str = ""


@dataclass(frozen=True)
class Height:
    """altitude_m: above the ellipsoid or sea as the phone counts. floor: as an elevator's button says it; "" = not."""

    altitude_m: float | None = None
    accuracy_m: float | None = None
    floor: str = ""


@dataclass(frozen=True)
class Located:
    """Where the caller is.

    area: GeoJSON of the ground that holds the caller at LEVEL. method: names of what it was found from, joined by "+".
    address: what a crew is told, as of places' dispatch profile; None = the map has none. sms: what the words of an SMS
    were read as. positioned_at: when the phone was there, None = not told.
    """

    position: LonLat
    ellipse: Ellipse
    area: dict[str, Any]
    method: str
    excluded: tuple[Excluded, ...] = ()
    warnings: tuple[str, ...] = ()
    address: dict[str, Any] | None = None
    height: Height | None = None
    positioned_at: datetime | None = None
    phone: Phone = field(default_factory=Phone)
    sms: dict[str, str] | None = None


# --- calls -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A new call. words: what was said, "" = nothing. said: what its place is found from; without, the words are."""

    number: str = ""
    words: str = ""
    said: Said = field(default_factory=Said)
    received_at: datetime | None = None
    source: str = ""
    is_simulated: bool = False


@dataclass(frozen=True)
class Private:
    """What of a call is encrypted. messages: as they came, by the name that the question has for them."""

    number: str = ""
    words: str = ""
    phone: Phone = field(default_factory=Phone)
    sms: dict[str, str] | None = None
    messages: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A call as it is kept.

    located: Located as JSON without phone and sms, None = nobody could tell where; warnings say why. source: who
    passed it on. same_number: ids of other calls from the number within SAME_NUMBER_H.
    """

    id: int
    received_at: datetime
    private: Private
    located: dict[str, Any] | None
    warnings: tuple[str, ...]
    source: str
    is_simulated: bool
    same_number: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sealed:
    """The same as the store has it. private: encrypted. mark: of the number (`Secrecy.mark`), "" = none."""

    received_at: datetime
    private: bytes
    located: dict[str, Any] | None
    warnings: tuple[str, ...]
    source: str
    is_simulated: bool
    mark: str
    id: int = 0


@dataclass(frozen=True)
class Read:
    """Somebody read a call's personal data in clear. who: id of the key, "local" for a caller on this machine."""

    number: int
    call: int
    at: datetime
    who: str


@dataclass(frozen=True)
class Kept:
    """What a process keeps. secrecy: keys of personal data. aml_keys: of AML over HTTPS, () = none is agreed."""

    secrecy: Secrecy
    aml_keys: tuple[bytes, ...] = ()


SAME_NUMBER_H = 24.0
"""Calls from one number within so many hours are shown with each other: a phone's message and its owner's voice."""
