import pytest

from location_cloud.areas import service
from location_cloud.areas.api import get_area, list_areas
from location_cloud.areas.schema import AreaCollection, AreaFeature, AreasQuery, OneAreaQuery
from location_cloud.errors import BadQuery, NotFound


class Call:
    def __init__(self, world):
        self.world = world


def test_district_says_where_its_boundary_came_from(world):
    area = service.get_area(world, "230602")
    assert area.source["attribution"] == "天地图 Tianditu"
    assert "审图号" in area.geometry_note
    assert [each.code for each in area.chain] == ["230602", "2306", "23"]


def test_village_without_boundary_says_so(world):
    area = service.get_area(world, "230602013001")
    assert area.geometry is None
    assert "No open boundary" in area.geometry_note


def test_high_tech_zone_names_the_districts_it_lies_in(world):
    area = service.get_area(world, "230671")
    assert [each.name for each in area.within] == ["萨尔图区", "龙凤区"]
    assert "萨尔图区, 龙凤区" in area.geometry_note
    assert area.children == {"town": 2}


def test_unknown_code_is_not_found_with_a_way_on(world):
    with pytest.raises(NotFound) as error:
        service.get_area(world, "999")
    assert "999" in error.value.detail
    assert "q=" in error.value.hint


def test_point_gives_the_chain_smallest_first(world):
    page = service.find_areas_at(world, (125.11, 46.54))
    assert [area.level for area in page.areas] == ["town", "district", "city", "province"]


def test_point_outside_every_boundary_gives_an_empty_chain(world):
    assert service.find_areas_at(world, (0.0, 0.0)).total == 0


def test_children_are_paged(world):
    first = service.list_children(world, "2306", limit=4)
    second = service.list_children(world, "2306", limit=4, offset=4)
    assert first.total == second.total == 10
    assert not {area.code for area in first.areas} & {area.code for area in second.areas}


def test_conditions_are_joined(world):
    page = service.list_areas(world, level="town", name_prefix="龙凤")
    assert sorted(area.code for area in page.areas) == ["230603014", "230603100"]


def test_feature_is_what_the_document_says(world):
    AreaFeature.model_validate(get_area(Call(world), OneAreaQuery(code="230671"), None), strict=False)


def test_collection_is_what_the_document_says(world):
    answer = list_areas(Call(world), AreasQuery(q="萨尔图"), None)
    assert AreaCollection.model_validate(answer).total == len(answer["features"]) == 2


def test_point_with_other_conditions_is_refused(world):
    with pytest.raises(BadQuery, match="at="):
        list_areas(Call(world), AreasQuery(at=(125.0, 46.0), q="x"), None)


@pytest.mark.parametrize(("written", "code"), [("230600", "2306"), ("230000", "23"), ("230602", "230602")])
def test_codes_may_be_written_as_in_the_national_standard(world, written, code):
    assert service.get_area(world, written).code == code
