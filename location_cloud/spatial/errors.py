"""What the spatial core raises when it is given something that has no place on the globe."""


class SpatialError(ValueError):
    """A spatial value that cannot be used; the message says the value, the range and the next step."""


class BadCoordinate(SpatialError):
    """A coordinate, box or radius that is not a number or lies off the globe."""


class BadGeometry(SpatialError):
    """A geometry that is malformed, self-crossing, too large, or of a kind the question cannot take."""


class BadPolyline(SpatialError):
    """An encoded polyline that cannot be read; the message says which character."""


class BadCode(SpatialError):
    """A cell code, cell level or cell system that does not exist."""


class TooManyCells(BadCode):
    """More cells than one answer may hold; the message says how many, the most, and what to do."""


class BadCrs(SpatialError):
    """A coordinate system that is unknown here."""


class NotAvailable(SpatialError):
    """A system of cells that needs a package which is not installed; the message says which."""
