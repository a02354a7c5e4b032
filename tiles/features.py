"""What a layer is built from: ids, geometries in degrees, the zooms where each is drawn, and attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tiles.errors import BadFeatures
from tiles.mercator import MAX_ZOOM

Kind = Literal["point", "line", "polygon"]
Value = str | int | float | bool

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, eq=False)
class CodedColumn:
    """An attribute whose values are already numbered: a city's columns in a tenth of the time that lists take.

    codes: (n,) integers, positions in values; -1 where a feature has no value.
    """

    codes: NDArray[np.int32]
    values: Sequence[Value]

    def __len__(self) -> int:
        return len(self.codes)


Column = Sequence[Value | None] | NDArray[Any] | CodedColumn


@dataclass(frozen=True, eq=False)
class FlatGeometries:
    """Geometries as plain arrays, for callers that never had shapely objects.

    lonlat: (v, 2) degrees of all vertices, one part after the other.
    part_start: (p + 1,) where each part (a point, a line, a closed ring) begins in lonlat; ends with v.
    feature_start: (n + 1,) where each feature begins among the parts; ends with p.
    is_hole: (p,) bool, only for polygons: the ring is a hole of the last ring before it that is none.
    """

    lonlat: NDArray[np.float64]
    part_start: NDArray[np.int64]
    feature_start: NDArray[np.int64]
    is_hole: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.feature_start) - 1


@dataclass(frozen=True, eq=False)
class LayerFeatures:
    """The features of one tile layer, n of them, as columns.

    ids: (n,) uint64, written as the ids of the tiles' features.
    geometries: (n,) shapely geometries of the kind or its multi kind, WGS 84 degrees; or the same as FlatGeometries.
      Split at the antimeridian by the caller; latitudes beyond 85.0511 are put on the edge of the world.
    min_zoom, max_zoom: the first and last zoom where each feature is drawn; (n,) or one number for all.
    attributes: name -> n values, or a CodedColumn; None and NaN are left out of the tile.

    Raises BadFeatures if the columns do not fit together.
    """

    name: str
    ids: NDArray[np.uint64]
    kind: Kind
    geometries: NDArray[np.object_] | FlatGeometries
    min_zoom: NDArray[np.uint8] | int = 0
    max_zoom: NDArray[np.uint8] | int = MAX_ZOOM
    attributes: Mapping[str, Column] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name:
            raise BadFeatures("name='' is no layer name; use a word such as 'roads'")
        if self.kind not in KINDS:
            raise BadFeatures(f"kind={self.kind!r} of layer {self.name!r} must be one of {', '.join(KINDS)}")
        columns: dict[str, Any] = {
            "geometries": self.geometries,
            **{f"attribute {k!r}": v for k, v in self.attributes.items()},
        }
        columns |= {name: value for name, value in self._zooms().items() if np.ndim(value)}
        for name, column in columns.items():
            if len(column) != len(self.ids):
                raise BadFeatures(
                    f"{name} of layer {self.name!r} has {len(column)} rows but there are {len(self.ids)} ids"
                )
        for name, zoom in self._zooms().items():
            if np.size(zoom) and not 0 <= int(np.min(zoom)) <= int(np.max(zoom)) <= MAX_ZOOM:
                raise BadFeatures(f"{name} of layer {self.name!r} goes beyond 0 to {MAX_ZOOM}")

    def _zooms(self) -> dict[str, Any]:
        return {"min_zoom": self.min_zoom, "max_zoom": self.max_zoom}
