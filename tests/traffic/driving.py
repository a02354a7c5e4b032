"""Vehicles that drive the drawn town at a made-up speed, and the job that listens to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from traffic_town import Town, draw_town

from location_cloud.directions.deriving import Deriver, open_deriver
from location_cloud.tracks.model import Arriving
from location_cloud.tracks.service import store_fixes
from location_cloud.traffic.deriving import Plan, Traffic
from location_cloud.traffic.now import Publisher
from tests.draw import Drawing

NOW = datetime.now(UTC).replace(microsecond=0)


def send_drive(town: Town, drawing: Drawing, signs: str, kmh: float, name: str = "taxi", is_simulated: bool = False,
               until: datetime = NOW, every_s: float = 5.0) -> int:  # fmt: skip
    """Fixes of a vehicle that drives straight from sign to sign and arrives at a time; how many were accepted."""
    places = np.array([drawing.lonlat[sign] for sign in signs])
    metres = np.hypot(*(np.diff(places, axis=0) * (76_500.0, 111_200.0)).T)
    along = np.concatenate([[0.0], np.cumsum(metres)])
    seconds = np.arange(0.0, along[-1] / kmh * 3.6, every_s)
    lonlat = np.stack([np.interp(seconds * kmh / 3.6, along, places[:, axis]) for axis in (0, 1)], axis=1)
    begin_ms = 1000 * (until.timestamp() - seconds[-1])
    count, unknown = len(seconds), np.full(len(seconds), np.nan)
    arriving = Arriving(
        (name,),
        np.zeros(count, np.int64),
        (begin_ms + 1000 * seconds).astype(np.int64),
        np.arange(count),
        lonlat,
        unknown,
        unknown,
        np.full(count, 5.0),
        np.full(count, is_simulated),
        np.zeros(count, bool),
        "http",
    )
    return store_fixes(town.live, town.home, "default", arriving, until).accepted


def send_taxis(town: Town, signs: str, kmh: float, is_simulated: bool = False) -> None:
    """Three vehicles that drive one behind the other: of a single slow one nobody knows whether it waits."""
    for number in range(3):
        until = NOW - timedelta(seconds=10 * number)
        assert send_drive(town, draw_town(), signs, kmh, f"taxi {number}", is_simulated, until)


class Worker:
    """The jobs of directions and traffic, run by hand."""

    def __init__(self, town: Town) -> None:
        town.publisher.close()
        self._town = town
        self._deriver: Deriver = open_deriver(town.snapshot, town.home, "default")
        self.traffic = Traffic(town.snapshot, Plan())

    def run(self, after_s: float = 0.0) -> bool:
        """One round at so long after NOW; whether a picture was published."""
        now = NOW + timedelta(seconds=after_s)
        self._deriver.derive(self._town.live, now)
        is_new = self.traffic.run(self._town.live, now)
        self._deriver.derive(self._town.live, now)
        return is_new

    def restart(self) -> None:
        """Another process takes over."""
        self.traffic.close()
        self.traffic = Traffic(self._town.snapshot, Plan())

    def close(self) -> None:
        self.traffic.close()
        self._town.publisher = Publisher(self._town.roads, self._town.snapshot.folder)
