"""Simulator: vehicles on the city's real roads and cases in its grids, for demonstrations, tests and benchmarks.

Vehicles meet rush hours, hot spots, signals and incidents that were made up from a seed, and report as real devices do:
noisy, late, twice, out of order, not in tunnels. Everything that comes out of it says that it is simulated; what was
true is exported, so that what is made of the reports can be scored. Cases come by class, hour, weekday, season and
weather, and simulated people take them through the real case engine, sometimes late, sometimes twice.
"""

from __future__ import annotations

from location_cloud.capability import Capability, Command

CAPABILITY = Capability(
    name="simulator",
    title={"zh-CN": "模拟车辆", "en": "Simulator"},
    commands=(
        Command(
            "simulate",
            "Drive simulated vehicles and send their fixes to a server, or to files; simulate cases and work on them.",
            "location_cloud.simulator.commands:simulate",
        ),
    ),
)
