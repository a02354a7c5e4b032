"""Every setting of the product in one frozen object: defaults, then one TOML file, then the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from location_cloud.errors import BadInput

PREFIX = "LOCATION_CLOUD_"
"""LOCATION_CLOUD_PORT=8080 sets `port`; LOCATION_CLOUD_CONFIG names the TOML file."""

FILE_NAME = "location-cloud.toml"


def _named_folder(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("no_folder", "name a folder ('.' is the current one)")
    return value


class Settings(BaseModel):
    """What an operator may set. The unit is in every name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    home: Annotated[Path, BeforeValidator(_named_folder)] = Field(
        Path("var"), description="folder of snapshots, live store and run files"
    )
    host: str = Field(
        "127.0.0.1", min_length=1, description="address to listen on; beyond loopback every caller needs a key"
    )
    port: int = Field(8000, ge=0, le=65535, description="TCP port; 0 picks a free one")
    workers: int = Field(2, ge=1, le=256, description="web worker processes")
    live_url: str = Field("", description="live store: empty = SQLite in home, or postgresql+psycopg://user@host/db")
    places_candidates: Literal["embedded", "postgres"] = Field(
        "embedded",
        description="who is asked for names: embedded = the index in the snapshot; postgres = the live store, with "
        "pg_trgm in PostgreSQL",
    )
    keys: Literal["auto", "always"] = Field(
        "auto",
        description="auto = callers on loopback of a server on loopback need no key; always = everyone does",
    )
    tenant: str = Field("default", min_length=1, max_length=64, description="tenant of callers without a key")
    cors_origins: tuple[str, ...] = Field((), description="web origins that may call the API from a browser")
    snapshots_kept: int = Field(3, ge=1, le=100, description="how many snapshots stay on disk")
    map_font: str = Field(
        "", description="font file of the labels on pictures; empty = Noto Sans CJK as installed or of the system"
    )
    metrics_kept_mb: float = Field(
        256.0,
        ge=0,
        le=1_000_000,
        description="weights of requests with options or hours that a web worker keeps at hand, MB of shared memory",
    )
    traffic_refresh_s: float = Field(
        10.0, ge=1, le=600, description="how often a new picture of the traffic is made, seconds"
    )
    traffic_slot_minutes: int = Field(15, ge=5, le=60, description="past speeds are kept as means of so many minutes")
    traffic_history_days: int = Field(30, ge=1, le=3660, description="how long past speeds of edges are kept")
    traffic_levels: str = Field(
        "", description="file of thresholds of traffic levels and the index; empty = those that are shipped"
    )
    dask_scheduler: str = Field(
        "", description="address of a Dask scheduler, e.g. tcp://host:8786, for archives; empty = this process"
    )
    tracks_kept_days: float = Field(
        30.0, gt=0, le=36_500, description="how long positions of devices are kept, days; they are personal data"
    )
    tracks_exact_days: float = Field(
        7.0, ge=0, le=36_500, description="how long they are kept exactly, days, if tracks_rounded_m is not 0"
    )
    tracks_rounded_m: float = Field(
        0.0, ge=0, le=100_000, description="grid that older positions are put on, metres; 0 = they stay as they are"
    )
    incidents_kept_days: float = Field(
        400.0, gt=0, le=36_500, description="how long incidents that are over are kept, with their logs, days"
    )
    calls_kept_days: float = Field(
        180.0,
        gt=0,
        le=36_500,
        description="how long calls for help, emergencies that are over, and who reported a case are kept, days; they "
        "are personal data",
    )
    secret_key_file: str = Field(
        "",
        description="file of the keys that personal data are encrypted with; empty = secret.key in home, made for you",
    )
    aml_key_file: str = Field(
        "", description="file of the keys that phones sign AML over HTTPS with; empty = such messages are not taken"
    )
    open311_jurisdictions: str = Field(
        "",
        pattern=r"^([^\s,=]{1,100}=[^\s,=]{1,64}(,[^\s,=]{1,100}=[^\s,=]{1,64})*)?$",
        description="jurisdictions whose requests anybody may read over Open311 without a key, each "
        "jurisdiction_id=tenant: city.gov=default,village.gov=cun; empty = keys only",
    )
    open311_contact: str = Field(
        "", max_length=500, description="whom to ask about Open311, as its discovery says; empty = the operator"
    )
    open311_type: Literal["production", "test"] = Field(
        "production", description="whether requests are acted upon, as Open311's discovery says"
    )
    federation_every_s: float = Field(
        5.0, ge=1, le=86_400, description="how often a peer that is called is asked for news, seconds"
    )
    pointer_poll_s: float = Field(
        1.0, gt=0, le=60, description="how often a web worker looks for a new snapshot, seconds"
    )
    heartbeat_s: float = Field(
        5.0, gt=0, le=60, description="how often the worker process reports that it lives, seconds"
    )
    stop_grace_s: float = Field(20.0, gt=0, le=600, description="time that running requests get at a stop, seconds")
    log: Literal["json", "off"] = Field("json", description="one JSON line per request on standard error, or none")

    def as_environment(self) -> dict[str, str]:
        """The same settings as environment variables, for a child process."""
        pairs: dict[str, str] = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            if text:
                pairs[PREFIX + name.upper()] = text
        return pairs


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> tuple[Settings, dict[str, str]]:
    """Settings and, for each name, where its value came from: "default", the file, the variable, or "command line".

    overrides: values from the command line; None means not given.
    Raises BadInput naming the unknown key or the value out of range and where it stands.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origins = dict.fromkeys(Settings.model_fields, "default")
    for source in (_from_file(environ), _from_environment(environ), _from_arguments(overrides)):
        for name, (value, origin) in source.items():
            if name not in Settings.model_fields:
                known = ", ".join(sorted(Settings.model_fields))
                raise BadInput(f"{origin}: there is no setting {name!r}; settings are: {known}")
            values[name], origins[name] = value, origin
    try:
        return Settings(**values), origins
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise BadInput(f"{origins[name]}: {name}={first['input']!r}: {first['msg']}") from error


def _from_file(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    named = environ.get(PREFIX + "CONFIG")
    path = Path(named or FILE_NAME)
    if not path.is_file():
        if named:
            raise BadInput(f"{PREFIX}CONFIG={named}: no such file")
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not TOML: {error}") from error
    return {name: (value, str(path)) for name, value in content.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found: dict[str, tuple[Any, str]] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or variable == PREFIX + "CONFIG":
            continue
        name = variable.removeprefix(PREFIX).lower()
        value: Any = [part for part in text.split(",") if part] if name == "cors_origins" else text
        found[name] = (value, variable)
    return found


def _from_arguments(overrides: Mapping[str, Any]) -> dict[str, tuple[Any, str]]:
    return {name: (value, "command line") for name, value in overrides.items() if value is not None}
