"""Files and addresses made to break out, to exhaust or to confuse: each is refused by name, and nothing is kept."""

from __future__ import annotations

import struct
import zipfile

import numpy as np
import orjson
import pytest
from imagery_scenes import DAQING, plain, ramp, rasterio, write_tiff

from location_cloud.errors import BadInput, TooLarge
from location_cloud.imagery import converting, service
from location_cloud.imagery.adding import check_set_name
from location_cloud.imagery.model_look import PLAIN
from location_cloud.imagery.sources import list_sources

VRT = """<VRTDataset rasterXSize="9" rasterYSize="9"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
<SourceFilename relativeToVRT="0">/etc/hostname</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""


def refused(imagery, path, match):
    with pytest.raises(BadInput, match=match) as error:
        imagery.add(path, set="s")
    assert path.name in str(error.value)
    assert [entry for entry in (imagery.home / "imagery").rglob("*") if entry.is_file()] == []


@pytest.fixture(autouse=True)
def _folder(imagery):
    (imagery.home / "imagery").mkdir(exist_ok=True)


@pytest.mark.parametrize(
    "content",
    [
        VRT.encode(),
        b"\xef\xbb\xbf  " + VRT.encode(),
        b"<GDAL_WMS><Service name='TMS'><ServerUrl>http://example.org/</ServerUrl></Service></GDAL_WMS>",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"SIMPLE  =                    T",
        b"",
        b"II*",
        b'{"type":"FeatureCollection"}',
    ],
)
def test_what_only_bears_the_name_of_a_tiff_is_never_opened(imagery, tmp_path, content):
    path = tmp_path / "scene.tif"
    path.write_bytes(content)
    refused(imagery, path, "not a TIFF")


@pytest.mark.parametrize("keep", [8, 100, 300, 2000])
def test_cut_off_files_are_refused(imagery, tmp_path, keep):
    whole = write_tiff(tmp_path / "whole.tif", np.random.default_rng(1).integers(0, 255, (3, 200, 200), np.uint8))
    path = tmp_path / "cut.tif"
    path.write_bytes(whole.read_bytes()[:keep])
    refused(imagery, path, "cut.tif")


def test_damaged_blocks_are_refused(imagery, tmp_path):
    values = np.random.default_rng(1).integers(0, 255, (1, 256, 256), np.uint8)
    path = write_tiff(tmp_path / "damaged.tif", values, compress="deflate", tiled=True)
    content = bytearray(path.read_bytes())
    content[-30_000:-20_000] = b"\xff" * 10_000
    path.write_bytes(content)
    refused(imagery, path, "cannot be read")


def bomb(path, columns, rows):
    """A TIFF of a few hundred bytes that declares columns x rows grey pixels in one strip that is not there."""
    tags = [
        (256, 4, 1, columns), (257, 4, 1, rows), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
        (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, rows), (279, 4, 1, 100),
    ]  # fmt: skip
    body = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    path.write_bytes(struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(tags)) + body + bytes(4))
    return path


@pytest.mark.parametrize(("columns", "rows"), [(1_000_000, 1_000_000), (4_000_000_000, 1), (30_000, 30_000)])
def test_a_small_file_that_declares_a_huge_picture_is_refused(imagery, tmp_path, columns, rows):
    refused(imagery, bomb(tmp_path / "bomb.tif", columns, rows), "bomb.tif")


def test_a_sparse_file_that_declares_a_huge_picture_is_refused(imagery, tmp_path):
    path = tmp_path / "sparse.tif"
    transform = rasterio.transform.from_bounds(*DAQING, 100_000, 100_000)
    options = {"tiled": True, "blockxsize": 4096, "blockysize": 4096, "sparse_ok": True, "crs": "EPSG:4326"}
    with rasterio.open(
        path, "w", driver="GTiff", width=100_000, height=100_000, count=1, dtype="uint8", transform=transform, **options
    ):
        pass
    refused(imagery, path, "made to fill a disk")


def test_a_file_without_a_place_is_refused(imagery, tmp_path):
    path = tmp_path / "nowhere.tif"
    with rasterio.open(path, "w", driver="GTiff", width=9, height=9, count=1, dtype="uint8") as file:
        file.write(np.ones((1, 9, 9), np.uint8))
    refused(imagery, path, "does not say where it lies")


def test_world_files_beside_a_picture_are_not_read(imagery, tmp_path):
    path = tmp_path / "nowhere.tif"
    with rasterio.open(path, "w", driver="GTiff", width=9, height=9, count=1, dtype="uint8", crs="EPSG:4326") as file:
        file.write(np.ones((1, 9, 9), np.uint8))
    (tmp_path / "nowhere.tfw").write_text("0.01\n0\n0\n-0.01\n125\n46\n")
    (tmp_path / "nowhere.tif.aux.xml").write_text("<PAMDataset><SRS>EPSG:3857</SRS></PAMDataset>")
    refused(imagery, path, "does not say where it lies")


@pytest.mark.parametrize("bounds", [(170, 46, 190, 47), (-200, 46, -170, 47)])
def test_pictures_over_the_antimeridian_are_refused(imagery, tmp_path, bounds):
    refused(imagery, write_tiff(tmp_path / "a.tif", plain(9), bounds), "antimeridian")


def test_complex_values_are_refused(imagery, tmp_path):
    refused(imagery, write_tiff(tmp_path / "a.tif", np.ones((1, 9, 9), np.complex64)), "values of type")


def test_too_many_bands_are_refused(imagery, tmp_path):
    refused(imagery, write_tiff(tmp_path / "a.tif", np.ones((65, 4, 4), np.uint8)), "65 bands")


@pytest.mark.parametrize(
    ("wish", "match"),
    [
        ({"kind": "picture"}, "a picture has"),
        ({"kind": "elevation"}, "heights are one band"),
        ({"kind": "classes"}, "with a palette"),
        ({"compression": "jpeg"}, "is for pictures"),
    ],
)
def test_a_file_cannot_be_made_what_it_is_not(imagery, tmp_path, wish, match):
    path = write_tiff(tmp_path / "a.tif", np.ones((2, 9, 9), np.uint16))
    with pytest.raises(BadInput, match=match):
        imagery.add(path, set="s", **wish)


HREFS = [
    "/etc/hostname",
    "../../etc/hostname",
    "./../outside/secret.tif",
    "file:///etc/hostname",
    "file://localhost/../outside/secret.tif",
    "http://example.org/a.tif",
    "https://example.org/a.tif",
    "s3://bucket/a.tif",
    "/vsicurl/http://example.org/a.tif",
    "/vsizip/a.zip/a.tif",
    "//example.org/a.tif",
    "link.tif",
    "..\\outside\\secret.tif",
    "a.tif\x00.png",
    "",
    None,
    7,
    ["a.tif"],
]


@pytest.fixture
def outside(tmp_path):
    """A folder beside a file that must not be read, with a link to it inside."""
    (tmp_path / "outside").mkdir()
    write_tiff(tmp_path / "outside" / "secret.tif", plain(9))
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.tif").symlink_to(tmp_path / "outside" / "secret.tif")
    return inside


@pytest.mark.parametrize("href", HREFS)
def test_a_stac_item_names_no_file_outside_of_its_folder(imagery, outside, href):
    asset = {"href": href, "type": "image/tiff; application=geotiff"}
    (outside / "item.json").write_bytes(orjson.dumps({"type": "Feature", "id": "x", "assets": {"a": asset}}))
    with pytest.raises(BadInput, match=r"item\.json"):
        list_sources(outside / "item.json")


@pytest.mark.parametrize("href", HREFS)
def test_a_mosaicjson_names_no_file_outside_of_its_folder(imagery, outside, href):
    (outside / "m.json").write_bytes(orjson.dumps({"mosaicjson": "0.0.3", "tiles": {"1": [href]}}))
    with pytest.raises(BadInput, match=r"m\.json"):
        list_sources(outside / "m.json")


def test_a_link_in_a_folder_leads_nowhere_outside(imagery, outside):
    with pytest.raises(BadInput, match="lies outside"):
        list_sources(outside)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"type":"Feature"}', b'{"type":"Feature","assets":{}}', b'{"mosaicjson":"1","tiles":[]}',
     b'{"mosaicjson":"1","tiles":{"0":"a.tif"}}', b'{"mosaicjson":"1","tiles":{}}', b"[" * 100_000],
)  # fmt: skip
def test_other_json_is_refused(imagery, tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    refused(imagery, path, "a.json")


def test_an_archive_with_a_huge_member_is_not_unpacked(imagery, tmp_path):
    path = tmp_path / "N46E125.hgt.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("N46E125.hgt", bytes(60_000_000))
    refused(imagery, path, "exactly one SRTM tile")


@pytest.mark.parametrize("flipped", [b"stored", b"packed"])
def test_an_archive_with_damaged_bytes_is_refused(imagery, tmp_path, flipped):
    path = tmp_path / "N46E125.hgt.zip"
    heights = np.random.default_rng(1).integers(0, 200, 1201 * 1201, np.int16).tobytes()
    method = zipfile.ZIP_STORED if flipped == b"stored" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("N46E125.hgt", heights)
    content = bytearray(path.read_bytes())
    content[100_000:100_100] = b"\xff" * 100
    path.write_bytes(content)
    refused(imagery, path, "not a zip archive that can be read")


@pytest.mark.parametrize("name", ["N46E125.hgt", "N46E125.hgt.zip", "heights.hgt", "N99E125.hgt"])
def test_heights_of_the_wrong_size_or_name_are_refused(imagery, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"PK\x03\x04" + bytes(1000))
    refused(imagery, path, name)


@pytest.mark.parametrize("name", ["base", "traffic", "stac", "../x", "a/b", "A", "", "-x", "x" * 70, "ü"])
def test_names_that_no_set_may_have(imagery, tmp_path, name):
    path = write_tiff(tmp_path / "ü.tif", plain(9))
    with pytest.raises(BadInput):
        imagery.add(path, set=name)


def test_an_interrupted_conversion_leaves_nothing(imagery, tmp_path, monkeypatch):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(converting, "_pack", interrupt)
    with pytest.raises(KeyboardInterrupt):
        imagery.add(write_tiff(tmp_path / "dem.tif", ramp()), set="s")
    assert list((imagery.home / "imagery").rglob("*")) == []


def test_what_a_killed_conversion_left_is_removed_by_the_next(imagery, tmp_path):
    left = imagery.home / "imagery" / ".new-99999999-abc"
    left.mkdir()
    (left / "warped.tif").write_bytes(b"half")
    imagery.add(write_tiff(tmp_path / "a.tif", plain(9)), set="s")
    assert not left.exists()


@pytest.mark.parametrize(
    "taken", [7, "yesterday", "2024-02-31T00:00:00Z", "2024-05-31T03:20:00", "2024", ["2024-05-31"]]
)
def test_a_stac_items_time_is_one_of_the_calendar(tmp_path, taken):
    write_tiff(tmp_path / "a.tif", plain(9))
    item = {"type": "Feature", "assets": {"a": {"href": "a.tif", "roles": 7}}, "properties": {"datetime": taken}}
    (tmp_path / "item.json").write_bytes(orjson.dumps(item))
    with pytest.raises(BadInput, match=r"item\.json: datetime"):
        list_sources(tmp_path / "item.json")


def test_a_stac_items_other_words_may_be_of_any_type(tmp_path):
    write_tiff(tmp_path / "a.tif", plain(9))
    item = {"type": "Feature", "assets": {"a": {"href": "a.tif", "roles": 7}}, "properties": {"providers": 7}}
    (tmp_path / "item.json").write_bytes(orjson.dumps(item))
    (source,) = list_sources(tmp_path / "item.json")
    assert (source.attribution, source.taken) == ("", "")


def test_no_day_of_the_calendar_in_a_name_is_no_date(tmp_path):
    (source,) = list_sources(write_tiff(tmp_path / "photo_20240231.tif", plain(9)))
    assert source.taken == ""


@pytest.mark.parametrize("name", ["light", "satellite", "traffic-map", "layers-roads", "dem-hillshade", "stac"])
def test_a_set_cannot_take_the_name_of_another_tile_set(name):
    with pytest.raises(BadInput, match="cannot name a set"):
        check_set_name(name)


def test_a_picture_of_many_bands_is_refused_before_anything_is_read(imagery, tmp_path):
    imagery.add(write_tiff(tmp_path / "a.tif", np.ones((20, 8, 8), np.uint16)), set="s")
    with pytest.raises(TooLarge, match="20 bands"):
        service.statistics(imagery.set("s"), PLAIN, None, (-2e7, -2e7, 2e7, 2e7), 4096, 10)
