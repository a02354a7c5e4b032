"""As many answers a second as servers give, asked by wrk: 20 us of the shared processors a question, for whoever it is.

A client in Python took 100 us and its own lock's turns, half of what the faster server spent on an answer.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.parts.install import find_libraries, installed_root

SCRIPT = """
local requests, at = {{}}, 0
init = function(args)
    for line in io.lines("{targets}") do requests[#requests + 1] = wrk.format("GET", line) end
end
request = function() at = at % #requests + 1; return requests[at] end
"""


def answers_a_second(ports: Sequence[int], targets: Sequence[str], connections: int, seconds: float) -> float:
    """Answers of all statuses a second. Connections and targets are shared out among the ports, each with a wrk.

    Raises PartMissingError without wrk (tests/parts/install.py web-servers), SystemExit if connections broke.
    """
    root = installed_root("web-servers")
    environment = {**os.environ, "LD_LIBRARY_PATH": find_libraries(root)}
    each = max(1, connections // len(ports))
    with tempfile.TemporaryDirectory(prefix="steady-") as folder:
        asking = []
        for number, port in enumerate(ports):
            listed, script = Path(folder) / f"targets-{number}", Path(folder) / f"ask-{number}.lua"
            listed.write_text("\n".join(targets[number :: len(ports)]))
            script.write_text(SCRIPT.format(targets=listed))
            command = [str(root / "usr/bin/wrk"), "-t1", f"-c{each}", f"-d{seconds:g}s", "-s", str(script)]
            command += ["--timeout", "60s", f"http://127.0.0.1:{port}"]
            asking.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        told = [one.communicate()[0] for one in asking]
    for text, port in zip(told, ports):
        if "Socket errors" in text or "Requests/sec" not in text:
            raise SystemExit(f"port {port}: {text}")
    return sum(float(rate) for text in told for rate in re.findall(r"Requests/sec:\s+([\d.]+)", text))
