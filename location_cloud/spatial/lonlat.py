"""Points as arrays: the one place that checks shape, finiteness and range of (lon, lat)."""

import numpy as np
import numpy.typing as npt

from location_cloud.spatial.errors import BadCoordinate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def as_lonlat(lonlat: npt.ArrayLike) -> Floats:
    """The same points as a float64 array of shape (n, 2), checked to lie on the globe.

    lonlat: (n, 2) or (2,), degrees, longitude first.

    Raises BadCoordinate for another shape, a NaN or infinity, or |lon| > 180 or |lat| > 90.
    """
    points = as_points(lonlat)
    # Written so that NaN fails the comparison too.
    good = (np.abs(points[:, 0]) <= 180.0) & (np.abs(points[:, 1]) <= 90.0)
    if not good.all():
        at = int(np.argmin(good))
        raise BadCoordinate(off_the_globe(points[at, 0], points[at, 1], name=f"point[{at}]"))
    return points


def as_points(points: npt.ArrayLike) -> Floats:
    """The same points as a float64 array of shape (n, 2), range unchecked.

    Raises BadCoordinate for another shape or for values that are not numbers.
    """
    try:
        array = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BadCoordinate(f"points must be pairs of numbers: {error}") from error
    if array.ndim == 1 and array.size in (0, 2):
        array = array.reshape(-1, 2)
    if array.ndim != 2 or array.shape[1] != 2:
        raise BadCoordinate(f"points must have shape (n, 2), got {array.shape}")
    return array


def off_the_globe(lon: float, lat: float, name: str = "") -> str:
    """The sentence to show for a point off the globe, with the usual cause when it fits."""
    where = f"{name}={lon:.12g},{lat:.12g}" if name else f"{lon:.12g},{lat:.12g}"
    if abs(lon) <= 90.0 < abs(lat) <= 180.0:
        return f"{where} is off the globe; is it lat,lon?"
    return f"{where} is off the globe; longitude is -180..180 and latitude -90..90, in this order"
