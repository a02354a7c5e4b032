"""Fetches the OpenStreetMap data of a named place over the internet, as the kind of file every import reads."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request
from pathlib import Path
from typing import IO, Any

import shapely
from shapely.geometry.base import BaseGeometry

from location_cloud.capability import Progress
from location_cloud.errors import BadInput

MARGIN_DEG = 0.001
"""About 100 m: the outline is widened by so much and may then be simplified by as much without cutting into it."""

MOST_BYTES = 4 * 1024**3
"""Ceiling of a download: Overpass itself refuses far earlier. A province belongs into a downloaded .osm.pbf."""

MOST_CHARACTERS = 120
"""Of what a server or library says of a failure: they may send pages."""

_PIECE = 1 << 16
_OFFLINE_HINT = "without internet, import a downloaded file: location-cloud import FILE.osm.pbf"


def fetch_place(name: str, folder: Path, progress: Progress) -> Path:
    """The .osm file of a place, newly fetched into `folder`; its outline stands beside it as .geojson.

    name: as a person writes it ("大庆市", "Monaco"); Nominatim finds the outline, Overpass the data inside it, both
    at the addresses, with the user agent and within the time that osmnx's settings name.

    Raises BadInput if there is no such place, it has no outline, or a server cannot be reached or gives up.
    """
    import osmnx  # heavy optional: it loads pandas and geopandas, 2 s that only --place may cost

    progress.step(f"find {name}")
    outline = _find_outline(osmnx, name)
    stem = re.sub(r"[^\w]+", "-", name).strip("-") or "place"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.geojson").write_text(shapely.to_geojson(outline))
    path, part = folder / f"{stem}.osm", folder / f"{stem}.osm.part"
    progress.step(f"fetch {name}")
    try:
        _download(osmnx.settings, _query(osmnx.settings, outline), part, progress)
        _refuse_half_answer(name, part)
        part.replace(path)
    except OSError as error:
        raise BadInput(f"--place {name}: Overpass cannot be asked: {_cause(error)}; {_OFFLINE_HINT}") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _find_outline(osmnx: Any, name: str) -> BaseGeometry:
    caching, osmnx.settings.use_cache = osmnx.settings.use_cache, False  # it would write ./cache wherever we stand
    try:
        outline: BaseGeometry = osmnx.geocode_to_gdf(name).geometry.iloc[0]
    except OSError as error:
        raise BadInput(f"--place {name}: Nominatim cannot be asked: {_cause(error)}; {_OFFLINE_HINT}") from error
    except (KeyError, TypeError, ValueError) as error:  # not found; only a point; not Nominatim's format
        raise BadInput(f"--place {name}: no outline found: {_one_line(error)}; try a larger or fuller name") from error
    finally:
        osmnx.settings.use_cache = caching
    return outline


def _query(settings: Any, outline: BaseGeometry) -> str:
    """Overpass QL: all that touches the outline, the nodes of its ways, and the whole of multipolygons and districts.

    Larger boundaries (province, country) come without their ways: they would be larger than the city.
    """
    maxsize = "" if settings.overpass_memory is None else f"[maxsize:{settings.overpass_memory}]"
    wide = outline.buffer(MARGIN_DEG).simplify(MARGIN_DEG)
    inside = "".join(f'nwr(poly:"{_corners(part)}");' for part in shapely.get_parts(wide))
    return (
        f"[out:xml][timeout:{int(settings.requests_timeout)}]{maxsize};"
        f"({inside})->.found;"
        "way.found->.ways;"
        '(rel.found["type"="multipolygon"];rel.found["boundary"]["admin_level"~"^([6-9]|1[01])$"];)->.shapes;'
        "way(r.shapes)->.rings;"
        "(.found;.rings;node(w.ways);node(w.rings););"
        "out meta;"
    )


def _corners(polygon: BaseGeometry) -> str:
    ring = shapely.get_coordinates(shapely.get_exterior_ring(polygon))
    return " ".join(f"{lat:.5f} {lon:.5f}" for lon, lat in ring[:-1])


def _download(settings: Any, query: str, part: Path, progress: Progress) -> None:
    request = urllib.request.Request(
        settings.overpass_url.rstrip("/") + "/interpreter",
        data=urllib.parse.urlencode({"data": query}).encode(),
        headers={"User-Agent": settings.http_user_agent, "Referer": settings.http_referer},
    )
    with urllib.request.urlopen(request, timeout=settings.requests_timeout) as answer, part.open("wb") as file:
        _copy(answer, file, progress)


def _copy(answer: IO[bytes], file: IO[bytes], progress: Progress) -> None:
    size = 0
    while piece := answer.read(_PIECE):
        size += len(piece)
        if size > MOST_BYTES:
            raise OSError(f"the answer is over {MOST_BYTES} bytes; import a downloaded .osm.pbf instead")
        file.write(piece)
        progress.advance(len(piece))


def _refuse_half_answer(name: str, part: Path) -> None:
    """Overpass says 200 first and may fail later: a remark stands at the end, or the end is not there."""
    with part.open("rb") as file:
        file.seek(max(0, part.stat().st_size - 4096))
        tail = file.read().decode("utf-8", "replace")
    if remark := re.search(r"<remark>(.*?)</remark>", tail, re.DOTALL):
        raise BadInput(f"--place {name}: Overpass gave up: {_one_line(remark[1])}; try a smaller place, or later")
    if not tail.rstrip().endswith("</osm>"):
        raise BadInput(f"--place {name}: Overpass's answer is cut off; try again")


def _cause(error: OSError) -> str:
    """What kept us from the server, in a few words; HTTP libraries wrap it several times, with addresses and ids."""
    innermost: BaseException = error
    while wrapped := _wrapped(innermost):
        innermost = wrapped
    return _one_line(getattr(innermost, "strerror", None) or innermost)


def _wrapped(error: BaseException) -> BaseException | None:
    reason = getattr(error, "reason", None)  # urllib's and urllib3's
    return reason if isinstance(reason, BaseException) else error.__cause__ or error.__context__


def _one_line(error: object) -> str:
    line = " ".join(str(error).split()) or type(error).__name__
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}..."
