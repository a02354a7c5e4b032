"""A simulation's fixes in the order in which a server gets them, as far as it is."""

from __future__ import annotations

import numpy as np

from location_cloud.simulator.drives import Simulation, chosen, joined
from location_cloud.simulator.model import Drives, Fixes, Traversals, no_fixes, no_paths


class Feed:
    """Gives what has arrived since it was asked last. keeps_truth: `drives` will be asked in the end.

    begin_s: fixes of times before it belong to the warming up and are left out.
    """

    def __init__(self, simulation: Simulation, begin_s: float, *, keeps_truth: bool) -> None:
        self._simulation = simulation
        self._begin_s = begin_s
        self._keeps_truth = keeps_truth
        self._waiting = no_fixes()
        self._paths: list[Traversals] = [no_paths()]

    def until(self, time_s: float) -> Fixes:
        """All that arrive before this unix second and were not given yet, in order of arrival."""
        while self._simulation.now_s < time_s:
            fixes, paths = self._simulation.step()
            fixes = joined([self._waiting, chosen(fixes, fixes.time_s >= self._begin_s)])
            self._waiting = chosen(fixes, np.argsort(fixes.received_s, kind="stable"))
            if self._keeps_truth:
                self._paths.append(chosen(paths, paths.leave_s > self._begin_s))
            else:
                self._simulation.forget_truth()
        count = int(np.searchsorted(self._waiting.received_s, time_s))
        given = chosen(self._waiting, np.arange(count))
        self._waiting = chosen(self._waiting, np.arange(count, len(self._waiting)))
        return given

    def drives(self) -> Drives:
        """Everything but the fixes, which were given away."""
        return self._simulation.drives(no_fixes(), joined(self._paths))
