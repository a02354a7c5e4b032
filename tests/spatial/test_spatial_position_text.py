import time

import numpy as np
import pytest

from location_cloud.spatial.bbox import Bbox
from location_cloud.spatial.measure import distance_m
from location_cloud.spatial.position import BY_AREA, BY_CUSTOM, BY_FOCUS, LIKE_A_NAME, SURE
from location_cloud.spatial.position_text import explain_closed, find_position, parse_position, split_plus_code
from location_cloud.spatial.spelling import spell_position

DAQING = (125.10307, 46.58758)
HELSINKI = Bbox(24.5, 60.0, 25.5, 60.4)

SPELLINGS = """
46.58758,125.10307
125.10307,46.58758
125.10307 46.58758
46.58758; 125.10307
４６．５８７５８，１２５．１０３０７
125.10307、46.58758
(46.58758, 125.10307)
东经125.10307北纬46.58758
北纬46.58758°，东经125.10307°
東經125.10307 北緯46.58758
经度:125.10307 纬度:46.58758
坐标：125.10307,46.58758
北纬46度35分15.29秒 东经125度6分11.05秒
46°35′15.29″N 125°06′11.05″E
46°35'15.29"N, 125°6'11.05"E
46º35’15.29” 125º06’11.05”
N46°35.2548' E125°06.1842'
N 46 35 15.29 E 125 6 11.05
46 35 15.29 N, 125 6 11.05 E
46 35 15.29, 125 6 11.05
46:35:15.29N 125:06:11.05E
46d35'15.29"N 125d6'11.05"E
463515.29N1250611.05E
4635.2548N 12506.1842E
+46.58758+125.10307/
46,58758 125,10307
lat: 46.58758, lon: 125.10307
lat=46.58758&lng=125.10307
{"lat": 46.58758, "lng": 125.10307}
x=125.10307 y=46.58758
Latitude 46.58758 N Longitude 125.10307 E
46.58758°N,125.10307°E,150
[125.10307, 46.58758]
{"type":"Point","coordinates":[125.10307,46.58758]}
POINT(125.10307 46.58758)
SRID=4490;POINT Z (125.10307 46.58758 150)
geo:46.58758,125.10307?z=17
geo:0,0?q=46.58758,125.10307(大庆)
https://www.google.com/maps/@46.58758,125.10307,15z
https://www.google.com/maps/place/x/@46.5,125.1,15z/data=!4m5!3m4!1s0x0:0x0!8m2!3d46.58758!4d125.10307
https://maps.google.com/?q=46.58758%2C125.10307
https://www.openstreetmap.org/?mlat=46.58758&mlon=125.10307#map=15/46.5/125.1
https://www.openstreetmap.org/#map=15/46.58758/125.10307
https://yandex.ru/maps/?ll=125.10307%2C46.58758&z=12
https://www.bing.com/maps?cp=46.58758~125.10307&lvl=14
51T 661111.28 5161483.42
51N 661111 5161483
UTM 51T 661111mE 5161483mN
zone 51 north, 661111, 5161483
661111 5161483 51T
51TXM6111161483
51T XM 61111 61483
8QR7H4Q3+26
8qr7h4q3+26p
8QR7H4Q3+26 大庆
N51LA506523345115125
北斗网格码 N51LA50652334511
geohash:yb2cnc122f
X=5161790.45 Y=42431260.11
42431260.11,5161790.45
Y=21661175.75 X=5163548.84
quadkey: 1303302013332110032102
"""


@pytest.mark.parametrize("text", SPELLINGS.strip().splitlines())
def test_every_spelling_of_one_place_is_read(text):
    position = parse_position(text)
    assert position is not None
    assert position.confidence == SURE
    assert distance_m(position.lonlat, DAQING)[0] <= position.accuracy_m + 1.0


@pytest.mark.parametrize(
    ("text", "crs"),
    [
        ("gcj-02: 125.1101232, 46.5896835", "gcj02"),
        ("火星坐标 125.1101232, 46.5896835", "gcj02"),
        ("百度坐标 125.1167625,46.5953667", "bd09"),
        ("https://uri.amap.com/marker?position=125.1101232,46.5896835&name=x", "gcj02"),
        ("https://www.amap.com/?p=B0FFG,46.5896835,125.1101232,name,addr", "gcj02"),
        ("androidamap://viewMap?sourceApplication=x&lat=46.5896835&lon=125.1101232&dev=0", "gcj02"),
        ("http://api.map.baidu.com/marker?location=46.5953667,125.1167625&title=x&output=html", "bd09"),
        ("http://api.map.baidu.com/marker?location=46.5896835,125.1101232&coord_type=gcj02", "gcj02"),
        ("https://apis.map.qq.com/uri/v1/marker?marker=coord:46.5896835,125.1101232;title:x", "gcj02"),
    ],
)
def test_datum_that_a_text_or_a_service_has_is_used(text, crs):
    position = parse_position(text)
    assert position.crs == crs
    assert distance_m(position.lonlat, DAQING)[0] < 0.1


def test_numbers_are_read_in_the_asked_datum():
    assert distance_m(parse_position("125.1167625,46.5953667", "bd09").lonlat, DAQING)[0] < 0.1


def test_codes_are_wgs84_whatever_datum_is_asked():
    assert parse_position("8QR7H4Q3+26", "bd09").lonlat == parse_position("8QR7H4Q3+26").lonlat


@pytest.mark.parametrize("text", ["60.17,24.94", "24.94,60.17", "60.17 24.94"])
def test_area_decides_the_order(text):
    position = parse_position(text, area=HELSINKI)
    assert (position.lonlat, position.confidence) == ((24.94, 60.17), BY_AREA)
    assert position.alternatives == ((60.17, 24.94),)


def test_focus_decides_the_order():
    position = parse_position("60.17,24.94", near=(24.9, 60.1))
    assert (position.lonlat, position.confidence) == ((24.94, 60.17), BY_FOCUS)


@pytest.mark.parametrize(("text", "lonlat"), [("10.5,20.5", (10.5, 20.5)), ("10.5 20.5", (20.5, 10.5))])
def test_without_a_hint_custom_decides_and_the_other_order_is_told(text, lonlat):
    position = parse_position(text)
    assert (position.lonlat, position.confidence) == (lonlat, BY_CUSTOM)
    assert position.alternatives == (lonlat[::-1],)


def test_band_s_and_the_south_are_both_told():
    position = parse_position("51S 500000 3600000")
    assert position.lonlat[1] > 0 > position.alternatives[0][1]


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("46.5,125.1", 6745),
        ("46.58758,125.10307", 0.67),
        ("46°35′15″N 125°6′11″E", 18.7),
        ("51TXM6161", 707),
        ("geo:46.58758,125.10307;u=35", 35),
    ],
)
def test_accuracy_is_that_of_the_last_digit(text, metres):
    assert parse_position(text).accuracy_m == pytest.approx(metres, rel=0.01)


@pytest.mark.parametrize(
    ("text", "near", "code"),
    [("H4Q3+26", DAQING, "8QR7H4Q3+26"), ("Q3+26", DAQING, "8QR7H4Q3+26"), ("4Q3+26", (125.1, 46.6), "8QR7H4Q3+26")],
)
def test_short_plus_code_is_completed_near_the_focus(text, near, code):
    assert parse_position(text, near=near).name == code


def test_short_plus_code_of_a_town_is_left_to_who_knows_towns():
    assert parse_position("H4Q3+26 大庆", near=(24.9, 60.1)) is None
    assert split_plus_code("H4Q3+26 大庆") == split_plus_code("大庆 h4q3+26") == ("H4Q3+26", "大庆")
    assert split_plus_code("8QR7H4Q3+26 大庆") is None


@pytest.mark.parametrize(
    ("code", "lonlat"),
    [
        ("N50J47539B8255346152", (116 + 18 / 60 + 45.37 / 3600, 39 + 59 / 60 + 35.38 / 3600)),
        ("S11J47539B8255346152", (-116 - 18 / 60 - 45.37 / 3600, -39 - 59 / 60 - 35.38 / 3600)),
        ("N50J47584C81", (116.3974, 39.9093)),
        ("N60A", (177.0, 2.0)),
    ],
)
def test_beidou_code_of_any_level_and_quarter_is_read(code, lonlat):
    position = parse_position(code)
    assert position.cell.contains([lonlat])[0]
    assert position.confidence == (LIKE_A_NAME if len(code) < 7 else SURE)


@pytest.mark.parametrize("text", ["ezs42", "EZS42"])
def test_geohash_that_may_be_a_name_is_read_only_as_a_position(text):
    assert parse_position(text) is None
    assert parse_position(text, is_position=True).lonlat == pytest.approx((-5.603, 42.605), abs=1e-3)


def test_geohash_in_the_area_is_read():
    assert parse_position("ud9wr7", area=Bbox(24.0, 60.0, 26.0, 61.0)) is not None


NAMES = """
北5-9-572 G1011 团结大街202号 46_125 5_Main_Street 12_Main_Street,_5 13888888888_4613888 K123+400 10KVA50_x 3DMAX
G10绥满高速K248+500 2026-11-23 91.5,200.1 46°75′N_125°6′E 46N_47N 51TXM6111161 8QR7H4Q3+2 N50Z N61A 125.1 东经125.1
A路与B街 1栋2单元301室
"""


@pytest.mark.parametrize("text", NAMES.split())
def test_names_and_addresses_are_no_positions(text):
    assert parse_position(text.replace("_", " "), near=DAQING) is None


def test_what3words_is_explained():
    assert "closed data" in explain_closed("///filled.count.soap")
    assert "closed data" in explain_closed("https://w3w.co/filled.count.soap")
    assert explain_closed("46.5,125.1") == ""
    assert parse_position("///filled.count.soap") is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("车翻了 北纬46.58758东经125.10307 快来", "北纬46.58758东经125.10307"),
        ("我的位置46.58758,125.10307,有人受伤", "46.58758,125.10307"),
        ("N51LA50652334511附近着火", "N51LA50652334511"),
        ("在51TXM6111161483这里", "51TXM6111161483"),
    ],
)
def test_position_inside_a_story_is_found_where_it_stands(text, part):
    position, (start, end) = find_position(text)
    assert text[start:end] == part
    assert distance_m(position.lonlat, DAQING)[0] < 5


@pytest.mark.parametrize("text", ["打电话13888888888", "2026-11-23 09:22:23 125.5元,46.22元", "G10绥满高速K248+500"])
def test_story_without_a_position_has_none(text):
    assert find_position(text) is None


FORMS = (
    "decimal",
    "lat_lon",
    "dms",
    "dms_zh",
    "ddm",
    "iso6709",
    "geo_uri",
    "mgrs",
    "plus_code_11",
    "beidou_8",
    "geohash",
)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_spelt_is_read_again(form):
    random = np.random.default_rng(len(form))
    for lon, lat in zip(random.uniform(-180, 180, 60), random.uniform(-79, 83, 60)):
        text = getattr(spell_position((lon, lat)), form)
        position = parse_position(text, is_position=True, near=(lon, lat))
        assert distance_m(position.lonlat, (lon, lat))[0] <= position.accuracy_m + 0.02, text


def test_no_text_raises_or_takes_long():
    random = np.random.default_rng(20261123)
    letters = list("0123456789.,;:°′″'\"NSEW+- 度分秒东经北纬南西，ABCXTM[](){}/#@!?=&%点百十二\t\n")
    texts = [
        *SPELLINGS.strip().splitlines(),
        *("4 " * 80, "1°1'" * 30, "+1" * 80, "一度" * 70, "https://a/" + "1.1," * 240),
    ]
    slowest = 0.0
    parse_position("gcj02 125.1,46.6")  # the outline of China is read once
    for _ in range(4000):
        text = list(texts[random.integers(len(texts))])
        for _change in range(random.integers(1, 6)):
            text[random.integers(len(text) + 1) :][:1] = letters[random.integers(len(letters))]
            place = int(random.integers(len(text) + 1))
            text[place : place + int(random.integers(2))] = letters[random.integers(len(letters))]
        started = time.thread_time()
        parse_position("".join(text), near=DAQING)
        find_position("".join(text))
        slowest = max(slowest, time.thread_time() - started)
    assert slowest < 0.05
