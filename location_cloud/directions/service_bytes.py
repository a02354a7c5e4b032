"""Ways between two plain places, from the question to the bytes of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from location_cloud.directions import osrm_writer, route_writer
from location_cloud.directions.dataset import SECTION
from location_cloud.directions.guidance import build_guide
from location_cloud.directions.guided_path import Streets
from location_cloud.directions.model import Ask, Place
from location_cloud.directions.network import Network
from location_cloud.directions.service import get_metrics, get_profile
from location_cloud.roads.dataset import SECTION as ROADS

if TYPE_CHECKING:
    from location_cloud.storage.world import World


def write_route(
    world: World,
    ask: Ask,
    ends: tuple[Place, Place],
    line: int,
    with_steps: bool,
    language: str,
    alternatives: int = 0,
) -> tuple[bytes, str, float] | None:
    """The drive between two plain places, and up to so many others, as /v1/route tells them
    (`route_writer.Writer.answer`), the metric's version and time; or None. Raises NotFound for an unknown profile.
    """
    name, streets, directions = *_streets(world, ask.profile), world.section(SECTION)
    writer = route_writer.Writer(streets, directions.index, directions.shapes)

    def compute(network: Network) -> tuple[bytes, str, float] | None:
        answer = writer.answer(network, *ends, line, with_steps, language, alternatives)
        return None if answer is None else (answer, network.version, network.as_of)

    return get_metrics(world).answer(world, name, ask.options, ask.at, ask.tenant, compute)


def write_osrm_route(
    world: World,
    ask: Ask,
    ends: tuple[Place, Place],
    geometry: int,
    overview: int,
    with_steps: bool,
    with_waypoints: bool,
    with_hints: bool,
    alternatives: int = 0,
) -> bytes | None:
    """The same as OSRM's route service tells it (`osrm_writer.Writer.answer`), or None."""
    name, writer = _streets(world, ask.profile)[0], get_osrm_writer(world, ask.profile)

    def compute(network: Network) -> bytes | None:
        return writer.answer(network, *ends, geometry, overview, with_steps, with_waypoints, with_hints, alternatives)

    return get_metrics(world).answer(world, name, ask.options, ask.at, ask.tenant, compute)


def get_osrm_writer(world: World, profile: str) -> osrm_writer.Writer:
    """What writes a profile's routes as OSRM does. Raises NotFound for an unknown profile."""
    directions = world.section(SECTION)
    return osrm_writer.Writer(_streets(world, profile)[1], directions.index, directions.shapes)


def _streets(world: World, profile: str) -> tuple[str, Streets]:
    """The profile's own name, and what kernels know of its streets; kept with the snapshot."""
    directions = world.section(SECTION)
    kept: dict[str, tuple[str, Streets]] = directions.__dict__.setdefault("streets", {})
    found = kept.get(profile)
    if found is None:
        known, guide = get_profile(directions, profile), build_guide(world.section(ROADS), directions.star)
        found = kept[profile] = known.name, Streets(guide, known, directions.networks[known.name].local_ms)
    return found
