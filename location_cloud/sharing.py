"""What web workers share: imported modules and compiled code, loaded once in the process that they are forked from.

Each worker on its own held 120 MB of them at its start and 200 MB in use; forked, 25 MB are its own.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import sys
from collections.abc import Sequence

from flask import Flask
from werkzeug.test import Client

from location_cloud.app import create_app
from location_cloud.capability import Operation
from location_cloud.http.context import System
from location_cloud.settings import Settings

LOG = logging.getLogger("location_cloud.sharing")

IS_SHARED = sys.platform == "linux"
"""Elsewhere a process with numpy's threads cannot be forked safely; its workers load everything themselves."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
"""glibc, malloc.h: the parameters of mallopt."""

ARENAS = 2
"""Heaps of a process. By default each thread gets one, and each keeps what its largest answer took."""

LARGE_BYTES = 4 << 20
"""Larger arrays leave the process when they are freed, and of what is free at the end of a heap no more than twice that
stays. Else glibc learns from the first large array to keep up to 32 and 64 MB.
"""


def prepare(settings: Settings) -> None:
    """Loads what a web worker needs, by asking the current snapshot everyday questions, and keeps none of its data.

    Takes as long as a worker's own start. What goes wrong is left to the workers, who say it.
    """
    _limit_heaps()
    app = create_app(settings.model_copy(update={"log": "off", "keys": "auto", "host": "127.0.0.1"}))
    system: System = app.extensions["location_cloud"]
    try:
        ask_typical(app, system, system.operations)
    finally:
        system.close()
    del app, system
    keep_out_of_collections()


def ask_typical(app: Flask, system: System, operations: Sequence[Operation]) -> None:
    """Asks each operation its typical questions, if there is a snapshot."""
    world = system.worlds.find()
    if world is None:
        return
    client = Client(app.wsgi_app)
    for operation in operations:
        for address in operation.typical(world) if operation.typical else ():
            answer = client.get(address, environ_overrides={"REMOTE_ADDR": "127.0.0.1"})
            LOG.debug("%s %s", answer.status_code, address)


def keep_out_of_collections() -> None:
    """Tells the collector of garbage to pass over everything there is now.

    It writes to what it looks at, which would make shared memory private; and a full round takes 30 ms.
    """
    gc.collect()
    gc.freeze()


def _limit_heaps() -> None:
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it, musl does not
    if set_option is not None:
        set_option(M_ARENA_MAX, ARENAS)
        set_option(M_MMAP_THRESHOLD, LARGE_BYTES)
        set_option(M_TRIM_THRESHOLD, 2 * LARGE_BYTES)
