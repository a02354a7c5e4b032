"""MapLibre style expressions as Python functions: as much of them as the styles here use.

Source: MapLibre style specification, "Expressions".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Properties: TypeAlias = dict[str, Any]
Evaluate: TypeAlias = Callable[[Properties], Any]


def constant(value: Any) -> Evaluate:
    """A function that always gives the value; `fixed` tells it from others."""

    def give(properties: Properties) -> Any:
        return value

    give.fixed = True  # type: ignore[attr-defined]  # read below
    return give


def is_constant(evaluate: Evaluate) -> bool:
    """Whether it gives the same for every feature."""
    return getattr(evaluate, "fixed", False)


def compile_expression(expression: Any, zoom: float) -> Evaluate:
    """The expression at a zoom, as a function of a feature's properties.

    Raises ValueError for an operator that is not known here.
    """
    if not isinstance(expression, list):
        return constant(expression)
    if not expression or not isinstance(expression[0], str):
        return constant(expression)
    operator, *arguments = expression
    if operator == "literal":
        return constant(arguments[0])
    if operator == "zoom":
        return constant(zoom)
    if operator in ("get", "has"):
        return _property(operator, arguments[0])
    if operator == "match":
        return _match(arguments, zoom)
    if operator == "interpolate":
        return _interpolate(arguments, zoom)
    if operator == "step":
        return _step(arguments, zoom)
    compiled = [compile_expression(argument, zoom) for argument in arguments]
    evaluate = _operator(operator, compiled)
    return constant(evaluate({})) if all(map(is_constant, compiled)) else evaluate


def _property(operator: str, name: str) -> Evaluate:
    if operator == "get":
        return lambda properties: properties.get(name)
    return lambda properties: name in properties


def _operator(operator: str, compiled: list[Evaluate]) -> Evaluate:
    first = compiled[0]
    second = compiled[1] if len(compiled) > 1 else constant(None)
    known: dict[str, Evaluate] = {
        "!": lambda properties: not first(properties),
        "all": lambda properties: all(each(properties) for each in compiled),
        "any": lambda properties: any(each(properties) for each in compiled),
        "==": lambda properties: first(properties) == second(properties),
        "!=": lambda properties: first(properties) != second(properties),
        ">": lambda properties: first(properties) > second(properties),
        ">=": lambda properties: first(properties) >= second(properties),
        "<": lambda properties: first(properties) < second(properties),
        "<=": lambda properties: first(properties) <= second(properties),
        "in": lambda properties: first(properties) in second(properties),
        "to-boolean": lambda properties: bool(first(properties)),
        "to-number": lambda properties: float(first(properties) or 0),
        "to-string": lambda properties: _text(first(properties)),
        "concat": lambda properties: "".join(_text(each(properties)) for each in compiled),
        "coalesce": lambda properties: next((v for each in compiled if (v := each(properties)) is not None), None),
        "case": lambda properties: _case(compiled, properties),
        "+": lambda properties: sum(each(properties) for each in compiled),
        "-": lambda properties: first(properties) - second(properties),
        "*": lambda properties: first(properties) * second(properties),
    }
    if operator not in known:
        raise ValueError(f"the expression {operator!r} is not known to this backend")
    return known[operator]


def _case(compiled: list[Evaluate], properties: Properties) -> Any:
    for condition, value in zip(compiled[:-1:2], compiled[1:-1:2], strict=True):
        if condition(properties):
            return value(properties)
    return compiled[-1](properties)


def _match(arguments: list[Any], zoom: float) -> Evaluate:
    asked, *pairs, other = arguments
    value_of = compile_expression(asked, zoom)
    otherwise = compile_expression(other, zoom)
    table: dict[Any, Evaluate] = {}
    for labels, result in zip(pairs[::2], pairs[1::2], strict=True):
        compiled = compile_expression(result, zoom)
        for label in labels if isinstance(labels, list) else [labels]:
            table.setdefault(label, compiled)
    return lambda properties: table.get(value_of(properties), otherwise)(properties)


def _step(arguments: list[Any], zoom: float) -> Evaluate:
    at, *rest = arguments
    value_of = compile_expression(at, zoom)
    results: list[Evaluate] = [compile_expression(each, zoom) for each in rest[::2]]
    stops: list[float] = rest[1::2]
    if is_constant(value_of):
        return results[int(sum(stop <= value_of({}) for stop in stops))]
    return lambda properties: results[sum(stop <= value_of(properties) for stop in stops)](properties)


def _interpolate(arguments: list[Any], zoom: float) -> Evaluate:
    """By zoom alone, which is known; numbers only."""
    curve, at, *rest = arguments
    if at != ["zoom"]:
        raise ValueError("interpolation is only known by zoom to this backend")
    stops, results = rest[::2], rest[1::2]
    if zoom <= stops[0]:
        return compile_expression(results[0], zoom)
    if zoom >= stops[-1]:
        return compile_expression(results[-1], zoom)
    above = next(position for position, stop in enumerate(stops) if stop > zoom)
    low, high = stops[above - 1], stops[above]
    base = curve[1] if curve[0] == "exponential" else 1
    share = (zoom - low) / (high - low) if base == 1 else (base ** (zoom - low) - 1) / (base ** (high - low) - 1)
    before, after = compile_expression(results[above - 1], zoom), compile_expression(results[above], zoom)

    def between(properties: Properties) -> Any:
        start = before(properties)
        return start + (after(properties) - start) * share

    return constant(between({})) if is_constant(before) and is_constant(after) else between


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
