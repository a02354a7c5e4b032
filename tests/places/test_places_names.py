import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from location_cloud.places import prefixes
from location_cloud.places.fold import fold, fold_all, fold_words
from location_cloud.places.grid import build_grid
from location_cloud.places.likeness import rate
from location_cloud.places.match import MAX_SIMILAR
from location_cloud.places.name_build import build_index
from location_cloud.places.names import INITIALS, NAME, PINYIN, load_index, save_index
from location_cloud.places.pinyin import build_table, may_be_phrases, phrase_reading
from location_cloud.places.sources import ALL_KINDS

NAMES = ["大庆市第一医院", "大庆市第二医院", "油田总医院", "Central Station", "Station Road", "a", "医院", "重庆路"]
POI = 3


@pytest.fixture(scope="module")
def table():
    return build_table()


@pytest.fixture(scope="module")
def index_of(table):
    def build(names, importance=None, lonlat=None):
        count = len(names)
        weight = np.zeros(count, np.float32) if importance is None else np.asarray(importance, np.float32)
        where = np.zeros((count, 2)) if lonlat is None else lonlat
        return build_index(names, range(count), [NAME] * count, table, np.full(count, POI, np.int8), weight, where)

    return build


@pytest.fixture(scope="module")
def index(index_of):
    return index_of(NAMES)


def named(candidates, names=NAMES):
    return [names[doc] for doc in candidates.doc]


def begins(index, text, limit=100):
    return index.prefix(text, limit, ALL_KINDS)


def test_exact_name_is_found_alone(index):
    assert named(index.exact("医院", 10, ALL_KINDS)) == ["医院"]


def test_prefix_is_found_at_every_word_start(index):
    assert sorted(named(begins(index, "stat"))) == ["Central Station", "Station Road"]


def test_name_is_found_by_its_reading_and_its_initials(index):
    for text, form in (("youtianzongyiyuan", PINYIN), ("ytzyy", INITIALS)):
        found = index.exact(text, 10, ALL_KINDS)
        assert (named(found), found.form.tolist()) == (["油田总医院"], [form])


def test_word_is_read_as_it_is_spoken(index):
    assert named(index.exact("chongqinglu", 10, ALL_KINDS)) == ["重庆路"]
    assert named(index.exact("cql", 10, ALL_KINDS)) == ["重庆路"]


def test_places_of_another_kind_are_left_out(index):
    assert len(index.exact("医院", 10, 1 << 2).doc) == 0
    assert len(index.prefix("医", 10, 1 << 2).doc) == 0
    assert len(index.similar("大庆第1医院", 10, 1 << 2).doc) == 0


@given(
    st.lists(st.text("ab大庆c1", min_size=1, max_size=6), min_size=1, max_size=20),
    st.text("ab大庆c1", min_size=1, max_size=8),
)
def test_no_name_is_longer_than_the_beginning_that_names_reach(index_of, names, asked):
    index, folded = index_of(names), fold(asked)
    reach = index.reach(folded)
    longer = [folded[:size] for size in range(reach + 1, len(folded) + 1)]
    assert [text for text in longer if len(begins(index, text).doc)] == []
    assert not reach or folded[0].isascii() or len(begins(index, folded[:reach]).doc)


def test_missing_character_still_finds_the_name_first(index):
    assert named(index.similar("大庆第1医院", 5, ALL_KINDS))[0] == "大庆市第一医院"


def test_unknown_groups_find_nothing(index):
    assert len(index.similar("zzzz", 5, ALL_KINDS).doc) == 0


@given(
    st.lists(st.text("ab大庆c1", min_size=1, max_size=6), min_size=1, max_size=20),
    st.text("ab大庆c1", min_size=1, max_size=3),
)
def test_index_agrees_with_looking_at_every_name(index_of, names, asked):
    index = index_of(names)
    found = begins(index, asked)
    text = set(found.doc[(found.form == NAME) & ~found.is_inner].tolist())
    assert text == {i for i, name in enumerate(names) if name.startswith(asked)}
    exact = index.exact(asked, 100, ALL_KINDS)
    assert sorted(exact.doc[exact.form == NAME]) == [i for i, name in enumerate(names) if name == asked]


SYLLABLES = ["haupt", "strasse", "mann", "hei", "mer", "tie", "rue", "saint", "ville", "järvi", "koski", "bach", "öst"]
CHARACTERS = "大庆龙凤红岗让胡路萨尔图新村东风西湖明月安康和平团结幸福世纪创业奔腾乘风银浪石化油田学府建设阳光丽水锦绣"


def make_names(kind, count, seed):
    pick = random.Random(seed)
    if kind == "chinese":
        ends = ["小区", "医院", "中学", "大街", "超市", "公园", "派出所", "加油站"]
        return ["".join(pick.choices(CHARACTERS, k=pick.randint(2, 5))) + pick.choice(ends) for _ in range(count)]
    ends = ["strasse", "weg", "platz", "katu", "polku", " Apotheke", " Kauppa", " Hôtel"]
    return ["".join(pick.choices(SYLLABLES, k=pick.randint(1, 3))) + pick.choice(ends) for _ in range(count)]


def spoil(text, pick, letters):
    at = pick.randrange(len(text) - 1)
    kind = pick.choice(("delete", "substitute", "transpose"))
    if kind == "delete":
        return text[:at] + text[at + 1 :]
    if kind == "substitute":
        return text[:at] + pick.choice(letters) + text[at + 1 :]
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


@pytest.mark.parametrize(
    ("kind", "least", "letters"),
    [("chinese", 4, CHARACTERS), ("latin", 6, "abcdefghijklmnoprstuv")],
    ids=["chinese", "latin"],
)
def test_one_slip_finds_the_name_that_comparing_every_name_finds(index_of, kind, least, letters):
    seed = 20261123
    pick = random.Random(seed)
    names = sorted({fold(name) for name in make_names(kind, 20_000, seed)})
    index = index_of(names)
    found = wanted = 0
    for name in pick.sample([name for name in names if len(name) >= least], 300):
        asked = spoil(name, pick, letters)
        tenth = process.extract(asked, names, scorer=fuzz.ratio, limit=10)[-1][1]
        if fuzz.ratio(asked, name) >= tenth:
            wanted += 1
            found += name in {names[doc] for doc in index.similar(asked, MAX_SIMILAR, ALL_KINDS).doc}
    assert found >= 0.98 * wanted > 250, f"seed {seed}: {found} of {wanted}"


def rated(table, asked, names, spelled="", is_open=False):
    likeness = np.zeros(len(names))
    raw = [name.encode() for name in names]
    start = np.cumsum([0, *map(len, raw)])
    question, sound = (np.frombuffer(text.encode(), np.uint8) for text in (asked, spelled))
    none = np.zeros(len(names), bool)
    data = np.frombuffer(b"".join(raw), np.uint8)
    rate(question, sound, data, start, np.arange(len(names)), none, table.readings, is_open, likeness)
    return likeness


@given(
    st.text("abcdefgö", min_size=1, max_size=150), st.lists(st.text("abcdefgö", min_size=1, max_size=90), min_size=1)
)
def test_likeness_is_that_of_rapidfuzz(table, asked, names):
    for name, likeness in zip(names, rated(table, asked, names), strict=True):
        if asked not in name and name not in asked:
            assert likeness == pytest.approx(fuzz.ratio(asked, name) / 100)


def test_question_that_goes_on_is_like_the_beginning_of_a_name(table):
    closed, opened = (rated(table, "helsnkicen", ["helsinkicentralstation"], is_open=each)[0] for each in (False, True))
    assert closed < 0.65 < 0.8 < opened


def test_nothing_is_found_among_no_names(index_of):
    empty = index_of([])
    for found in (empty.exact("a", 5, ALL_KINDS), begins(empty, "a"), empty.similar("abc", 5, ALL_KINDS)):
        assert len(found.doc) == 0


def test_other_number_is_less_alike_than_another_letter(table):
    one, other = rated(table, "第3医院", ["第8医院", "第3医原"])
    assert one < other


def test_what_sounds_alike_is_almost_the_same(table):
    assert rated(table, "医原", ["医院"], table.spell("医原")[0])[0] == pytest.approx(0.97)


def test_of_many_names_the_important_ones_and_the_near_ones_are_found(index_of):
    count = 4 * prefixes.SCANNED
    pick = np.random.default_rng(5)
    importance, lonlat = 0.1 * pick.random(count), pick.uniform((124.0, 46.0), (125.0, 47.0), (count, 2))
    index = index_of([f"大庆{row:05}店" for row in range(count)], importance, lonlat)
    assert int(np.argmax(importance)) in index.prefix("大", 50, ALL_KINDS).doc
    focus = (124.5, 46.5)
    near = np.argsort(((lonlat - focus) ** 2).sum(axis=1))[:5]
    for text in ("大", "da", "dq"):
        assert set(near.tolist()) <= set(index.prefix(text, 50, ALL_KINDS, focus).doc.tolist())


def test_index_from_disk_gives_the_same_answers(index, table, tmp_path):
    save_index(tmp_path, index)
    lent = (index.holders.kind, index.holders.importance, index.holders.lonlat)
    loaded = load_index(tmp_path, table, *lent)
    assert loaded.problem(len(NAMES)) == ""
    assert named(begins(loaded, "da")) == named(begins(index, "da"))


def test_damaged_index_is_named(index):
    holders = index.holders._replace(holder=index.holders.holder + np.uint32(1000))
    assert "holder" in replace(index, holders=holders).problem(len(NAMES))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("薩爾圖區", "萨尔图区"),
        ("第三醫院", "第3医院"),
        ("十二公里", "12公里"),
        ("采油三厂", "采油3厂"),
        ("第十二中学", "第12中学"),
        ("Käräjätörmä", "karajatorma"),
        ("Boulevard Saint-Michel", "bd st michel"),
    ],
)
def test_scripts_and_numerals_fold_to_one_spelling(one, other):
    assert fold(one) == fold(other)


def test_characters_that_are_no_number_stay():
    assert [fold(name) for name in ("千山路", "十字街", "百货大楼")] == ["千山路", "十字街", "百货大楼"]


@given(st.lists(st.text(max_size=12), max_size=8))
def test_names_folded_together_are_folded_alone(names):
    assert fold_all(names) == [fold_words(name.replace("\n", " ")) for name in names]


def test_characters_are_spelled_and_polyphones_follow_their_word(table):
    assert table.spell("大庆a3") == ("daqingasan", "dqas")
    assert phrase_reading(table, "重庆路") == ["chong", "qing", "lu"]
    assert phrase_reading(table, "大庆路") == []
    assert may_be_phrases(["", "重庆路", "大庆路", "新重庆", "大重", "庆"]).tolist() == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]


def test_letters_fall_into_syllables_and_accents_are_forgiven(table):
    assert table.units("daqingshi") == table.units("大庆市") == table.units("daqinsi")


def test_grid_gives_every_point_of_the_box():
    points = np.random.default_rng(3).uniform((125.0, 46.0), (125.1, 46.1), (500, 2))
    found = set(build_grid(points).find_near((125.05, 46.05), (0.01, 0.005)).tolist())
    inside = np.flatnonzero((abs(points[:, 0] - 125.05) <= 0.01) & (abs(points[:, 1] - 46.05) <= 0.005))
    assert set(inside.tolist()) <= found
