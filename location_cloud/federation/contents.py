"""What messages say, read strictly: a peer is trusted with its own things, not with the forms of ours."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from location_cloud.cases.model import ACTIONS, MOST_NOTE, Role, Stage
from location_cloud.errors import BadQuery
from location_cloud.federation.model import MOST_ENTRIES
from location_cloud.grids.model import Scheme

URGE = "urge"
"""A word for whose turn it is; the owner's timeline keeps it as a note."""

ASKABLE = (URGE, *(action for action in ACTIONS if action != "merge"))
"""Merging names another case of the owner's, which the peer need not know."""

Row: TypeAlias = Annotated[int, Field(ge=1, le=2**31 - 1, strict=True)]
_Code: TypeAlias = Annotated[str, Field(pattern=r"^[\x21-\x7e]{0,32}$")]
_Name: TypeAlias = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,64}$")]


class _Content(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False, frozen=True)


class _Case(_Content):
    id: Row
    version: Row
    number: Annotated[str, Field(pattern=r"^[0-9-]{1,32}$")]
    stage: Stage
    class_: Annotated[str, Field(alias="class", pattern=r"^[0-9A-Z]{2,12}$")]
    lonlat: tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]
    area: _Code
    deadline: str | None
    warn_at: str | None
    closed_at: str | None
    suspended_since: str | None


class _File(_Content):
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    name: Annotated[str, Field(max_length=200)]
    media_type: Annotated[str, Field(pattern=r"^[\w.+-]+/[\w.+-]+$", max_length=64)]
    size: Annotated[int, Field(ge=0, le=25_000_000, strict=True)]


class _Entry(_Content):
    number: Row
    version: Row
    at: str
    action: str


class CaseContent(_Content):
    """A case with its files and lines of its timeline."""

    case: _Case
    files: Annotated[list[_File], Field(max_length=100)]
    entries: Annotated[list[_Entry], Field(max_length=MOST_ENTRIES)]


class _Span(_Content):
    valid_from: date
    valid_to: date | None
    name: Annotated[str, Field(max_length=200)]
    area_code: Annotated[str, Field(max_length=16)]
    parent: Annotated[str, Field(max_length=24)]
    households: Annotated[int, Field(ge=0, lt=2**31)] | None
    land_use: Annotated[str, Field(max_length=200)]
    management_class: Annotated[str, Field(max_length=64)]
    responsible: Annotated[list[dict[str, Any]], Field(max_length=100)]
    note: Annotated[str, Field(max_length=4000)]
    geometry: dict[str, Any]


class GridContent(_Content):
    """A grid in all its spans of days."""

    scheme: Scheme
    code: Annotated[str, Field(pattern=r"^[0-9A-Z-]{1,24}$")]
    spans: Annotated[list[_Span], Field(min_length=1, max_length=1000)]


class ClassContent(_Content):
    """A class of cases; None = the owner took it away."""

    class_: dict[str, Any] | None = Field(alias="class")


class IndicatorsContent(_Content):
    """How grids or areas did in a period."""

    scheme: Annotated[str, Field(pattern=r"^[a-z]{1,16}$")]
    period: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
    rows: Annotated[list[dict[str, Any]], Field(max_length=20_000)]


class Said(BaseModel):
    """What may be said with an action that is asked for."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, frozen=True)

    role: Role | None = None
    text: Annotated[str, Field(max_length=MOST_NOTE, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")] | None = None
    department: _Name | None = None
    post: _Name | None = None
    assignee: _Name | None = None
    until: Annotated[float, Field(ge=0, le=7.3e9)] | None = None
    limit: Annotated[str, Field(pattern=r"^[0-9]{1,5}(\.[0-9]{1,3})? (hour|work_hour|work_day)$")] | None = None
    passed: Annotated[bool, Field(strict=True)] | None = None


class RequestContent(_Content):
    """An action that is asked for."""

    case: Row
    turn: Row
    action: str
    said: Said
    who: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,64}$")]
    roles: Annotated[list[str], Field(max_length=10)]
    version: Row | None = None


class AnswerContent(_Content):
    """What became of it."""

    case: Row
    turn: Row
    state: Literal["done", "refused"]
    answer: dict[str, Any]
    at: Annotated[float, Field(ge=0, le=7.3e9)] | None


M = TypeVar("M", bound=_Content)


def read_content(model: type[M], content: Any) -> M:
    """The content, if it is of that form. Raises BadQuery."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadQuery(f"{'.'.join(str(each) for each in first['loc'])}: {first['msg']}") from None
