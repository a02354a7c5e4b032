"""The arrows of ARCHITECTURE.md as data, and the function that finds what breaks them in a source file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

SLICES = {
    "access",
    "areas",
    "callers",
    "cases",
    "catalog",
    "cells",
    "console",
    "directions",
    "dispatch",
    "federation",
    "features",
    "grids",
    "imagery",
    "incidents",
    "layers",
    "maps",
    "patrols",
    "places",
    "roads",
    "searches",
    "simulator",
    "tracks",
    "traffic",
}

BETWEEN_SLICES = {
    "roads": {"areas"},
    "places": {"areas", "roads"},
    "incidents": {"areas", "roads"},
    "directions": {"roads", "incidents"},
    "traffic": {"areas", "roads", "tracks", "incidents", "directions"},
    "simulator": {"areas", "cases", "directions", "grids", "roads"},
    "grids": {"areas", "roads"},
    "cases": {"areas", "grids", "incidents", "tracks"},
    "patrols": {"areas", "directions", "grids", "roads", "tracks"},
    "federation": {"areas", "cases", "grids"},
    "callers": {"areas", "places"},
    "dispatch": {"areas", "callers", "directions", "incidents", "places", "roads", "tracks"},
    "searches": {"areas", "callers", "directions", "dispatch", "imagery", "incidents", "roads", "tracks"},
}
"""slice -> slices whose service, dataset or model it may use. A new arrow is one reviewed line here."""

BASE = {"arrays", "capability", "changes", "errors", "extract", "feature_sets", "settings", "tile_sets"}

# What a folder of ours may import of ours, by first name below location_cloud.
FOLDERS = {
    "kernels": {"kernels"},
    "routing": {"routing"},
    "tiles": {"tiles"},
    "spatial": {"spatial"},
    "storage": {"storage", "spatial", "__version__", *BASE},
    "http": {"http", "storage", "spatial", "access", "__version__", *BASE},
}

# What a file of a slice may import of ours, by its name; "own:x" is the slice's own file x, "other:x" another slice's.
FILES = {
    "__init__": {"capability"},
    "api": {
        "own:service",
        "own:schema",
        "own:model",
        "own:ideas",
        "capability",
        "changes",
        "chinese_form",
        "errors",
        "feature_sets",
        "http",
        "spatial",
        "tile_sets",
    },
    "service": {
        "own:service",
        "own:now",
        "own:metrics",
        "own:feed",
        "other:feed",
        "own:model",
        "own:store",
        "own:dataset",
        "own:ideas",
        "other:service",
        "other:dataset",
        "other:model",
        "other:ideas",
        "capability",
        "changes",
        "chinese_form",
        "errors",
        "feature_sets",
        "kept_tiles",
        "live_layers",
        "live_values",
        "routing",
        "secrecy",
        "spatial",
        "storage",
        "tile_sets",
        "tiles",
    },
    "model": {"arrays", "changes", "errors", "secrecy", "spatial", "routing", "own:model", "own:ideas"},
    "schema": {"own:model", "own:schema", "other:schema", "spatial", "http.parameters", "tile_sets"},
    "store": {"own:store", "own:model", "capability", "changes", "errors", "feature_sets", "spatial", "storage"},
    "dataset": {
        "own:model",
        "own:ideas",
        "other:dataset",
        "other:model",
        "other:ideas",
        "arrays",
        "capability",
        "chinese_form",
        "data",
        "errors",
        "extract",
        "live_values",
        "routing",
        "spatial",
        "tile_sets",
        "tiles",
    },
    "jobs": {"own:service", "own:deriving", "own:overlay", "own:store", "own:model", "capability", "errors"},
    "commands": {"own:service", "own:store", "own:model", "capability", "errors"},
    "ideas": {
        "own:model",
        "own:ideas",
        "other:model",
        "other:ideas",
        "arrays",
        "capability",
        "chinese_form",
        "data",
        "errors",
        "feature_sets",
        "extract",
        "live_values",
        "pdf_pages",
        "routing",
        "spatial",
        "tile_sets",
        "tiles",
    },
}
FILES["layers"] = FILES["dataset"] | {"own:dataset"}
for _name in ("now", "metrics", "deriving", "overlay", "feed"):
    FILES[_name] = FILES["service"]
FILES["tile_sets"] = FILES["service"]
FILES["feature_sets"] = FILES["service"]
FILES["overlay"] = FILES["service"] | {"settings"}
FILES["asked"] = {"own:service", "own:dataset", "own:model", "own:ideas", "capability", "errors", "http", "routing"}
FILES["asked"] |= {"tile_sets"}
"""What the interfaces of other engines share: it reads their addresses and asks the service."""
FILES["asking"] = {"own:service", "own:schema", "own:model", "capability"}
"""What addresses and bodies of ours have in common, read for every api."""
FILES["api"] |= {"own:asked", "own:asking"}
FILES["ideas"] |= {"own:asked", "__version__"}

# Third-party and standard modules that a place must never import.
WEB = {"flask", "werkzeug", "granian"}
SQL = {"sqlalchemy", "sqlite3", "alembic", "psycopg"}
OUTSIDE_WORLD = {"os", "time", "datetime", "logging", "pathlib", "random", "secrets", "socket", "subprocess", "urllib"}
PLANNERS_SIDE = {"geopandas", "osmnx", "networkx", "pandas", "matplotlib"}

FORBIDDEN = {
    "kernels": WEB | SQL | OUTSIDE_WORLD | PLANNERS_SIDE,
    "routing": WEB | SQL | OUTSIDE_WORLD | PLANNERS_SIDE,
    "tiles": WEB | SQL | OUTSIDE_WORLD | PLANNERS_SIDE,
    "spatial": WEB | SQL | OUTSIDE_WORLD | PLANNERS_SIDE,
    "http": SQL | PLANNERS_SIDE,
    "storage": WEB,
    "api": SQL,
    "service": WEB | SQL | PLANNERS_SIDE,
    "model": WEB | SQL | PLANNERS_SIDE,
    "schema": WEB | SQL | PLANNERS_SIDE,
    "store": WEB | PLANNERS_SIDE,
    "dataset": WEB | SQL | PLANNERS_SIDE,
    "layers": WEB | SQL | PLANNERS_SIDE,
    "jobs": WEB | SQL,
    "commands": WEB | SQL,
    "ideas": WEB | SQL | PLANNERS_SIDE,
    "now": WEB | SQL | PLANNERS_SIDE,
    "feed": WEB | SQL | PLANNERS_SIDE,
    "metrics": WEB | SQL | PLANNERS_SIDE,
    "deriving": WEB | SQL | PLANNERS_SIDE,
    "overlay": WEB | SQL | PLANNERS_SIDE,
    "tile_sets": WEB | SQL | PLANNERS_SIDE,
    "feature_sets": WEB | SQL | PLANNERS_SIDE,
    "asked": SQL | PLANNERS_SIDE,
    "asking": WEB | SQL | PLANNERS_SIDE,
    "__init__": WEB | SQL | PLANNERS_SIDE,
}

EXCEPTIONS = {("routing/convert.py", "networkx"), ("kernels/caching.py", "os"), ("kernels/caching.py", "pathlib")}
"""(file, module) that may meet all the same: one speaks networkx's language, and imports it late; one keeps files."""

LATE_IMPORT_REASON = "heavy optional"
"""An import inside a function says why on its line: `# heavy optional: ...`."""


@dataclass(frozen=True)
class Imported:
    """One import statement's target."""

    name: str
    line: int
    is_late: bool
    for_types_only: bool


def product_files() -> list[Path]:
    """Every source file of the packages."""
    packages = ("location_cloud", "kernels", "routing", "tiles")
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def breaches(path: str, source: str) -> list[str]:
    """What the file at that path (relative to the root) may not do but does, one line each."""
    parts = Path(path).with_suffix("").parts
    lines = source.splitlines()
    found = []
    for item in imports(source):
        where = f"{path}:{item.line}"
        if item.name.startswith("."):
            found.append(f"{where} imports relatively: {item.name}")
            continue
        if item.is_late and LATE_IMPORT_REASON not in lines[item.line - 1]:
            found.append(f"{where} imports {item.name} inside a function without a reason on the line")
        reason = _breach(parts, item)
        if reason and (path, item.name.split(".")[0]) not in EXCEPTIONS:
            found.append(f"{where} {reason}")
    return found


def imports(source: str) -> Iterator[Imported]:
    """Every import in a source, with whether it stands inside a function or under TYPE_CHECKING."""
    yield from _walk(ast.parse(source), is_late=False, for_types_only=False)


def _walk(node: ast.AST, is_late: bool, for_types_only: bool) -> Iterator[Imported]:
    for child in ast.iter_child_nodes(node):
        late = is_late or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        types = for_types_only or (isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"))
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Imported(alias.name, child.lineno, late, types)
        elif isinstance(child, ast.ImportFrom):
            dots = "." * child.level
            for alias in child.names:
                yield Imported(f"{dots}{child.module or ''}.{alias.name}", child.lineno, late, types)
        else:
            yield from _walk(child, late, types)


def _breach(parts: tuple[str, ...], item: Imported) -> str:
    place = _place(parts)
    top = item.name.split(".")[0]
    if top not in ("location_cloud", "routing", "tiles"):
        return f"is {place} and may not import {top}" if top in FORBIDDEN.get(place, set()) else ""
    if place == "top":
        return ""
    if place in FOLDERS:
        target = ([*item.name.split("."), ""])[1] if top == "location_cloud" else top
        return "" if target in FOLDERS[place] else f"is in {place} and may not import {item.name}"
    return _slice_breach(parts[1], place, item)


def _place(parts: tuple[str, ...]) -> str:
    if parts[0] in ("kernels", "routing", "tiles"):
        return parts[0]
    if len(parts) < 3:
        return "top"
    if parts[1] not in SLICES:
        return parts[1]
    return _kind(parts[2])


def _kind(name: str) -> str:
    """A file's permission by its name: api_osrm is an api, store_matrices a store, rank an idea."""
    first = name.split("_")[0]
    first = first if first in ("api", "model", "schema", "service", "store") else name
    return first if first in FILES else "ideas"


def _slice_breach(own: str, kind: str, item: Imported) -> str:
    allowed = FILES[kind]
    parts = item.name.split(".")
    top = parts[1] if parts[0] == "location_cloud" else parts[0]
    if top in allowed or ".".join(parts[1:3]) in allowed:
        return ""
    if top in ("routing", "tiles") and parts[1] == "errors" and kind == "api":
        return ""
    if top in SLICES:
        target = _kind(parts[2]) if len(parts) > 2 else "__init__"
        if top == own and (f"own:{target}" in allowed or kind == target == "ideas"):
            return ""
        if top in BETWEEN_SLICES.get(own, set()) and f"other:{target}" in allowed:
            return ""
    if top == "access" and kind in ("service", "api"):
        return ""
    return f"is {own}/{kind} and may not import {item.name}"


def module_cycles(sources: dict[str, str]) -> list[list[str]]:
    """Groups of modules that import each other at run time; imports for types and inside functions do not count."""
    arrows: dict[str, set[str]] = {}
    for module, source in sources.items():
        targets = set()
        for item in imports(source):
            if not item.is_late and not item.for_types_only:
                targets |= {name for name in (item.name, item.name.rpartition(".")[0]) if name in sources}
        arrows[module] = targets - {module}
    return _cycles(arrows)


def _cycles(arrows: dict[str, set[str]]) -> list[list[str]]:
    reached = {start: _reach(start, arrows) for start in arrows}
    groups = {
        frozenset(other for other in reached[one] if one in reached[other]) | {one}
        for one in arrows
        if one in reached[one]
    }
    return sorted(sorted(group) for group in groups)


def _reach(start: str, arrows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for target in arrows[waiting.pop()]:
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found
