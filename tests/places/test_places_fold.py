import pytest
from hypothesis import given
from hypothesis import strategies as st

from location_cloud.places.fold import arabic_numerals, fold, fold_words


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
def test_folding_twice_changes_nothing_more(text):
    assert fold("".join(fold_words(text))) == fold(fold(text))
