"""What the addresses of imagery have in common: the set that is meant, and the look that is asked."""

from __future__ import annotations

from location_cloud.capability import Call
from location_cloud.imagery.model_look import Look
from location_cloud.imagery.model_mosaic import SceneSet
from location_cloud.imagery.schema import WithLook
from location_cloud.imagery.service_scenes import get_set


def asked_set(call: Call, name: str) -> SceneSet:
    """The set. Raises NotFound if the caller sees none of that name."""
    return get_set(call.live, call.tenant, call.home, name)


def asked_look(params: WithLook) -> Look:
    """How it shall be drawn."""
    ranges = tuple((float(low), float(high)) for low, _, high in (each.partition(",") for each in params.rescale))
    return Look(
        bands=tuple(int(band) for band in params.bidx),
        expression=params.expression,
        rescale=ranges,
        colormap=params.colormap_name,
        algorithm=params.algorithm or None,
        azimuth_deg=params.azimuth,
        altitude_deg=params.angle_altitude,
        exaggeration=params.z_exaggeration,
        interval_m=params.increment,
        order=params.order,
        taken=interval(params.datetime),
    )


def interval(text: str) -> tuple[str, str] | None:
    """A STAC datetime (a/b, a/.., ../b or a) as two moments, "" = open; None if nothing is asked."""
    if not text:
        return None
    first, slash, last = text.partition("/")
    last = last if slash else first
    return first.replace("..", ""), last.replace("..", "")
