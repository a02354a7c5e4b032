"""Formulas of bands: what they give, and that nothing else is ever run."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from location_cloud.errors import BadQuery, TooLarge
from location_cloud.imagery.expression import MAX_LENGTH, parse_expression

VALUES = np.array([[[1.0, 4.0]], [[3.0, 0.0]]], np.float32)
"""Two bands of two pixels."""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(b2-b1)/(b2+b1)", [0.5, -1.0]),
        ("b1*2 + b2", [5.0, 8.0]),
        ("-b1**2", [-1.0, -16.0]),
        ("where(b1>2, 10, b2)", [3.0, 10.0]),
        ("(b1>2)&(b2<1)", [0.0, 1.0]),
        ("sqrt(b1)+1e1", [11.0, 12.0]),
        ("maximum(b1, b2) % 2", [1.0, 0.0]),
        ("-(b1>2) - (b2>1) + +(b1>b2)", [-1.0, 0.0]),
        ("(b1>2)/((b2<1)|(b1==1))", [0.0, 1.0]),
    ],
)
def test_formulas_are_arithmetic(text, expected):
    found, finite = parse_expression(text, 2).evaluate(VALUES[[band - 1 for band in parse_expression(text, 2).bands]])
    assert found[0, 0] == pytest.approx(expected)
    assert finite.all()


def test_what_is_no_number_is_no_data():
    found, finite = parse_expression("1/b2", 2).evaluate(VALUES[1:])
    assert finite.tolist() == [[True, False]]
    assert np.isfinite(found).all()


def test_several_formulas_are_several_channels():
    parsed = parse_expression("b1;b2;b1+b2", 2)
    assert parsed.evaluate(VALUES)[0][:, 0, 0].tolist() == [1.0, 3.0, 4.0]


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('id')",
        "b1.__class__",
        "b1 if b1 else b2",
        "[b1 for b1 in b2]",
        "lambda: b1",
        "open(b1)",
        "b1[0]",
        "exec(b1)",
        "(b1:=2)",
        "sqrt",
        "sqrt(b1, b2)",
        "where(b1)",
        "b3",
        "b0",
        "b01",
        "b99999999999999999999",
        "b\u0661",
        "1+1",
        "b1 b2",
        "b1 == b2 == b1",
        "b1 and b2",
        "",
        ";",
        "b1;;b2",
        "b1;b1;b1;b1;b1",
        "1e999*b1",
        "b1+0x10",
        "b1+1_000",
        "b1+1j",
        "b1\x00",
        "b1#",
        "b1\\",
        "'b1'",
        "f(b1)",
        "b1@b2",
        "b1<<b2",
        "not b1",
        "*b1",
        "((b1)",
        "(" * 240 + "b1" + ")" * 240,
        "b1+" * 200 + "b1",
        "9" * MAX_LENGTH + "b1",
    ],
)
def test_whatever_else_is_refused(text):
    with pytest.raises(BadQuery):
        parse_expression(text, 2)


def test_towers_of_powers_cost_nothing():
    found, finite = parse_expression("b1**9**9**9**9", 2).evaluate(VALUES[:1])
    assert not finite[0, 1]
    assert found.shape == (1, 1, 2)


@pytest.mark.parametrize("run", [" ", "*", "<", "1", "(", "b1"])
def test_a_long_text_is_refused_without_trying_all_ways_to_split_it(run):
    with pytest.raises(BadQuery):
        parse_expression("b1" + run * 200 + "!", 3)  # 2^199 ways


def test_a_nested_formula_holds_no_picture_for_each_of_its_levels():
    picture = np.ones((1, 1024, 1024), np.float32)
    formula = parse_expression("(b1*2)+(" * 40 + "b1" + ")" * 40, 1)
    tracemalloc.start()
    found, _ = formula.evaluate(picture)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found == 81).all()
    assert peak < 8 * picture.nbytes


@pytest.mark.parametrize("text", ["+".join(["sin(b1)**b2"] * 38), "+".join(["b1"] * 100)])
def test_a_long_formula_of_the_largest_picture_is_refused(text):
    with pytest.raises(TooLarge, match="too much to calculate"):
        parse_expression(text, 2).check_work(4096 * 4096)


@pytest.mark.parametrize("text", ["(b1-b2)/(b1+b2)", "2.5*(b2-b1)/(b2+6*b1-7.5*b1+1)", "sqrt(b1**2+b2**2)"])
def test_the_common_indices_are_drawn_at_any_size(text):
    parse_expression(text, 2).check_work(4096 * 4096)
