"""Where the parts are joined: settings in, a Flask application out."""

from __future__ import annotations

import logging
import resource
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Flask

from location_cloud.capabilities import CAPABILITIES
from location_cloud.capability import Capability, Operation, Section
from location_cloud.http import system as system_operations
from location_cloud.http.context import System
from location_cloud.http.lane import Lane
from location_cloud.http.metrics import Metrics
from location_cloud.http.parameters import Query
from location_cloud.http.web import Door, build_flask
from location_cloud.settings import Settings, load_settings
from location_cloud.storage.live import Live, open_live
from location_cloud.storage.snapshot import Snapshot, Snapshots
from location_cloud.storage.world import FeatureSource, OnIncident, PlaceFinder, TileSource, WeatherTeller, Worlds


def create_app(settings: Settings) -> Flask:
    """The whole product as one WSGI application.

    Raises ValueError if two operations claim one name or address, or an operation is declared wrongly.
    """
    live = open_store(settings)
    operations = all_operations(CAPABILITIES)
    worlds = Worlds(
        Snapshots(settings.home),
        live,
        poll_s=settings.pointer_poll_s,
        preload=all_sections(CAPABILITIES),
        open_overlay=partial(open_overlays, CAPABILITIES, settings),
        tile_sources=all_tile_sources(CAPABILITIES),
        on_incident=all_on_incident(CAPABILITIES),
        feature_sources=all_feature_sources(CAPABILITIES),
        place_finders=all_place_finders(CAPABILITIES),
        weather_tellers=all_weather_tellers(CAPABILITIES),
    )
    metrics = Metrics(settings.home / "run" / "metrics", ("none", *(operation.name for operation in operations)))
    system = System(settings, CAPABILITIES, operations, worlds, live, metrics, utc_now)
    door = Door(system)
    flask = build_flask(system, door)
    flask.wsgi_app = Lane(system, door, flask.wsgi_app)  # type: ignore[method-assign]  # Flask's own way to wrap it
    flask.extensions["location_cloud"] = system
    return flask


def serve_app() -> Flask:
    """The application for a web worker process: its settings come from the environment."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    settings, _ = load_settings()
    return create_app(settings)


def open_store(settings: Settings) -> Live:
    """The live store with every capability's tables up to date. Raises BadInput if it lacks what the settings ask."""
    allow_many_files()
    live = open_live(settings.live_url, settings.home)
    try:
        live.migrate({capability.name: capability.migrations() for capability in CAPABILITIES})
        for capability in CAPABILITIES:
            capability.check_store(live, settings)
    except BaseException:
        live.close()
        raise
    return live


def allow_many_files() -> None:
    """Lets this process open as many files as the system permits: every mapped array of a snapshot is one, a few
    hundred each, and the usual soft limit is 1,024.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def all_operations(capabilities: tuple[Capability, ...]) -> tuple[Operation, ...]:
    """Every HTTP question, checked: names and addresses unique, parameters derived from Query, slices named."""
    operations = (
        *system_operations.OPERATIONS,
        *(operation for capability in capabilities for operation in capability.operations()),
    )
    seen: set[Any] = set()
    for operation in operations:
        for claim in (operation.name, (operation.method, operation.path)):
            if claim in seen:
                raise ValueError(f"two operations claim {claim}")
            seen.add(claim)
        if not issubclass(operation.In, Query):
            raise ValueError(f"{operation.name}: In must derive from http.parameters.Query")
    return operations


def all_sections(capabilities: tuple[Capability, ...]) -> tuple[Section[Any], ...]:
    """Every section of the snapshot."""
    return tuple(section for capability in capabilities for section in capability.sections())


def all_tile_sources(capabilities: tuple[Capability, ...]) -> tuple[TileSource, ...]:
    """Where tile sets come from, in menu order."""
    return tuple(source for capability in capabilities if (source := capability.find_tile_sets()) is not None)


def all_place_finders(capabilities: tuple[Capability, ...]) -> tuple[PlaceFinder, ...]:
    """Who tells which place words mean, in menu order."""
    return tuple(finder for capability in capabilities if (finder := capability.find_place_finder()) is not None)


def all_weather_tellers(capabilities: tuple[Capability, ...]) -> tuple[WeatherTeller, ...]:
    """Who tells the weather, in menu order."""
    return tuple(teller for capability in capabilities if (teller := capability.find_weather()) is not None)


def all_feature_sources(capabilities: tuple[Capability, ...]) -> tuple[FeatureSource, ...]:
    """Where collections of features come from, in menu order."""
    return tuple(source for capability in capabilities if (source := capability.find_feature_sets()) is not None)


def all_on_incident(capabilities: tuple[Capability, ...]) -> tuple[OnIncident, ...]:
    """What joins the transaction of an incident's change, in menu order."""
    return tuple(hook for capability in capabilities if (hook := capability.find_on_incident()) is not None)


def open_overlays(capabilities: tuple[Capability, ...], settings: Settings, snapshot: Snapshot) -> dict[str, Any]:
    """What each capability keeps for a snapshot in this process, by its name."""
    return {
        capability.name: capability.open_overlay(snapshot, settings)
        for capability in capabilities
        if capability.overlay and all(section.name in snapshot.manifest.sections for section in capability.sections())
    }


def utc_now() -> datetime:
    """The clock of the product."""
    return datetime.now(UTC)
