"""A batch as bytes and back: what a peer sent is read strictly, whoever signed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from location_cloud.errors import BadQuery, Unprocessable
from location_cloud.federation.model import (
    MOST_MESSAGES,
    MOST_WANTED,
    SCHEMAS,
    Batch,
    Fate,
    Message,
    Result,
)

_Object: TypeAlias = Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,64}$")]
_Number: TypeAlias = Annotated[int, Field(ge=0, lt=2**62, strict=True)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False, frozen=True)  # a later form may tell more


class _Message(_Part):
    kind: str = Field(max_length=16)
    object: _Object
    number: _Number
    content: dict[str, Any]
    through: _Number = 0
    more: bool = False


class _Result(_Part):
    kind: str = Field(max_length=16)
    object: _Object
    number: _Number
    fate: Fate
    reason: str = Field("", max_length=500)
    through: _Number = 0
    more: bool = False


class _Want(_Part):
    case: Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Batch(_Part):
    form: Literal["location-cloud-exchange"]
    schema_: int = Field(alias="schema", strict=True)
    schemas: list[int] = Field(max_length=20)
    origin: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    now: float
    most: Annotated[int, Field(ge=0, le=MOST_MESSAGES, strict=True)] = MOST_MESSAGES
    messages: list[_Message] = Field(max_length=MOST_MESSAGES)
    results: list[_Result] = Field(max_length=MOST_MESSAGES)
    wants: list[_Want] = Field(max_length=MOST_WANTED)


def write_batch(batch: Batch) -> bytes:
    """The batch as JSON."""
    return orjson.dumps(
        {
            "form": "location-cloud-exchange",
            "schema": batch.schema,
            "schemas": batch.schemas,
            "origin": batch.origin,
            "now": batch.now,
            "most": batch.most,
            "messages": [each.as_plain() for each in batch.messages],
            "results": [vars(each) for each in batch.results],
            "wants": [{"case": case, "sha256": digest} for case, digest in batch.wants],
        }
    )


def read_batch(text: bytes, schemas: tuple[int, ...] = SCHEMAS) -> Batch:
    """The batch that a peer sent.

    Raises BadQuery for what is none, Unprocessable with the `schemas` understood here for another form of messages.
    """
    try:
        told = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadQuery(f"the exchange is not JSON: {error}", hint="both sides run the same product?") from None
    check_schema(told, schemas)
    try:
        read = _Batch.model_validate(told)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"])
        raise BadQuery(f"the exchange: {where}: {first['msg']}", hint="both sides run the same product?") from None
    return Batch(
        origin=read.origin,
        now=read.now,
        messages=tuple(Message(**dict(each)) for each in read.messages),
        results=tuple(Result(**dict(each)) for each in read.results),
        wants=tuple((each.case, each.sha256) for each in read.wants),
        most=read.most,
        schema=read.schema_,
        schemas=tuple(read.schemas),
    )


def check_schema(told: Any, schemas: tuple[int, ...] = SCHEMAS) -> None:
    """Raises Unprocessable with the forms understood here, from which the sender chooses."""
    named = told.get("schema") if isinstance(told, Mapping) else None
    if named not in schemas:
        raise Unprocessable(
            f"schema {str(named)[:20]} of messages is not understood here",
            hint=f"send one of {', '.join(map(str, schemas))}",
            schemas=list(schemas),
        )


def common_schema(theirs: Any, ours: tuple[int, ...] = SCHEMAS) -> int | None:
    """The highest form of messages that both understand; None = they share none."""
    shared = set(ours) & {each for each in theirs if isinstance(each, int)} if isinstance(theirs, list | tuple) else ()
    return max(shared, default=None)
