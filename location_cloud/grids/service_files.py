"""Grids as files tell them: GeoJSON, GeoPackage, Shapefile and whatever else GDAL reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import CRSError

from location_cloud.errors import BadInput
from location_cloud.grids.model import MOST_AT_ONCE, NewGrid
from location_cloud.spatial.crs import CRS_NAMES, as_wgs84

COLUMNS = ("code", "name", "area_code", "parent", "households", "land_use", "management_class", "note")
"""Fields of a grid that a file's columns can hold; a column of the same name is found by itself."""

MOST_DBF_BYTES = 20_000_000
"""Of a table of which the letters' encoding is found out."""


@dataclass(frozen=True)
class FileWish:
    """How a file is meant. columns: field of COLUMNS -> the file's name for it. layer, crs, encoding: "" = as told."""

    columns: Mapping[str, str]
    layer: str = ""
    crs: str = ""
    encoding: str = ""


def read_grids(path: Path, wish: FileWish) -> list[NewGrid]:
    """The grids of a file in WGS-84. Raises BadInput that names the file, the column or the feature."""
    from pyogrio.errors import DataLayerError, DataSourceError  # heavy optional: only who imports a file waits for GDAL
    from pyogrio.raw import read  # heavy optional: likewise

    encoding = wish.encoding or _found_encoding(path)
    try:
        meta, _ids, shapes, values = read(
            path, layer=wish.layer or None, encoding=encoding or None, max_features=MOST_AT_ONCE + 1
        )
    except (DataSourceError, DataLayerError, UnicodeDecodeError, LookupError, ValueError) as error:
        raise BadInput(f"{path}: {error}") from error
    if shapes is None or not len(shapes):
        raise BadInput(f"{path}: holds no shapes")
    if len(shapes) > MOST_AT_ONCE:
        raise BadInput(f"{path}: holds more than {MOST_AT_ONCE:,} grids; import them by area")
    columns = dict(zip((str(name) for name in meta["fields"]), values))
    named = {field: columns[column] for field, column in _chosen(path, wish.columns, list(columns)).items()}
    placed = _placed(path, shapely.force_2d(shapely.from_wkb(shapes)), wish.crs or str(meta["crs"] or ""))
    return [_grid(path, row, shape, named) for row, shape in enumerate(placed.tolist())]


def _chosen(path: Path, asked: Mapping[str, str], there: Sequence[str]) -> Mapping[str, str]:
    """Field -> column: what was asked for, and columns that are called as a field."""
    wrong = [field for field in asked if field not in COLUMNS]
    if wrong:
        raise BadInput(f"--columns {wrong[0]}=: is no field of a grid; there are {', '.join(COLUMNS)}")
    missing = [column for column in asked.values() if column not in there]
    if missing:
        raise BadInput(f"{path}: has no column {missing[0]!r}; it has {', '.join(there)}")
    by_name = {column.lower(): column for column in there}
    found = {field: by_name[field] for field in COLUMNS if field in by_name} | dict(asked)
    if "code" not in found:
        raise BadInput(f"{path}: which column holds the codes? --columns code=NAME; it has {', '.join(there)}")
    return found


def _placed(path: Path, shapes: NDArray[np.object_], crs: str) -> NDArray[np.object_]:
    if not crs:
        raise BadInput(f"{path}: does not say its coordinate system; name it: --crs EPSG:4490")
    system = next((name for name in CRS_NAMES if name == crs.lower()), None)
    if system is not None:
        return np.asarray(shapely.transform(shapes, lambda points: as_wgs84(points, system)))
    try:
        change = Transformer.from_crs(crs, 4326, always_xy=True)
    except CRSError as error:
        raise BadInput(f"{path}: coordinate system {crs[:80]}: {error}") from error
    moved = shapely.transform(shapes, lambda points: np.column_stack(change.transform(points[:, 0], points[:, 1])))
    points = shapely.get_coordinates(moved)
    if not np.isfinite(points).all() or (np.abs(points) > (180, 90)).any():
        raise BadInput(f"{path}: coordinates do not lie in {crs[:80]}; name the right one with --crs")
    return np.asarray(moved)


def _grid(path: Path, row: int, shape: Any, columns: Mapping[str, NDArray[Any]]) -> NewGrid:
    told: dict[str, Any] = {field: _text(values[row]) for field, values in columns.items()}
    where = f"{path}: feature {row + 1}"
    if shape is None or not told["code"]:
        raise BadInput(f"{where} has no {'shape' if shape is None else 'code'}")
    if "households" in told:
        count = told.pop("households")
        if count and not count.isdigit():
            raise BadInput(f"{where}: households {count[:20]!r} is no whole number")
        told["households"] = int(count) if count else None
    known = {field.name for field in fields(NewGrid)}
    return NewGrid(geometry=shape, **{field: value for field, value in told.items() if field in known})


def _text(value: Any) -> str:
    """A cell as text: codes are often kept as numbers."""
    if isinstance(value, float | np.floating):
        number = float(value)
        if not np.isfinite(number):
            return ""
        return str(int(number)) if number.is_integer() and abs(number) < 2**53 else str(number)
    return "" if value is None else str(value).strip()


def _found_encoding(path: Path) -> str:
    """Of a Shapefile that does not say it: UTF-8 if its table is that, else GB 18030, which has GBK in it."""
    table, says = path.with_suffix(".dbf"), path.with_suffix(".cpg")
    if path.suffix.lower() != ".shp" or says.exists() or not table.exists():
        return ""
    with table.open("rb") as file:
        content = file.read(MOST_DBF_BYTES)
    for encoding in ("utf-8", "gb18030"):
        try:
            content[int.from_bytes(content[8:10], "little") :].decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return ""
