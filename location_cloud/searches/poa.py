"""The probability of area (POA) of every cell, from layers that can be switched, weighed and told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.searches.cells import Floats

LEAST_REST = 0.05
"""Of mass kept for the rest of the world whatever the layers say: the scenario may be wrong."""


@dataclass(frozen=True)
class Layer:
    """What one kind of knowledge says.

    value: (rows, columns) >= 0, in any unit: a probability of each cell or a likelihood. weight: exponent (0 =
    switched off, 1 = as it stands, below 1 = believed less). outside: mass that it puts outside the grid.
    """

    name: str
    value: Floats
    weight: float = 1.0
    outside: float = 0.0


@dataclass(frozen=True)
class Poa:
    """The map, with what is not on it.

    p: (rows, columns), with rest_of_world adding up to 1. shares: of layers, the part of the map's mass that would lie
    elsewhere without it; of scenarios, the part that it brings.
    """

    p: Floats
    rest_of_world: float
    shares: dict[str, float]


def combine(layers: Sequence[Layer], least_rest: float = LEAST_REST, with_shares: bool = True) -> Poa:
    """The map that follows from independent layers: the normalised product of their values, each to its weight.

    The rest of the world gets the largest `outside` of the layers in use, at least least_rest. All switched off:
    uniform. Raises BadQuery for an empty list, a name given twice, negative values, shapes that differ;
    Unprocessable when layers exclude each other and nothing is left.
    """
    if not layers:
        raise BadQuery("a map needs a layer", hint="switch one on")
    if len({each.name for each in layers}) < len(layers):
        raise BadQuery("two layers have the same name")
    if not 0 < least_rest < 1:
        raise BadQuery(f"least_rest={least_rest} must be above 0 and below 1", hint="0.05 is usual")
    used = [each for each in layers if each.weight != 0]
    values = [_scaled(each, layers[0].value.shape) for each in used]
    before: list[Floats | None] = []  # the product of the layers in front of each, None = there is none
    product: Floats | None = None
    for value in values:
        before.append(product)
        product = value if product is None else product * value
    if product is None:
        product = np.ones(layers[0].value.shape)
    total = product.sum()
    if not total > 0:
        raise Unprocessable(
            f"the layers {', '.join(each.name for each in used)} exclude each other: no cell is left",
            hint="switch one off, or give it a trust or weight below 1",
        )
    rest = max([least_rest, *(min(each.outside, 1.0) for each in used)])
    if rest >= 1:
        raise Unprocessable("all of the subject's mass lies outside the map", hint="move or widen it")
    p = product * ((1 - rest) / total)
    shares = {each.name: 0.0 for each in layers}
    if with_shares:
        behind: Floats | None = None  # the product of the layers after each
        scratch = np.empty_like(p)
        for each, value, front in zip(reversed(used), reversed(values), reversed(before)):
            parts = [part for part in (front, behind) if part is not None]
            if len(parts) == 2:
                np.multiply(parts[0], parts[1], out=scratch)
            without = scratch if len(parts) == 2 else parts[0] if parts else np.ones_like(p)
            shares[each.name] = _moved(p, without, 1 - rest, scratch)
            behind = value if behind is None else behind * value
    return Poa(p, rest, shares)


def mix(scenarios: Sequence[tuple[str, float, Poa]]) -> Poa:
    """The map of several stories of what happened, (name, weight, map) each: weights are normalised and added up.

    Raises BadQuery without a positive weight, for a negative one, or for shapes that differ.
    """
    total = sum(weight for _, weight, _ in scenarios)
    if not total > 0 or any(weight < 0 for _, weight, _ in scenarios):
        raise BadQuery(
            "scenarios need weights of 0 or more, one at least above 0", hint="weights are parts, 3 and 1 for instance"
        )
    if len({each.p.shape for _, _, each in scenarios}) > 1:
        raise BadQuery("maps of one mixture must have the same shape")
    p = np.zeros(scenarios[0][2].p.shape)
    for _, weight, each in scenarios:
        p += weight / total * each.p
    rest = sum(weight / total * each.rest_of_world for _, weight, each in scenarios)
    return Poa(p, rest, {name: weight / total for name, weight, _ in scenarios})


def _scaled(layer: Layer, shape: tuple[int, ...]) -> Floats:
    """The layer to its weight, checked."""
    if layer.value.shape != shape:
        raise BadQuery(f"layer {layer.name} has the shape {layer.value.shape}, others {shape}")
    low, top = float(layer.value.min()), float(layer.value.max())
    if not (low >= 0 and np.isfinite(top) and 0 <= layer.weight <= 10):
        raise BadQuery(
            f"layer {layer.name} must be finite and 0 or more, its weight in [0, 10]",
            hint="a weight of 1 takes it as it stands",
        )
    if top == 0:
        raise Unprocessable(f"layer {layer.name} is 0 everywhere", hint="switch it off, or move or widen the map")
    # Products of many layers must not leave the range of numbers.
    value = layer.value if 1e-12 < top < 1e12 and layer.weight == 1 else layer.value * (1 / top)
    return value if layer.weight == 1 else np.asarray(value**layer.weight)


def _moved(p: Floats, without: Floats, mass: float, scratch: Floats) -> float:
    """Share of the map's mass that lies elsewhere in the other map; without: not normalised, may be the scratch."""
    total = without.sum()
    if not total > 0:
        return 1.0
    np.multiply(without, -mass / total, out=scratch)
    scratch += p
    np.abs(scratch, out=scratch)
    return float(scratch.sum() / (2 * mass))
