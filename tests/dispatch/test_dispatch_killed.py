"""An acknowledged emergency or dispatch is there although whoever took it was killed, and never half of one."""

from __future__ import annotations

from location_cloud.dispatch import store, store_emergencies
from location_cloud.dispatch.service_privacy import Words
from location_cloud.secrecy import load_secrecy
from location_cloud.storage.live import open_live
from tests.killing import acknowledged_until_killed

DESKS = """
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from location_cloud.callers.model import Kept
from location_cloud.dispatch import service_emergencies as service, store
from location_cloud.dispatch.model import Unit
from location_cloud.dispatch.service_emergencies import Writer
from location_cloud.secrecy import load_secrecy
from location_cloud.storage.live import open_live

def work_for_ever(home, step):
    live = open_live("", home)
    live.migrate({"dispatch": store.MIGRATIONS})
    world = SimpleNamespace(live=live, home=home, overlay={"callers": Kept(load_secrecy(home / "secret.key"))})
    while True:
        now = datetime.now(UTC)
        with live.write() as connection:
            store.insert_unit(connection, "a", Unit(f"u{step}"), now)
        said = {"category": "120", "lonlat": (125.1, 46.6), "description": str(step)}
        found, _ = service.open_emergency(world, "a", said, None, Writer("me", now, role="call_taker"))
        service.assign_unit(live, "a", found.id, f"u{step}", 9.0, Writer("me", now))
        print(step, flush=True)
        step += 1
"""
"""Each begins at the step that is asked and tells every step it did."""


def test_no_acknowledged_dispatch_is_lost_or_half_done_when_the_desk_is_killed(tmp_path):
    acknowledged = acknowledged_until_killed(DESKS, tmp_path, range(0, 10_000, 1000))
    live, words = open_live("", tmp_path), Words(load_secrecy(tmp_path / "secret.key"), "a")
    with live.read() as connection:
        units = {unit.id: unit for unit in store.list_units(connection, "a")}
        found = [words.opened(each) for each in store_emergencies.list_emergencies(connection, "a", (), 0, 100_000)]
        for emergency in found:
            assigned = store_emergencies.list_assignments(connection, "a", emergency.id)
            log = store_emergencies.list_log(connection, "a", emergency.id)
            assert len(log) == emergency.version == 1 + len(assigned)
            assert all(units[each.unit].emergency == emergency.id for each in assigned)
            if int(emergency.description) in acknowledged:
                assert [each.unit for each in assigned] == [f"u{emergency.description}"]
    live.close()
    assert set(acknowledged) <= {int(emergency.description) for emergency in found}
    assert len(acknowledged) >= 10
