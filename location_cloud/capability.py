"""What one capability may contribute to the whole, declared as data; app, command line and storage read it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import BaseModel
    from shapely.geometry.base import BaseGeometry

    from location_cloud.errors import CloudError
    from location_cloud.extract import OsmExtract

T = TypeVar("T")


# --- operations: one HTTP question ----------------------------------------------------------------


class Cache:
    """How long an answer may be kept, as Cache-Control."""

    NEVER = "no-store"
    """Live or personal answers."""
    REVALIDATE = "no-cache"
    """Kept, but asked again each time with its ETag (a 304 costs no body)."""
    SHORT = "public, max-age=60"
    """Answers of the snapshot: a new import shows within a minute. Workers forget theirs with the snapshot."""
    BRIEF = "public, max-age=30"
    """Answers from what may be replaced beside the snapshot: archives, scenes. A worker may repeat one as long, and who
    gets it then may keep it as long: what was replaced or removed shows for a minute at most."""
    LONG = "public, max-age=86400, stale-while-revalidate=604800"
    """Files that change only with the release."""


@dataclass(frozen=True)
class Bytes:
    """An answer that is not JSON: its media type, for the OpenAPI document."""

    media_type: str


@dataclass(frozen=True)
class Chunks:
    """The body of an answer too large to be held at once: pieces of it, made as they are sent.

    size: bytes of all pieces together; None = not known before. Nothing may be raised once the first piece is out.
    briefly: of an answer that goes on as long as something happens (server-sent events), what is told at once in its
    place where too many are open already.
    """

    pieces: Iterable[bytes]
    size: int | None = None
    briefly: Callable[[], bytes] | None = None


@dataclass(frozen=True)
class Reply:
    """A finished answer where a plain value is not enough: bytes, a status, extra headers.

    body: bytes, Chunks, or a JSON-able value. etag: strong validator without quotes; computed from the body if empty.
    """

    body: Any
    status: int = 200
    media_type: str = "application/json"
    etag: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Call(Protocol):
    """What a request is answered with: one consistent world, who asks, and when."""

    @property
    def world(self) -> Any:
        """The snapshot, overlay and live store as this request sees them (`storage.world.World`)."""

    @property
    def live(self) -> Any:
        """The live store (`storage.live.Live`), also where no snapshot is imported yet."""

    @property
    def home(self) -> Path:
        """The folder that all data of the installation lie in, also where no snapshot is imported yet."""

    @property
    def tenant(self) -> str:
        """Whose rows may be seen and written."""

    @property
    def now(self) -> datetime:
        """The time of the request, with zone."""

    @property
    def caller(self) -> Any:
        """Who asks and what its key carries (`access.model.Caller`)."""

    def header(self, name: str) -> str:
        """A request header, empty if absent."""

    def link(self, path: str) -> str:
        """The full address of a path on this server as the client sees it, with the key if it came in the address."""

    def language(self, offered: tuple[str, ...]) -> str:
        """The offered language that the client likes best (Accept-Language); the first one if none fits."""


class PlainCall(Protocol):
    """What a plain answer is made from: the part of Call that it can have."""

    @property
    def world(self) -> Any:
        """As in Call."""

    @property
    def tenant(self) -> str:
        """As in Call."""

    @property
    def caller(self) -> Any:
        """As in Call."""

    def header(self, name: str) -> str:
        """As in Call."""

    def language(self, offered: tuple[str, ...]) -> str:
        """As in Call."""


@dataclass(frozen=True)
class Operation:
    """One HTTP question, declared once: routes, OpenAPI, access, metrics and docs follow from it.

    name: "slice.verb", unique; the OpenAPI operationId.
    path: with {placeholders} that are fields of `In`; other fields of `In` are query parameters.
    answer: (call, params, body) -> JSON-able value or Reply; `body` is None without `Body`.
    In: path and query parameters (a `http.parameters.Query`). Body: model of the JSON body.
    other_media: media types of the answer besides the one that Out says, where the caller may choose a form.
    raw_body: a media type, or several, that the body may have instead of JSON of the model `Body`; `body` is then its
    bytes, at most max_raw_bytes.
    Out: model of the answer, or Bytes.
    scope: what the caller's key must carry, e.g. "areas:read"; "" = open to everyone (health).
    cost: units the call takes from a quota.
    deadline_s: the longest it may take, seconds.
    errors: names of error codes it can answer beside the ones every operation has.
    as_error: how a foreign protocol writes a failure; None = a problem document (RFC 9457). error_media: of those.
    key_parameter: parameter in which a client of a foreign protocol sends its key; key_prefix: what that client demands
    a key to begin with, which keys of ours do not.
    plain: the answer to the plainest form of the question, without the web framework: (call, path, query) -> JSON
    bytes or a Reply of bytes; None for whatever is not plain, wrong input included. path: what follows the fixed part
    of the address.
    quick: the same for what takes no longer than about a millisecond, and None for the rest. The thread that asks it
    answers all other callers of its process, too.
    typical: (world) -> addresses of everyday questions. They are asked once before web workers start, so that all of
    them share what these load.
    """

    name: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    summary: str
    answer: Callable[[Any, Any, Any], Any]
    In: type[BaseModel]
    Out: type[BaseModel] | Bytes
    scope: str
    Body: type[BaseModel] | None = None
    cost: int = 1
    deadline_s: float = 5.0
    cache: str = Cache.NEVER
    status: int = 200
    errors: tuple[int, ...] = ()
    max_body_bytes: int = 1_000_000
    other_media: tuple[str, ...] = ()
    raw_body: str | tuple[str, ...] = ""
    max_raw_bytes: int = 0
    as_error: Callable[[CloudError], Reply] | None = None
    error_media: str = "application/json"
    key_parameter: str = "key"
    key_prefix: str = ""
    plain: Callable[[PlainCall, str, str], bytes | Reply | None] | None = None
    quick: Callable[[PlainCall, str, str], bytes | Reply | None] | None = None
    typical: Callable[[Any], Sequence[str]] | None = None

    @property
    def raw_media(self) -> tuple[str, ...]:
        """The media types of `raw_body`."""
        named = (self.raw_body,) if isinstance(self.raw_body, str) else self.raw_body
        return tuple(filter(None, named))


# --- sections: what an import builds --------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """Where data came from, for the manifest and /v1/datasets."""

    name: str
    licence: str
    attribution: str = ""
    date: str = ""
    url: str = ""


@dataclass(frozen=True)
class Built:
    """What a section's build reports to the manifest."""

    counts: Mapping[str, int]
    sources: tuple[Source, ...] = ()


class Progress(Protocol):
    """Where a long build says how far it is."""

    def step(self, title: str, total: int = 0) -> None:
        """A new step begins; total in units, 0 = unknown."""

    def advance(self, units: int = 1) -> None:
        """So many units are done."""


@dataclass(frozen=True)
class Import:
    """All that a section may build from.

    folder: the hidden snapshot folder; a section writes only below folder/<its name> (already there, empty).
    clip: only this area is wanted, WGS-84; None = all. osm holds no more than ways touching it.
    layers: what all capabilities lay on the map. home: the installation's folder, where an operator's own data lies
    that belongs into every snapshot; None = nowhere.
    """

    name: str
    osm: OsmExtract
    osm_sources: tuple[Source, ...]
    folder: Path
    clip: BaseGeometry | None
    layers: tuple[MapLayer, ...]
    progress: Progress
    home: Path | None = None

    def load(self, section: Section[T]) -> T:
        """A section that was built before this one (name it in `needs`)."""
        return section.load(self.folder / section.name)


@dataclass(frozen=True)
class Section(Generic[T]):
    """A capability's part of the snapshot.

    build writes the files, check raises errors.BadInput if they contradict each other, load maps them
    read-only (np.load mmap_mode="r") and must take well under a second.
    needs: names of sections built before; "*" = all others.
    warm asks the loaded section one typical question, so that compiled code is ready before the first user's.
    """

    name: str
    build: Callable[[Import, Path], Built]
    check: Callable[[Path], None]
    load: Callable[[Path], T]
    needs: tuple[str, ...] = ()
    warm: Callable[[T], None] | None = None


# --- layers, live tables, jobs, commands ----------------------------------------------------------


@dataclass(frozen=True)
class LiveAttribute:
    """An attribute of a map layer that changes all the time: traffic level, grid status, speed class.

    name: of the attribute. values: all it can be, at most 128, no two alike; the first one, e.g. "unknown", holds until
    something else is published (`live_values.LiveValues`).
    """

    name: str
    values: tuple[str | int | float | bool, ...]


@dataclass(frozen=True)
class MapLayer:
    """A vector layer on the map: `features` writes its features for the tile engine from an import.

    name: layer name inside the tile (Shortbread name where one exists). set: tile set it belongs to ("base").
    features: (import) -> tiles.features.LayerFeatures.
    fields: attribute -> type ("String", "Number", "Boolean"), for TileJSON.
    is_local: the layer lies where the imported data lies; a shipped layer (Daqing's districts) does not
    stretch the bounds of the set.
    live: an attribute whose values change in place, without a tile being made anew; then the ids of its features
    differ, all tiles of the set are kept finished in the snapshot, and the set has state tiles, too.
    attribution: whom a map must name for the layer beside the imported files' sources.
    """

    name: str
    set: str
    features: Callable[[Import], Any]
    fields: Mapping[str, str]
    min_zoom: int = 0
    max_zoom: int = 16
    is_local: bool = True
    live: LiveAttribute | None = None
    attribution: str = ""


@dataclass(frozen=True)
class Migration:
    """One step of a slice's tables. `upgrade` gets alembic Operations and the storage face (`storage.live.Live`)."""

    number: int
    title: str
    upgrade: Callable[[Any, Any], None]


@dataclass(frozen=True)
class Job:
    """Background work of the worker process, every `every_s` seconds; `run` gets a `work.JobContext`.

    on_commit: also whenever somebody calls `storage.wake.wake_worker` after a commit, within milliseconds. Such jobs
    run apart from the others, find out cheaply whether there is anything to do, and may run any number of times.
    """

    name: str
    every_s: float
    run: Callable[[Any], None]
    title: str = ""
    on_commit: bool = False


class Desk(Protocol):
    """What a command works at (click's context object): settings and store, opened when asked for."""

    def settings(self) -> Any:
        """The settings (`settings.Settings`)."""

    def store(self) -> AbstractContextManager[Any]:
        """The live store with every table up to date (`storage.live.Live`), closed at the end of the block."""

    def world(self) -> AbstractContextManager[Any]:
        """The current snapshot and the live store as a request sees them (`storage.world.World`)."""

    def progress(self) -> AbstractContextManager[Progress]:
        """Where a long command says how far it is."""

    def boundary(self, text: str) -> BaseGeometry:
        """The area that a user names: a GeoJSON file, or a district by name or code."""


@dataclass(frozen=True)
class Command:
    """A command-line verb; `target` is "module:attribute" of a click command, imported when it is used."""

    name: str
    help: str
    target: str


@dataclass(frozen=True)
class Importer:
    """Files that `location-cloud import` hands to a capability's own command instead of building a snapshot of them.

    endings: of file names, lower case with the dot (".tif"); "/" = any folder.
    target: "module:attribute" of the click command; it takes `files` (a tuple of paths) and `name` (text or None), and
    has a default for whatever else it takes.
    """

    endings: tuple[str, ...]
    target: str


@dataclass(frozen=True)
class FoundPlace:
    """What words for a place mean most likely. lonlat: degrees, WGS-84. accuracy_m: radius that holds it.

    confidence: 0-100. is_sure: one place alone is meant, and it is drawn: nobody need look at it.
    """

    lonlat: tuple[float, float]
    accuracy_m: float
    confidence: int
    is_sure: bool


# --- the capability -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Capability:
    """One folder of the product. Its parts are named, not imported: `--help` must not pay for numba.

    apis: modules with OPERATIONS. section: module with SECTION. layers: module with LAYERS.
    store: module with MIGRATIONS, and check_store(live, settings) if settings ask something of the database that it may
    lack. jobs: module with JOBS. overlay: module with open_overlay, and prepare_overlay(snapshot, settings, progress)
    if an import does work beforehand that each process would have to wait for.
    on_incident: module with on_incident(world, connection, tenant, change), called within the transaction of every
    change of an incident (`incidents.model.Change`): what it writes through the connection is durable with the incident
    or not at all, and what it raises undoes both.
    place_finder: module with find_place(world, text), the `FoundPlace` that words mean, or None.
    weather: module with told_weather(connection, tenant, now): {"condition", "temperature_c"} as far as known, or None.
    tile_sets: module with tile_sets(world, tenant), its tile sets (`tile_sets.TileSet`) by name; asked often, so quick.
    feature_sets: module with feature_sets(world, tenant), its collections (`feature_sets.FeatureSet`) by name.
    """

    name: str
    title: Mapping[str, str]
    apis: tuple[str, ...] = ()
    section: str = ""
    layers: str = ""
    store: str = ""
    jobs: str = ""
    overlay: str = ""
    on_incident: str = ""
    tile_sets: str = ""
    feature_sets: str = ""
    place_finder: str = ""
    weather: str = ""
    commands: tuple[Command, ...] = ()
    importers: tuple[Importer, ...] = ()

    def operations(self) -> tuple[Operation, ...]:
        """Its HTTP questions."""
        return tuple(operation for api in self.apis for operation in self._part(api, "OPERATIONS"))

    def sections(self) -> tuple[Section[Any], ...]:
        """Its part of the snapshot, if it has one."""
        return (self._part(self.section, "SECTION"),) if self.section else ()

    def map_layers(self) -> tuple[MapLayer, ...]:
        """Its layers on the map."""
        return tuple(self._part(self.layers, "LAYERS")) if self.layers else ()

    def migrations(self) -> tuple[Migration, ...]:
        """The history of its live tables."""
        return tuple(self._part(self.store, "MIGRATIONS")) if self.store else ()

    def job_list(self) -> tuple[Job, ...]:
        """Its background work."""
        return tuple(self._part(self.jobs, "JOBS")) if self.jobs else ()

    def open_overlay(self, snapshot: Any, settings: Any) -> Any:
        """What it keeps for a snapshot in each process: its way to what the background process publishes; or None."""
        return self._part(self.overlay, "open_overlay")(snapshot, settings) if self.overlay else None

    def check_store(self, live: Any, settings: Any) -> None:
        """Raises BadInput if the live store lacks something that the settings ask of it."""
        check = self._find_part(self.store, "check_store")
        if check is not None:
            check(live, settings)

    def prepare_overlay(self, snapshot: Any, settings: Any, progress: Progress) -> None:
        """Does at an import what processes would otherwise do when they open a snapshot's overlay."""
        prepare = self._find_part(self.overlay, "prepare_overlay")
        if prepare is not None:
            prepare(snapshot, settings, progress)

    def find_tile_sets(self) -> Callable[[Any, str], Mapping[str, Any]] | None:
        """What gives its tile sets, if it has any."""
        return self._part(self.tile_sets, "tile_sets") if self.tile_sets else None

    def find_feature_sets(self) -> Callable[[Any, str], Mapping[str, Any]] | None:
        """What gives its collections of features, if it has any."""
        return self._part(self.feature_sets, "feature_sets") if self.feature_sets else None

    def find_place_finder(self) -> Callable[[Any, str], FoundPlace | None] | None:
        """What tells which place words mean, if it can."""
        return self._part(self.place_finder, "find_place") if self.place_finder else None

    def find_weather(self) -> Callable[[Any, str, datetime], Mapping[str, Any] | None] | None:
        """What tells the weather, if it knows any."""
        return self._part(self.weather, "told_weather") if self.weather else None

    def find_on_incident(self) -> Callable[[Any, Any, str, Any], None] | None:
        """What joins the transaction of an incident's change, if it wants to."""
        return self._part(self.on_incident, "on_incident") if self.on_incident else None

    def _part(self, module: str, attribute: str) -> Any:
        return getattr(importlib.import_module(f"location_cloud.{self.name}.{module}"), attribute)

    def _find_part(self, module: str, attribute: str) -> Any:
        if not module:
            return None
        return getattr(importlib.import_module(f"location_cloud.{self.name}.{module}"), attribute, None)
