"""Coordinate systems at the edge: names a client may ask for, and projected metres by EPSG number."""

from functools import lru_cache
from typing import Final, Literal, get_args

import numpy as np
import numpy.typing as npt
from pyproj import Transformer
from pyproj.exceptions import CRSError, ProjError

from location_cloud.spatial import datum
from location_cloud.spatial.errors import BadCoordinate, BadCrs
from location_cloud.spatial.lonlat import Floats, as_lonlat, as_points

Crs = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
CRS_NAMES: Final[tuple[Crs, ...]] = get_args(Crs)

# CGCS2000 / 3-degree Gauss-Kruger zone 42 (central meridian 126 E, false easting 42,500,000 m), where Daqing
# lies. Source: EPSG registry. EPSG:4528 is zone 40 and wrong for Daqing.
DAQING_EPSG: Final = 4530


def parse_crs(text: str, name: str = "crs") -> Crs:
    """The coordinate system of that name, upper or lower case.

    Raises BadCrs with the names that exist.
    """
    for known in CRS_NAMES:
        if text.lower() == known:
            return known
    raise BadCrs(f"{name}={text[:40]} is not a coordinate system known here; use one of {', '.join(CRS_NAMES)}")


def as_wgs84(lonlat: npt.ArrayLike, crs: Crs) -> Floats:
    """The same places in WGS-84: (n, 2) degrees from (n, 2) degrees in the named system.

    CGCS2000 comes back unchanged: the two frames differ by less than a metre (continental drift since epoch
    2000.0), PROJ treats them as equal, and so do we.

    Raises BadCoordinate off the globe, BadCrs for an unknown name.
    """
    if crs in ("wgs84", "cgcs2000"):
        return as_lonlat(lonlat)
    if crs == "gcj02":
        return datum.wgs84_from_gcj02(lonlat)
    if crs == "bd09":
        return datum.wgs84_from_bd09(lonlat)
    raise BadCrs(f"crs={crs} is not known; use one of {', '.join(CRS_NAMES)}")


def from_wgs84(lonlat: npt.ArrayLike, crs: Crs) -> Floats:
    """The same places in the named system: (n, 2) degrees from (n, 2) degrees WGS-84. Errors as `as_wgs84`."""
    if crs in ("wgs84", "cgcs2000"):
        return as_lonlat(lonlat)
    if crs == "gcj02":
        return datum.gcj02_from_wgs84(lonlat)
    if crs == "bd09":
        return datum.bd09_from_wgs84(lonlat)
    raise BadCrs(f"crs={crs} is not known; use one of {', '.join(CRS_NAMES)}")


def transform(lonlat: npt.ArrayLike, source: Crs, target: Crs) -> Floats:
    """The same places, taken from one named system to another: (n, 2) degrees. Errors as `as_wgs84`."""
    if source == target and source in CRS_NAMES:
        return as_lonlat(lonlat)
    return from_wgs84(as_wgs84(lonlat, source), target)


def project(lonlat: npt.ArrayLike, epsg: int = DAQING_EPSG) -> Floats:
    """Plane coordinates in metres, (n, 2) east then north whatever the official axis order, of WGS-84 points.

    epsg: number of a projected system, such as 4530 (CGCS2000 3-degree zone 42, Daqing).

    Raises BadCrs for an unknown number, BadCoordinate for points that the projection cannot show.
    """
    points = as_lonlat(lonlat)
    return _checked(_transformer(epsg), points, "FORWARD", epsg)


def unproject(xy_m: npt.ArrayLike, epsg: int = DAQING_EPSG) -> Floats:
    """WGS-84 points, (n, 2) degrees, of plane coordinates (n, 2), east then north, metres. Errors as `project`."""
    return _checked(_transformer(epsg), as_points(xy_m), "INVERSE", epsg)


@lru_cache(maxsize=32)
def _transformer(epsg: int) -> Transformer:
    # Shared by threads: pyproj >= 3.1 keeps one PROJ context a thread inside a Transformer.
    try:
        return Transformer.from_crs(4326, int(epsg), always_xy=True)
    except (CRSError, ProjError) as error:
        raise BadCrs(f"epsg={epsg} is not in the EPSG registry that PROJ carries") from error


def _checked(transformer: Transformer, points: Floats, direction: Literal["FORWARD", "INVERSE"], epsg: int) -> Floats:
    x, y = transformer.transform(points[:, 0].copy(), points[:, 1].copy(), direction=direction)
    result = np.column_stack([x, y])
    if not np.isfinite(result).all():
        at = int(np.argmin(np.isfinite(result).all(axis=1)))
        raise BadCoordinate(f"point {at} = {points[at].tolist()} cannot be shown in EPSG:{epsg}")
    return result
