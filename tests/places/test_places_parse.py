import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_cloud.places.fold import arabic_numerals, fold, fold_words
from location_cloud.places.parse import AskedHouse, list_asked_houses, parse_cell, parse_coordinates
from location_cloud.spatial.cells import BEIDOU, PLUSCODE

POINT = (125.10307, 46.58758)


@pytest.mark.parametrize(
    "text",
    [
        "125.10307,46.58758",
        "46.58758,125.10307",
        "46.58758 125.10307",
        "46.58758N 125.10307E",
        "N46.58758 E125.10307",
        "东经125.10307北纬46.58758",
        "北纬46.58758,东经125.10307",
        "46°35′15.288″N 125°6′11.052″E",
        "46度35分15.288秒 125度6分11.052秒",
        "１２５.10307，46.58758",
    ],
)
def test_one_position_is_read_in_every_spelling(text):
    assert parse_coordinates(text) == pytest.approx(POINT, abs=1e-6)


@pytest.mark.parametrize("text", ["12 34", "125.1", "200.0,100.5", "N46.5 S46.6", "202号", "", "1" * 1000])
def test_other_numbers_are_no_position(text):
    assert parse_coordinates(text) is None


def test_in_doubt_comma_means_lon_first_and_space_lat_first():
    assert parse_coordinates("24.9,60.1") == (24.9, 60.1)
    assert parse_coordinates("60.1 24.9") == (24.9, 60.1)


@pytest.mark.parametrize(("system", "level"), [(BEIDOU, 7), (PLUSCODE, 10)])
def test_grid_code_is_its_cell(system, level):
    code = system.encode(POINT, level)
    name, box = parse_cell(code.lower())
    assert name == system.name
    assert box.contains([POINT]).all()


@pytest.mark.parametrize("text", ["N50J", "hello", "N50J47539ZZ", "8QR7H4Q3+"])
def test_other_words_are_no_grid_code(text):
    assert parse_cell(text) is None


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("团结大街202号", AskedHouse("团结大街", "202")),
        ("幸福五街二百五十七号", AskedHouse("幸福五街", "257")),
        ("书香小区3号楼2单元", AskedHouse("书香小区", "3", (), "楼2单元")),
        ("Mannerheimintie 12", AskedHouse("Mannerheimintie", "12")),
        ("Main St 12 a", AskedHouse("Main St", "12 a")),
        ("12 High Street", AskedHouse("High Street", "12")),
        ("146 世纪巷, 龙凤区", AskedHouse("世纪巷", "146", ("龙凤区",))),
        ("Hauptstraße 5, 91207 Lauf", AskedHouse("Hauptstraße", "5", ("91207 Lauf",))),
        ("Straße des 17. Juni 135", AskedHouse("Straße des 17. Juni", "135")),
        ("Hauptstr. 5-7 Lauf", AskedHouse("Hauptstr.", "5-7", ("Lauf",))),
        ("mannerheimintie10", AskedHouse("mannerheimintie", "10")),
        ("Hauptstr.5a, Lauf", AskedHouse("Hauptstr.", "5a", ("Lauf",))),
        ("团结大街10", AskedHouse("团结大街", "10")),
    ],
)
def test_house_is_read_in_chinese_and_western_order(text, asked):
    assert next(list_asked_houses(text)) == asked


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hauptstr. 5", "hauptstraße 5"),
        ("CAFÉ Ångström", "cafe angstrom"),
        ("High Street", "high st"),
        ("大庆 市（第一）医院", "大庆市第一医院"),
        ("ＡＢＣ", "abc"),
        ("二十三号", "23号"),
    ],
)
def test_spellings_of_one_name_fold_to_one(one, other):
    assert fold(one) == fold(other)


def test_wells_with_other_hyphens_stay_two():
    assert fold("北5-9-572") != fold("北5-95-72")


@pytest.mark.parametrize(
    ("text", "digits"), [("二百五十七号", "257号"), ("十号", "10号"), ("三〇五室", "305室"), ("千山路", "千山路")]
)
def test_chinese_numerals_before_a_counter_become_digits(text, digits):
    assert arabic_numerals(text) == digits


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_error(text):
    parse_coordinates(text)
    parse_cell(text)
    list(list_asked_houses(text))
    assert fold("".join(fold_words(text))) == fold(fold(text))
