"""Background work of grids: designs that were asked for, phones that are no longer needed."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Job
from location_cloud.grids.service_design_making import DesignMaker, forget_old
from location_cloud.grids.service_people import forget_phones

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


def forget_ended(context: Any) -> None:
    """Removes phones of people who answer for their grid no longer."""
    forget_phones(context.live, context.clock().date())


JOBS = (
    Job(DESIGNS, 1.0, make_designs, "grids designed along roads, one design after another"),
    Job("grids.designs.kept", 3600.0, forget_designs, "designs that were kept long enough"),
    Job("grids.people.phones", 3600.0, forget_ended, "phones of people who answer for a grid no longer"),
)
