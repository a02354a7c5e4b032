"""What every edge of a family's graph costs a profile, for all conditions that a request or the hour may set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.conditions import Situation, holds
from location_cloud.directions.costs import Costs, edge_costs, full_size, shut_gates
from location_cloud.directions.model import Options
from location_cloud.directions.network import Network
from location_cloud.directions.profiles import Profile
from location_cloud.directions.turn_delays import turn_delays_ms
from location_cloud.roads.countries import get_country
from location_cloud.roads.model import Roads
from routing import gates
from routing.trip import CLOSED

MOMENTS_KEPT = 4096
"""Moments whose conditions are kept: reading those of a city's signs takes 0.5 ms, a route 0.1 ms."""


def snapshot_costs(network: Network) -> Costs:
    """What every road edge costs in a snapshot's own network."""
    roads = network.graph.roads
    return Costs(network.metric.cost_ms[:roads], network.local_ms[:roads])


class Weigher:
    """Costs over one snapshot's roads. May be shared by all threads.

    networks: the snapshot's own, by profile; their costs are those without options, hour and live data.
    profiles: by name. fingerprint: changes with the profiles, so that costs kept from before are told apart.
    """

    def __init__(self, roads: Roads, profiles: Mapping[str, Profile], networks: Mapping[str, Network]) -> None:
        self.roads = roads
        self.fingerprint = blake2b(repr(sorted(profiles.items())).encode(), digest_size=8).hexdigest()
        self.profiles = profiles
        self._networks = networks
        side = get_country(roads.country_code).driving_side
        self._turn_ms = {name: turn_delays_ms(profile, side) for name, profile in profiles.items()}
        self._texts: dict[str, tuple[str, ...]] = {}
        self._held: dict[tuple[str, Options, datetime], bytes] = {}

    def heeds_speeds(self, profile: str) -> bool:
        """Whether measured speeds of the traffic say anything about this profile."""
        return self.profiles[profile].live_share > 0

    def road_costs(
        self, profile: str, options: Options, at: datetime | None, speeds_kmh: NDArray[np.float32] | None
    ) -> Costs:
        """What every road edge costs. at: the city's wall clock. speeds_kmh: (roads,), NaN = not known. BadQuery."""
        network = self._networks[profile]
        base = None if options.season else snapshot_costs(network)
        return edge_costs(self.roads, self.profiles[profile], options, at, speeds_kmh, base)

    def graph_costs(
        self, profile: str, road_ms: NDArray[np.int32], options: Options, at: datetime | None
    ) -> NDArray[np.int32]:
        """What every edge of the graph costs, aliases included, when road edges cost this."""
        family = self._networks[profile].family
        is_shut = shut_gates(family.gates, self.profiles[profile], at, options)
        edge_ms = gates.edge_costs(family.graph, road_ms, is_shut, self._turn_ms[profile])
        edge_ms[family.hierarchy.is_drivable == 0] = CLOSED
        return edge_ms

    def conditions(self, profile: str, options: Options, at: datetime | None) -> bytes:
        """Which conditions of signs hold for the profile: equal ones give equal costs.

        b"" where no hour is told, and at all hours when the same conditions hold.
        """
        if at is None:
            return b""
        key = (profile, options, at)
        if (kept := self._held.get(key)) is None:
            if len(self._held) >= MOMENTS_KEPT:
                self._held.clear()
            kept = self._held[key] = self._read_conditions(profile, options, at)
        return kept

    def _read_conditions(self, profile: str, options: Options, at: datetime) -> bytes:
        said = self.profiles[profile]
        timeless = Situation(said, full_size(said, options.vehicle), options.season)
        texts = self._conditions_of(profile)
        now, ever = (bytes(holds(text, each) for text in texts) for each in (replace(timeless, at=at), timeless))
        return b"" if now == ever else now

    def _conditions_of(self, profile: str) -> tuple[str, ...]:
        if profile not in self._texts:
            rows = self.roads.when_vehicles & self.profiles[profile].access != 0
            texts = {self.roads.names[number] for number in np.unique(self.roads.when_text[rows]).tolist() if number}
            texts |= {gate.condition for gate in self._networks[profile].family.gates if gate.condition}
            self._texts[profile] = tuple(sorted(texts))
        return self._texts[profile]
