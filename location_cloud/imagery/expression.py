"""Arithmetic of bands written by a caller, such as (b4-b1)/(b4+b1): read as a formula, never run as a program."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from location_cloud.errors import BadQuery

Floats = NDArray[np.float32]

MAX_LENGTH = 500
MAX_PARTS = 200
"""Operations, bands and numbers of one formula: what a tile may cost."""
MAX_FORMULAS = 4

_OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.BitAnd: np.logical_and,
    ast.BitOr: np.logical_or,
}

_FUNCTIONS: Mapping[str, tuple[Callable[..., Any], int]] = {
    "sqrt": (np.sqrt, 1),
    "log": (np.log, 1),
    "log10": (np.log10, 1),
    "exp": (np.exp, 1),
    "abs": (np.abs, 1),
    "sin": (np.sin, 1),
    "cos": (np.cos, 1),
    "arctan2": (np.arctan2, 2),
    "minimum": (np.minimum, 2),
    "maximum": (np.maximum, 2),
    "where": (np.where, 3),
}

HINT = "numbers, b1, b2, ..., + - * / % **, comparisons, & |, parentheses and " + ", ".join(_FUNCTIONS)


@dataclass(frozen=True)
class Expression:
    """Formulas over bands. bands: the numbers that they name, rising."""

    text: str
    formulas: tuple[ast.expr, ...]
    bands: tuple[int, ...]

    def evaluate(self, values: NDArray[Any]) -> tuple[Floats, NDArray[np.bool_]]:
        """(formulas, rows, columns) results of (bands, rows, columns) values, and where all are finite."""
        named = {f"b{band}": values[i].astype(np.float32) for i, band in enumerate(self.bands)}
        shape = values.shape[1:]
        with np.errstate(all="ignore"):
            found = [np.broadcast_to(np.asarray(_value(each, named), np.float32), shape) for each in self.formulas]
        results = np.stack(found)
        finite: NDArray[np.bool_] = np.logical_and.reduce(np.isfinite(results), axis=0)
        return np.where(finite, results, np.float32(0)), finite


def parse_expression(text: str, band_count: int) -> Expression:
    """The formulas of a text, separated by ";". Raises BadQuery for whatever is not arithmetic of existing bands."""
    if len(text) > MAX_LENGTH:
        raise BadQuery(f"expression: {len(text)} characters; the most is {MAX_LENGTH}", hint=HINT)
    parts = [part.strip() for part in text.split(";")]
    if not all(parts) or len(parts) > MAX_FORMULAS:
        raise BadQuery(f"expression={text!r}: 1 to {MAX_FORMULAS} formulas separated by ';'", hint=HINT)
    formulas = tuple(_parse(part) for part in parts)
    nodes = [node for formula in formulas for node in ast.walk(formula)]
    if len(nodes) > MAX_PARTS * 3:  # each operation is a node, its operator one, a name two
        raise BadQuery(f"expression: over {MAX_PARTS} operations", hint="split it")
    bands: set[int] = set()
    for node in nodes:
        _check(node, band_count, bands)
    if not bands:
        raise BadQuery(f"expression={text!r} names no band", hint=f"bands are b1 to b{band_count}")
    return Expression(text, formulas, tuple(sorted(bands)))


_TOKENS = re.compile(
    r"(?:\s+|b\d+|(?:"
    + "|".join(_FUNCTIONS)
    + r")(?=\s*\()|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w)|\*\*|[<>=!]=|[-+*/%<>&|(),])*+"
)
"""Tokens, never looked at twice (*+): else 40 spaces could be split up in 2^39 ways.

Whatever else stands in a text never reaches Python's parser; functions stand only before their parenthesis.
"""


def _parse(text: str) -> ast.expr:
    if not _TOKENS.fullmatch(text):
        raise BadQuery(f"expression={text!r} holds more than arithmetic of bands", hint=HINT)
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadQuery(f"expression={text!r} is not a formula", hint=HINT) from error


def _check(node: ast.AST, band_count: int, bands: set[int]) -> None:
    if isinstance(node, ast.Name):
        if node.id in _FUNCTIONS:
            return
        number = node.id[1:]
        if not (node.id[:1] == "b" and number.isascii() and number.isdigit() and 1 <= int(number) <= band_count):
            raise BadQuery(f"expression: {node.id!r} is no band", hint=f"bands are b1 to b{band_count}; {HINT}")
        bands.add(int(number))
    elif isinstance(node, ast.Call):
        known = _FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if known is None or node.keywords or len(node.args) != known[1]:
            raise BadQuery("expression: no such function, or with another number of values", hint=HINT)
    elif isinstance(node, ast.Constant):
        if not isinstance(node.value, int | float) or not abs(node.value) <= 1e30:
            raise BadQuery(f"expression: {str(node.value)[:20]!r} is not a number that can be used", hint=HINT)
    elif not (
        type(node) in _OPERATORS
        or isinstance(node, ast.BinOp | ast.UnaryOp | ast.Load)
        or (isinstance(node, ast.Compare) and len(node.ops) == 1)
    ):
        raise BadQuery(f"expression: {type(node).__name__} is not arithmetic", hint=HINT)


def _value(node: ast.expr, named: Mapping[str, Floats]) -> Any:
    if isinstance(node, ast.Constant):
        return np.float32(node.value)  # type: ignore[arg-type]  # _check lets numbers through only
    if isinstance(node, ast.Name):
        return named[node.id]
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_value(node.operand, named))
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)](_value(node.left, named), _value(node.right, named))
    if isinstance(node, ast.Compare):
        return _OPERATORS[type(node.ops[0])](_value(node.left, named), _value(node.comparators[0], named))
    assert isinstance(node, ast.Call)  # parse_expression lets nothing else through
    assert isinstance(node.func, ast.Name)
    return _FUNCTIONS[node.func.id][0](*(_value(each, named) for each in node.args))
