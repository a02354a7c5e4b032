from __future__ import annotations

import pytest

from location_cloud.directions.profiles import family_profiles, load_profiles, profile_names
from location_cloud.errors import BadInput
from location_cloud.roads.model import CAR, HGV, PRIVATE

SHIPPED = {"car", "truck", "emergency", "taxi", "bus", "motorcycle", "bicycle", "foot", "wheelchair"}


@pytest.fixture
def own(tmp_path):
    """A function: file name -> text, loaded beside the shipped profiles."""

    def load(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.toml").write_text(text, "utf-8")
        return load_profiles(tmp_path)

    return load


def test_nine_profiles_ship_in_three_families():
    profiles = load_profiles()
    assert set(profiles) == SHIPPED
    assert {each.name for each in family_profiles(profiles, "bicycle")} == {"bicycle"}
    assert {each.name for each in family_profiles(profiles, "foot")} == {"foot", "wheelchair"}
    assert len(family_profiles(profiles, "motor")) == 6


def test_every_profile_has_a_title_in_both_languages():
    assert all(profile.title["zh-CN"] and profile.title["en"] for profile in load_profiles().values())


def test_motor_vehicles_turn_round_at_dead_ends_only():
    assert not any(profile.may_turn_round for profile in family_profiles(load_profiles(), "motor"))


def test_a_profile_is_known_by_the_names_of_other_engines():
    names = profile_names(load_profiles())
    assert (names["bike"], names["driving-hgv"], names["foot-walking"], names["car"]) == (
        "bicycle",
        "truck",
        "foot",
        "car",
    )


def test_a_profile_of_ones_own_says_only_what_differs(own):
    profile = own(post='name = "post"\nlike = "car"\nkmh = {residential = 18}\nlocal_flags = []')["post"]
    assert (profile.kmh["residential"], profile.kmh["primary"], profile.access, profile.local_flags) == (18, 65, CAR, 0)


def test_a_profile_of_ones_own_does_not_inherit_aliases(own):
    assert own(post='name = "post"\nlike = "car"')["post"].aliases == ()


def test_an_own_file_takes_the_place_of_a_shipped_profile(own):
    profiles = own(car='name = "car"\nlike = "car"\nsignal_s = 9')
    assert (profiles["car"].signal_s, profiles["car"].kmh["primary"]) == (9, 65)
    assert profiles["taxi"].signal_s == 9


def test_profiles_are_like_each_other_in_chains(own):
    profiles = own(van='name = "van"\nlike = "truck"\nmax_kmh = 90', red='name = "red"\nlike = "van"')
    assert (profiles["red"].max_kmh, profiles["red"].access) == (90, HGV)
    assert profiles["red"].local_flags & PRIVATE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", r"mine\.toml: is not TOML"),
        ('name = "Mine!"', r"name = 'Mine!' must be a text of a-z"),
        ('name = "mine"', r"title is missing; .*like"),
        ('name = "mine"\nlike = "tank"', r"like = 'tank' must be another profile.*bicycle, bus, car"),
        ('name = "mine"\nlike = "mine"', r"like = 'mine' must be another profile"),
        ('name = "mine"\nlike = "car"\nwheels = 3', r"mine\.toml: unknown key wheels; known are access, "),
        ('name = "mine"\nlike = "car"\nkmh = {highway = 3}', r"kmh: 'highway' is unknown; allowed are motorway, "),
        ('name = "mine"\nlike = "car"\nkmh = {primary = -3}', r"kmh\.primary = -3 must be a number from 0 to 300"),
        ('name = "mine"\nlike = "car"\nkmh = {primary = nan}', r"kmh\.primary = nan must be a number"),
        ('name = "mine"\nlike = "car"\nkmh = 3', r"kmh = 3 must be a table"),
        ('name = "mine"\nlike = "car"\nmax_kmh = true', r"max_kmh = True must be a number from 0\.1 to 300"),
        ('name = "mine"\nlike = "car"\nfamily = "air"', r"family: 'air' is unknown; allowed are motor, bicycle, foot"),
        ('name = "mine"\nlike = "car"\naccess = ["car"]', r"access: \['car'\] is unknown; allowed are car"),
        (
            'name = "mine"\nlike = "car"\nlocal_flags = ["secret"]',
            r"local_flags: 'secret' is unknown; allowed are round",
        ),
        ('name = "mine"\nlike = "car"\naliases = ["bike"]', r'alias "bike" is already that of'),
        ('name = "mine"\nlike = "car"\nobeys_signs = 1', r"obeys_signs = 1 must be true or false"),
        ('name = "mine"\nlike = "car"\ntitle = "Mine"', r"title must be a table .*zh-CN, en"),
        ('name = "mine"\nlike = "car"\nsize = {height = 3}', r"size: 'height' is unknown; allowed are height_m"),
        ('name = "mine"\nlike = "foot"\nincline = [[0, 1], [-5, 1]]', r"incline: .* must ascend"),
        ('name = "mine"\nlike = "foot"\nincline = []', r"incline = \[\] must be a list"),
    ],
)
def test_a_bad_file_is_refused_with_file_key_and_allowed_values(own, text, message):
    with pytest.raises(BadInput, match=message):
        own(mine=text)


def test_two_own_files_of_one_name_are_refused(own):
    with pytest.raises(BadInput, match=r'two\.toml: name "mine" is also that of'):
        own(one='name = "mine"\nlike = "car"', two='name = "mine"\nlike = "bus"')


def test_two_profiles_like_each_other_are_refused(own):
    with pytest.raises(BadInput, match="must be another profile"):
        own(one='name = "one"\nlike = "two"', two='name = "two"\nlike = "one"')


def test_a_missing_folder_of_profiles_is_named(tmp_path):
    with pytest.raises(BadInput, match="nowhere is not a folder"):
        load_profiles(tmp_path / "nowhere")


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput, match=r"mine\.toml: cannot be read as UTF-8"):
        load_profiles(tmp_path)
