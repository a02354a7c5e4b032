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

from location_cloud.errors import BadQuery, TooLarge

Floats = NDArray[np.float32]

MAX_LENGTH = 500
MAX_PARTS = 200
"""Operations, bands and numbers of one formula: what a tile may cost."""
MAX_FORMULAS = 4

PIXELS_AT_ONCE = 1 << 16
"""A nested formula holds a result for each of its levels: of a strip of so many pixels, not of the whole picture."""

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
"""Of numbers, the true and false of comparisons being 1 and 0: NumPy's own truths cannot be subtracted."""

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

SLOW = 10
"""Times the work of an addition: powers, remainders and functions such as sin."""

QUICK_FUNCTIONS = ("abs", "sqrt", "minimum", "maximum", "where")

MAX_WORK = 500_000_000
"""Additions in one question, about a second: 30 in each pixel of the largest picture."""

HINT = "numbers, b1, b2, ..., + - * / % **, comparisons, & |, parentheses and " + ", ".join(_FUNCTIONS)


@dataclass(frozen=True)
class Expression:
    """Formulas over bands. bands: the numbers that they name, rising. work: of one pixel, in additions."""

    text: str
    formulas: tuple[ast.expr, ...]
    bands: tuple[int, ...]
    work: int

    def check_work(self, pixels: int) -> None:
        """Raises TooLarge where so many pixels are too many for this formula."""
        if self.work * pixels > MAX_WORK:
            raise TooLarge(
                f"expression: too much to calculate for {pixels:,} pixels; the most is {MAX_WORK // self.work:,}",
                hint="ask for a smaller max_size, or write it with fewer operations",
            )

    def evaluate(self, values: NDArray[Any]) -> tuple[Floats, NDArray[np.bool_]]:
        """(formulas, rows, columns) results of (bands, rows, columns) values, and where all are finite."""
        results = np.empty((len(self.formulas), *values.shape[1:]), np.float32)
        rows = max(1, PIXELS_AT_ONCE // max(1, values.shape[2]))
        for start in range(0, values.shape[1], rows):
            strip = values[:, start : start + rows]
            named = {f"b{band}": strip[i].astype(np.float32) for i, band in enumerate(self.bands)}
            with np.errstate(all="ignore"):
                for result, formula in zip(results, self.formulas, strict=True):
                    result[start : start + rows] = _value(formula, named)
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
    return Expression(text, formulas, tuple(sorted(bands)), sum(map(_work, nodes)))


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
        if not (node.id[:1] == "b" and re.fullmatch(r"[1-9]\d{0,3}", number, re.ASCII) and int(number) <= band_count):
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


def _work(node: ast.AST) -> int:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return 1 if node.func.id in QUICK_FUNCTIONS else SLOW
    if isinstance(node, ast.BinOp):
        return SLOW if isinstance(node.op, ast.Pow | ast.Mod) else 1
    return int(isinstance(node, ast.UnaryOp | ast.Compare | ast.Name))


def _value(node: ast.expr, named: Mapping[str, Floats]) -> Any:
    if isinstance(node, ast.Constant):
        return np.float32(node.value)  # type: ignore[arg-type]  # _check lets numbers through only
    if isinstance(node, ast.Name):
        return named[node.id]
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_value(node.operand, named))
    if isinstance(node, ast.BinOp):
        return np.asarray(_OPERATORS[type(node.op)](_value(node.left, named), _value(node.right, named)), np.float32)
    if isinstance(node, ast.Compare):
        truth = _OPERATORS[type(node.ops[0])](_value(node.left, named), _value(node.comparators[0], named))
        return np.asarray(truth, np.float32)
    assert isinstance(node, ast.Call)  # parse_expression lets nothing else through
    assert isinstance(node.func, ast.Name)
    return _FUNCTIONS[node.func.id][0](*(_value(each, named) for each in node.args))
