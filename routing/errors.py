"""What the routing engine refuses, and why; every error is a ValueError that names the value and the next step."""


class RoutingError(ValueError):
    """Anything the routing engine refuses."""


class BadGraph(RoutingError):
    """The arrays given do not form a road graph (an index, a shape or a turn rule is wrong)."""


class BadCost(RoutingError):
    """The costs given do not fit the graph, or one of them is negative."""


class BadPoint(RoutingError):
    """A place asked about is not on the globe, or not on an edge of this graph."""


class OffRoad(RoutingError):
    """No usable road is near enough to the place asked about."""
