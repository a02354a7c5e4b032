"""Background work of directions: live weights into the slots that web workers read."""

from __future__ import annotations

from functools import partial
from typing import Any

from location_cloud.capability import Job
from location_cloud.directions.deriving import Deriver, open_deriver, remove_leftovers
from location_cloud.directions.overlay import open_overlay
from location_cloud.directions.service_matrices import MatrixMaker, forget_old

NAME = "directions.weights"
MATRICES = "directions.matrices"


def derive_weights(context: Any) -> None:
    """Follows the current snapshot and the live store; called at every commit and each second."""
    wanted = context.snapshots.current_id()
    if wanted is None:
        return
    opened: tuple[str, Deriver] | None = context.memory.get(NAME)
    if opened is None or opened[0] != wanted:
        remove_leftovers(context.settings.home, context.snapshots.list_snapshots())
        snapshot = context.snapshots.open(wanted)
        if "directions" not in snapshot.manifest.sections:  # a snapshot from before this capability
            return
        opened = wanted, open_deriver(snapshot, context.settings.home, context.settings.tenant)
        context.memory[NAME] = opened
    opened[1].derive(context.live, context.clock())


def make_matrices(context: Any) -> None:
    """Goes on with the matrices that are waiting."""
    maker: MatrixMaker | None = context.memory.get(MATRICES)
    if maker is None:
        open_one = partial(open_overlay, settings=context.settings)
        maker = MatrixMaker(context.live, context.snapshots, context.settings.home, open_one, context.clock)
        context.memory[MATRICES] = maker
    maker.run(context.should_stop)


def forget_matrices(context: Any) -> None:
    """Removes matrices that were kept long enough."""
    forget_old(context.live, context.clock())


JOBS = (
    Job(NAME, 1.0, derive_weights, "live speeds and closures into the metrics of routes", on_commit=True),
    Job(MATRICES, 1.0, make_matrices, "matrices asked as jobs, row by row"),
    Job("directions.matrices.kept", 600.0, forget_matrices, "results of matrices that were kept long enough"),
)
