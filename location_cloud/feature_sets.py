"""What a collection of features is to whoever serves it: capabilities offer collections, /ogc asks them for pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from location_cloud.spatial.bbox import Bbox

Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

Kind: TypeAlias = Literal["string", "integer", "number", "boolean", "date", "date-time", "array", "object"]

Value: TypeAlias = str | int | float | bool


@dataclass(frozen=True)
class Property:
    """A property of the features of a collection.

    text: what it means. values: all that it can be; () = anything. is_queryable: features can be chosen by its value.
    """

    kind: Kind
    text: str
    values: tuple[str, ...] = ()
    is_queryable: bool = True


@dataclass(frozen=True)
class Asked:
    """Which features are meant, in WGS-84; what is None or empty chooses nothing.

    caller: who asks (`access.model.Caller`). now: the time of the question. bbox: features whose geometry meets it.
    begins, ends: those of which something falls into that time; None = open on that side. equals: by values of
    queryable properties. after: what the page before told as `next`. limit: features of a page.
    """

    caller: Any
    now: datetime
    bbox: Bbox | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    equals: Mapping[str, Value] = field(default_factory=dict)
    after: str = ""
    limit: int = 100

    @property
    def is_timed(self) -> bool:
        """Whether a time is asked for."""
        return self.begins is not None or self.ends is not None


@dataclass(frozen=True)
class Page:
    """Some features of a collection as columns of one length.

    geometries: (n,) shapes in WGS-84 degrees, None where nothing is known. next: where the next page begins; "" = last.
    properties: gone through once, so that those of ten thousand features never are there together; bytes: as JSON.
    """

    ids: Sequence[str | int]
    geometries: NDArray[np.object_]
    properties: Iterable[Mapping[str, Any] | bytes]
    next: str = ""


@dataclass(frozen=True)
class FeatureSet:
    """Features under one name.

    title: by language. scope: what a caller's key must carry. properties: those that the features have, as far as they
    are known; a filter by another one is refused.
    read: a page, features in an order that no change of others changes. Raises BadQuery for an `after` of no page.
    find: the feature of an id as it was written in an address, None if there is none; of the question only who asks,
    and when, counts.
    count: how many features are meant, exactly; None where that is more than can be said quickly.
    bounds: of all of them. times: the first moment and the last one of all of them, None = open; None = they have none.
    """

    name: str
    title: Mapping[str, str]
    text: str
    scope: str
    properties: Callable[[], Mapping[str, Property]]
    read: Callable[[Asked], Page]
    find: Callable[[Asked, str], Page | None]
    count: Callable[[Asked], int | None]
    bounds: Callable[[], Box | None]
    times: Callable[[], tuple[datetime | None, datetime | None]] | None = None
    attribution: str = ""
