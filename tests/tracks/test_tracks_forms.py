"""Forms that fixes leave in: simplified lines, the GTFS Realtime feed; and how long they are kept."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from location_cloud.tracks import service
from location_cloud.tracks.gtfs_realtime import write_feed
from location_cloud.tracks.read_rows import read_rows
from location_cloud.tracks.service_keeping import Keeping, forget
from location_cloud.tracks.simplify import parts_of, simplify
from tests.tracks.conftest import NOW, fix


def slow_simplify(xy, tolerance):
    """Douglas and Peucker as they wrote it."""
    begin, along = xy[0], xy[-1] - xy[0]
    share = np.clip((xy - begin) @ along / max(along @ along, 1e-12), 0, 1)
    off = np.hypot(*(xy - begin - share[:, None] * along).T)
    far = int(np.argmax(off))
    if len(xy) < 3 or off[far] <= tolerance:
        return [0, len(xy) - 1]
    return slow_simplify(xy[: far + 1], tolerance)[:-1] + [far + each for each in slow_simplify(xy[far:], tolerance)]


@pytest.mark.parametrize("seed", range(10))
def test_simplified_places_are_those_of_the_obvious_way(seed):
    chance = np.random.default_rng(seed)
    xy = np.cumsum(chance.normal(0, 30, (80, 2)), axis=0)
    lonlat = xy / 111_195
    lonlat[:, 1] -= lonlat[:, 1].mean()  # at the equator degrees are a plane
    assert simplify(lonlat, 40).tolist() == slow_simplify(xy, 40)


def test_a_tolerance_is_metres_also_far_north():
    lonlat = np.array([[125, 60], [125.01, 60.0009], [125.02, 60]])
    assert simplify(lonlat, 99).tolist() == [0, 1, 2]
    assert simplify(lonlat, 101).tolist() == [0, 2]


def test_a_track_over_the_antimeridian_stays_short():
    assert simplify(np.array([[179.999, 0], [180, 0.0], [-179.999, 0]]), 1).tolist() == [0, 2]


def test_points_that_are_all_alike_leave_the_two_ends():
    assert simplify(np.zeros((5, 2)), 10).tolist() == [0, 4]


def test_a_track_is_parted_at_silences():
    assert parts_of(np.array([0, 10, 700, 710]), 600) == [slice(0, 2), slice(2, 4)]
    assert parts_of(np.empty(0), 600) == []


FIELDS = {
    "FeedHeader": {"gtfs_realtime_version": (1, "STRING"), "incrementality": (2, "INT32"), "timestamp": (3, "UINT64")},
    "Position": {
        "latitude": (1, "FLOAT"),
        "longitude": (2, "FLOAT"),
        "bearing": (3, "FLOAT"),
        "odometer": (4, "DOUBLE"),
        "speed": (5, "FLOAT"),
    },
    "VehicleDescriptor": {"id": (1, "STRING"), "label": (2, "STRING")},
    "VehiclePosition": {"position": (2, "Position"), "timestamp": (5, "UINT64"), "vehicle": (8, "VehicleDescriptor")},
    "FeedEntity": {"id": (1, "STRING"), "vehicle": (4, "VehiclePosition")},
    "FeedMessage": {"header": (1, "FeedHeader"), "entity": (2, "FeedEntity")},
}
"""The part of gtfs-realtime.proto 2.0 that is written. Source: gtfs.org/documentation/realtime/proto."""


def read_feed(body):
    """The feed as Google's own runtime reads it."""
    file = descriptor_pb2.FileDescriptorProto(name="gtfs-realtime.proto", package="transit_realtime")
    kinds = descriptor_pb2.FieldDescriptorProto
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for field, (number, kind) in fields.items():
            label = kinds.LABEL_REPEATED if field == "entity" else kinds.LABEL_OPTIONAL
            told = {"type_name": f".transit_realtime.{kind}", "type": kinds.TYPE_MESSAGE}
            if kind not in FIELDS:
                told = {"type": getattr(kinds, f"TYPE_{kind}")}
            message.field.add(name=field, number=number, label=label, **told)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("transit_realtime.FeedMessage")).FromString(body)


@pytest.fixture
def send(live, tmp_path):
    return lambda *rows: service.store_fixes(live, tmp_path, "a", read_rows(rows, "http"), NOW)


def test_the_feed_is_read_by_protobuf_and_says_what_is_simulated(send, live):
    send(fix(0, device="巴士-7", speed_kmh=36, heading_deg=90), fix(0, device="ghost", simulated=True))
    feed = read_feed(write_feed([service.last_positions(live, "a")], NOW.timestamp()))
    assert (feed.header.gtfs_realtime_version, feed.header.timestamp) == ("2.0", int(NOW.timestamp()))
    bus, ghost = feed.entity
    assert (bus.id, bus.vehicle.vehicle.id, bus.vehicle.position.speed) == ("巴士-7", "巴士-7", 10)
    assert bus.vehicle.position.longitude == pytest.approx(125.1031, abs=1e-5)
    assert bus.vehicle.position.bearing == 90
    assert bus.vehicle.timestamp == int(NOW.timestamp()) - 3600
    assert (ghost.id, ghost.vehicle.vehicle.label) == ("simulated:ghost", "simulated")
    assert not ghost.vehicle.position.HasField("speed")


def test_fixes_are_removed_when_they_were_kept_long_enough(send, live):
    send(fix(0), fix(3000, 10), fix(0, device="gone"), fix(10, lon=0.0, lat=0.0))
    forget(live, Keeping(0.01, 7, 0), NOW)  # 14 minutes
    assert [name for name, _ in service.list_devices(live, "a", "", 10)[0]] == ["taxi"]
    assert len(service.read_after(live, "a", 0)) == 1
    forget(live, Keeping(0.01, 7, 0), NOW + timedelta(days=1))
    assert service.list_devices(live, "a", "", 10)[0] == []


def test_old_positions_are_put_on_a_grid_and_stay_there(send, live):
    send(fix(0, 1234), fix(3000, 5000))
    assert forget(live, Keeping(30, 0.01, 500), NOW) == 1
    fixes, _ = service.history(live, "a", "taxi", 0, 1e11, 10)
    step_deg = round(500 / 111_195 * 1e7) / 1e7
    assert fixes.lonlat[0] / step_deg == pytest.approx(np.round(fixes.lonlat[0] / step_deg), abs=1e-6)
    assert fixes.accuracy_m[0] == 705
    assert fixes.lonlat[1, 0] == pytest.approx(125.1031 + 5000 / 76_420, abs=1e-6)
    assert forget(live, Keeping(30, 0.01, 500), NOW) == 0


def test_a_fix_sent_again_after_it_was_made_coarse_is_made_coarse_again(send, live):
    send(fix(0, 1234))
    forget(live, Keeping(30, 0.01, 500), NOW)
    before, _ = service.history(live, "a", "taxi", 0, 1e11, 10)
    send(fix(0, 1234))
    forget(live, Keeping(30, 0.01, 500), NOW)
    after, _ = service.history(live, "a", "taxi", 0, 1e11, 10)
    assert after.lonlat.tolist() == before.lonlat.tolist()
