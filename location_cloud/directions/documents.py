"""Routes as files for other programs: GPX 1.1 for navigation devices, KML 2.2 for map viewers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from numpy.typing import NDArray

from location_cloud.directions.model import Route, Step

LINE_COLOUR = "ffd6641e"
"""Of a route's line in KML: opacity, blue, green, red."""

_NO_TEXT = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}
_NO_TEXT |= dict.fromkeys(range(0xD800, 0xE000))
"""Characters that XML cannot hold, not even escaped. Source: XML 1.0, section 2.2."""


def route_gpx(routes: Sequence[Route], texts: Sequence[Sequence[str]], name: str = "", creator: str = "") -> bytes:
    """The routes as a GPX 1.1 file: each as a list of instructions (rte) and as the line driven (trk).

    texts: for each route the instruction of every step, leg by leg; empty = none. name: of the file.
    creator: the program that wrote it; empty = location-cloud.

    Gives UTF-8. Raises ValueError if a route has another number of steps than texts.
    Source: GPX 1.1 schema, topografix.com/GPX/1/1; elements stand in the order it asks.
    """
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator=',
        quoteattr(_plain(creator or "location-cloud")),
        ">\n",
        f"<metadata><name>{_text(name)}</name></metadata>\n" if name else "",
    ]
    titles = _titles(routes, name)
    for route, words, title in zip(routes, texts, titles):
        parts.append(f"<rte><name>{title}</name>\n")
        for step, text in _told(route, words):
            parts.append(f'<rtept lat="{step.lonlat[1]:.7f}" lon="{step.lonlat[0]:.7f}">')
            parts.append(f"<name>{_text(step.name)}</name>" if step.name else "")
            parts.append(f"<desc>{_text(text)}</desc></rtept>\n" if text else "</rtept>\n")
        parts.append("</rte>\n")
    for route, title in zip(routes, titles):
        parts.append(f"<trk><name>{title}</name>\n")
        for shape in route.shapes:
            parts.append("<trkseg>")
            parts.extend(f'<trkpt lat="{lat:.7f}" lon="{lon:.7f}"/>' for lon, lat in (shape.line_e7 / 1e7).tolist())
            parts.append("</trkseg>\n")
        parts.append("</trk>\n")
    return "".join([*parts, "</gpx>\n"]).encode()


def route_kml(routes: Sequence[Route], texts: Sequence[Sequence[str]], name: str = "") -> bytes:
    """The routes as a KML 2.2 file: a folder each, with its line and a placemark for every instruction.

    texts, name, errors: as `route_gpx`. Gives UTF-8. Source: OGC 07-147r2 (KML 2.2).
    """
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n',
        f"<name>{_text(name)}</name>\n" if name else "",
        f'<Style id="line"><LineStyle><color>{LINE_COLOUR}</color><width>5</width></LineStyle></Style>\n',
        '<Style id="step"><IconStyle><scale>0.6</scale></IconStyle></Style>\n',
    ]
    for route, words, title in zip(routes, texts, _titles(routes, name)):
        about = f"{route.distance_m / 1000:.1f} km, {route.duration_ms / 60000:.0f} min"
        parts.append(f"<Folder><name>{title}</name>\n<Placemark><name>{title}</name>")
        parts.append(f"<description>{about}</description><styleUrl>#line</styleUrl><MultiGeometry>\n")
        for shape in route.shapes:
            line = _kml_line(shape.line_e7)
            parts.append(f"<LineString><tessellate>1</tessellate><coordinates>{line}</coordinates></LineString>\n")
        parts.append("</MultiGeometry></Placemark>\n")
        for step, text in _told(route, words):
            title_of_step = _text(text or step.name or step.kind)
            parts.append(f"<Placemark><name>{title_of_step}</name><styleUrl>#step</styleUrl><Point><coordinates>")
            parts.append(f"{step.lonlat[0]:.7f},{step.lonlat[1]:.7f}</coordinates></Point></Placemark>\n")
        parts.append("</Folder>\n")
    return "".join([*parts, "</Document></kml>\n"]).encode()


def _titles(routes: Sequence[Route], name: str) -> list[str]:
    return [_text(name or "route") + (f" {place}" if len(routes) > 1 else "") for place in range(1, len(routes) + 1)]


def _told(route: Route, words: Sequence[str]) -> Iterator[tuple[Step, str]]:
    steps = [step for leg in route.steps for step in leg]
    if words and len(words) != len(steps):
        raise ValueError(f"{len(words)} texts for {len(steps)} steps; give one for each, leg by leg, or none")
    return zip(steps, words or [""] * len(steps))


def _kml_line(line_e7: NDArray[np.int32]) -> str:
    return " ".join(f"{lon:.7f},{lat:.7f}" for lon, lat in (line_e7 / 1e7).tolist())


def _plain(text: str) -> str:
    return text.translate(_NO_TEXT)


def _text(text: str) -> str:
    return escape(_plain(text))
