"""All that is said of a caller's place, read and put on one plane; words in Chinese apart, which need a map."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from location_cloud.callers.aml import Aml, circle_sigma_m, parse_aml, sigma_m
from location_cloud.callers.aml_form import check_signature, is_signed, parse_form
from location_cloud.callers.cell_sector import place_sector
from location_cloud.callers.estimate import Source
from location_cloud.callers.gsm7 import unpack_sms
from location_cloud.callers.mixture import gaussian
from location_cloud.callers.model import MOST_ARRIVALS, MOST_SITE_KM, MOST_STRENGTHS, Excluded, LonLat, Phone, Said
from location_cloud.callers.multilateration import multilaterate
from location_cloud.callers.plane import Plane
from location_cloud.callers.rssi import Rings, find_ring
from location_cloud.errors import BadQuery, TooLarge

Floats = npt.NDArray[np.float64]


@dataclass
class Gathered:
    """What is read so far. plane: around the first position that is named; None = none was."""

    plane: Plane | None = None
    sources: list[Source] = field(default_factory=list)
    excluded: list[Excluded] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    messages: list[Aml] = field(default_factory=list)

    def add_fix(self, name: str, lonlat: LonLat, sigma: float) -> None:
        """A position with the same error to all sides, standard deviation in metres."""
        self.sources.append(Source(name, gaussian(self.on_plane([lonlat]), sigma)))

    def on_plane(self, lonlats: list[LonLat]) -> Floats:
        """(n, 2) metres."""
        if self.plane is None:
            self.plane = Plane(lonlats[0])
        return self.plane.to_xy(lonlats)


def gather(said: Said, aml_keys: tuple[bytes, ...] = ()) -> Gathered:
    """Everything but the words of an SMS. aml_keys: any of them proves an AML form; () = none can be proven.

    Raises BadQuery for what cannot be read, Denied for a form with a wrong HMAC, TooLarge over a ceiling, Unprocessable
    for towers that give no position.
    """
    found = Gathered()
    if said.aml_form is not None:
        if is_signed(said.aml_form) and aml_keys:
            check_signature(said.aml_form, aml_keys)
        else:
            found.warnings.append(f"aml_form is not proven: {'it has no HMAC' if aml_keys else 'no key is set'}")
    for name, message in read_messages(said):
        _add_message(found, name, message)
    if said.point is not None:
        if said.accuracy_m is None:
            raise BadQuery("point has no accuracy_m", hint="metres within which it is in confidence_percent of cases")
        found.add_fix("point", said.point, sigma_m(said.accuracy_m, said.confidence_percent))
    _add_radio(found, said)
    return found


def read_messages(said: Said) -> list[tuple[str, Aml]]:
    """What the phone tells by itself, by the name that the question has for it. Raises BadQuery for what is no AML."""
    found = []
    if said.aml is not None:
        found.append(("aml", parse_aml(said.aml)))
    if said.aml_sms_hex is not None:
        found.append(("aml_sms_hex", parse_aml(unpack_sms(said.aml_sms_hex))))
    if said.aml_form is not None:
        found.append(("aml_form", parse_form(said.aml_form)))
    return found


def phone_of(messages: list[Aml]) -> Phone:
    """What they tell of the phone; of several the first that says something."""
    told: dict[str, str] = {}
    for message in messages:
        told |= {name: value for name, value in vars(message.phone).items() if value and name not in told}
    return Phone(**told)


def _add_message(found: Gathered, name: str, message: Aml) -> None:
    found.messages.append(message)
    doubts = list(message.warnings)
    if message.position is not None:
        found.add_fix(name, message.position, circle_sigma_m(message, doubts))
    found.warnings.extend(f"{name}: {doubt}" for doubt in doubts)


def _add_radio(found: Gathered, said: Said) -> None:
    for name, given, most in (("tdoa", said.tdoa, MOST_ARRIVALS), ("rssi", said.rssi, MOST_STRENGTHS)):
        if len(given) > most:
            raise TooLarge(f"{name} has {len(given)} entries; the most is {most}", hint="send the strongest")
    if said.tdoa:
        sigma_ns = np.array([each.sigma_ns for each in said.tdoa], np.float64)
        sites_m = _sites(found, "tdoa", [each.site for each in said.tdoa])
        told = multilaterate(sites_m, [each.time_ns for each in said.tdoa], sigma_ns)
        found.sources.append(Source("tdoa", told.density))
        found.excluded.extend(told.excluded)
        found.warnings.extend(f"tdoa: {warning}" for warning in told.warnings)
    if said.sector is not None:
        site_m = _sites(found, "sector", [said.sector.site])[0]
        found.sources.append(Source("sector", place_sector(said.sector, site_m)))
    if said.rssi:
        sites_m = _sites(found, "rssi", [each.site for each in said.rssi])
        rings = tuple(find_ring(each, site_m) for each, site_m in zip(said.rssi, sites_m, strict=True))
        found.sources.append(Source("rssi", Rings(rings)))


def _sites(found: Gathered, name: str, sites: list[LonLat]) -> Floats:
    placed = found.on_plane(sites)
    furthest_km = float(np.linalg.norm(placed - placed[0], axis=1).max()) / 1000
    if furthest_km > MOST_SITE_KM:
        raise BadQuery(
            f"{name}: sites lie {furthest_km:,.0f} km apart; the most is {MOST_SITE_KM:g} km", hint="site is [lon, lat]"
        )
    return placed
