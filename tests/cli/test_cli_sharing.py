"""What web workers share is loaded by questions that are really asked, and holds nothing that a fork must not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.conftest import ROOT, copy_home

LEFT = """
import os, sys, threading
from pathlib import Path
from location_cloud.settings import Settings
from location_cloud.sharing import prepare
home = Path(sys.argv[1])
prepare(Settings(home=home, keys="always"))
files = [os.readlink(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd") if number.isdigit()
         and os.path.lexists(f"/proc/self/fd/{number}")]
held = [file for file in files if file.startswith(str(home))]
mapped = [line for line in Path("/proc/self/maps").read_text().splitlines() if str(home) in line]
print(threading.active_count(), held, mapped)
"""


def test_every_typical_question_has_an_answer_but_the_one_from_the_sea(app, client: FlaskClient):
    system = app.extensions["location_cloud"]
    world = system.worlds.current()
    asked = [address for each in system.operations if each.typical for address in each.typical(world)]
    assert any("/osrm/route/" in address for address in asked)
    # What is looked for by name need not be in the city: that is an answer, too.
    expected = [(422 if "from=0,0" in address else 200, address) for address in asked if "/geocode?" not in address]
    answered = {address: client.get(address).status_code for address in asked}
    assert [(answered[address], address) for _status, address in expected] == expected
    assert {status for address, status in answered.items() if "/geocode?" in address} <= {200, 422}


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux only")
@pytest.mark.parametrize("has_snapshot", [True, False])
def test_the_process_that_workers_are_forked_from_keeps_no_thread_and_no_data(demo_home: Path, tmp_path, has_snapshot):
    if has_snapshot:
        copy_home(demo_home, tmp_path)
    asked = subprocess.run(
        [sys.executable, "-c", LEFT, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert asked.stdout.split("\n")[0] == "1 [] []", asked.stdout + asked.stderr
