"""Background work of grids: designs that were asked for."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Job
from location_cloud.grids.service_design_making import DesignMaker, forget_old

DESIGNS = "grids.designs"


def make_designs(context: Any) -> None:
    """Goes on with the designs that are waiting."""
    maker: DesignMaker | None = context.memory.get(DESIGNS)
    if maker is None:
        maker = DesignMaker(context.live, context.snapshots, context.clock)
        context.memory[DESIGNS] = maker
    maker.run(context.should_stop)


def forget_designs(context: Any) -> None:
    """Removes designs that were kept long enough."""
    forget_old(context.live, context.clock())


JOBS = (
    Job(DESIGNS, 1.0, make_designs, "grids designed along roads, one design after another"),
    Job("grids.designs.kept", 3600.0, forget_designs, "designs that were kept long enough"),
)
