"""The classes that ship, and a tenant's own."""

from __future__ import annotations

from typing import Any

import pytest

from location_cloud.cases.catalogue import COMPONENT, load_classes, merge_classes, parse_class
from location_cloud.cases.limits import parse_limit, shipped_limits
from location_cloud.errors import BadQuery


def test_every_shipped_class_is_whole() -> None:
    classes = load_classes()
    assert {each.group for each in classes.values()} >= {"01", "02", "03", "04", "05", "E01", "E06", "V01"}
    for code, each in classes.items():
        assert code.startswith(each.group)
        assert each.names.keys() == each.group_names.keys() == {"zh", "en"}
        assert each.department
        assert each.limit().amount > 0
        assert each.needs_component is (each.kind == COMPONENT)
        assert each.filing or each.kind == COMPONENT


def test_no_code_stands_twice_in_the_files() -> None:
    names = [(each.kind, each.setting, each.names["zh"]) for each in load_classes().values()]
    assert len(names) == len(set(names))
    assert len(load_classes()) == 154


def test_the_core_of_a_city_has_its_own_limit() -> None:
    litter = load_classes()["E0102"]
    assert str(litter.limit("core")) == "4 work_hour"
    assert str(litter.limit("remote")) == str(litter.limit()) == "1 work_day"
    assert str(load_classes()["0101"].limit("core")) == str(shipped_limits()["components"]["core"])


def test_a_tenant_overrides_what_it_names_and_adds_its_own() -> None:
    faster = parse_class({"code": "E0102", "limits": {"any": "2 work_hour"}, "merge_radius_m": 12})
    lift = parse_class({"code": "E0699", "kind": "event", "names": {"zh": "电梯故障"}, "department": "housing"})
    classes = merge_classes([faster, lift])
    assert str(classes["E0102"].limit("core")) == "2 work_hour"
    assert classes["E0102"].names["en"] == "Exposed garbage"
    assert classes["E0699"].group_names["zh"] == "其他事件"
    assert classes["E0699"].name("en-GB") == "电梯故障"
    assert load_classes()["E0102"].merge_radius_m == 30
    assert "E0699" not in load_classes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "e01"},
        {"code": "E0102", "limits": {"any": "soon"}},
        {"code": "E0102", "limits": {"any": "0 hour"}},
        {"code": "E0102", "limits": {"any": "5 moon"}},
        {"code": "E0102", "limits": {"any": 5}},
        {"code": "E0102", "merge_radius_m": -1},
        {"code": "E0102", "merge_radius_m": True},
        {"code": "E0102", "colour": "red"},
        {"code": "E0102", "needs_component": 1},
        {"code": "E0102", "names": {"fr": "ordures"}},
        {"code": "E0102", "names": {}},
        {"code": "E0102", "setting": "sea"},
        {"code": "E0777"},
        {"code": "X01", "kind": "component", "names": {"zh": "x"}, "department": "y"},
        {},
    ],
)
def test_a_wrong_class_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadQuery):
        parse_class(wrong)


def test_limits_are_read_as_written() -> None:
    assert str(parse_limit("4 work_hour").times(0.5)) == "2 work_hour"
    assert set(shipped_limits()) == {"components", "events", "stages", "hotline"}
