"""Names of places in PostgreSQL: one table a snapshot, searched by prefix and by trigrams (pg_trgm); all SQL of places.

A table is made, filled and indexed in one transaction, so that it is there whole or not at all, and it goes with one
DROP. One table for all snapshots would keep the removed ones' rows in its indexes until the next VACUUM.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Double,
    Float,
    Index,
    Integer,
    MetaData,
    Select,
    SmallInteger,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    case,
    column,
    func,
    inspect,
    or_,
    select,
    table,
)
from sqlalchemy.exc import DBAPIError

from location_cloud.capability import Migration
from location_cloud.errors import BadInput
from location_cloud.places.model_names import COLUMNS, INITIALS, READING, Row, Worth
from location_cloud.storage.live import Live

MIGRATIONS: tuple[Migration, ...] = ()
"""None: a snapshot's table comes and goes with it."""

PREFIX = "place_names1_"
"""Of the tables' names, before the id of the snapshot; the number grows when their columns change."""

FILL_LOCK = 0x10CA711
"""Key of the advisory lock that processes queue at which want to fill a table."""

FILL_WAIT = "15min"
"""How long one waits there for another one's fill; 1 M names take 2 minutes."""

DATABASE_HINT = (
    "make one that knows Chinese letters, and name it in LOCATION_CLOUD_LIVE_URL: CREATE DATABASE cloud TEMPLATE "
    "template0 ENCODING 'UTF8' LOCALE 'C.UTF-8' (or LOCALE_PROVIDER icu ICU_LOCALE 'und'); "
    "or set LOCATION_CLOUD_PLACES_CANDIDATES=embedded"
)
EXTENSION_HINT = (
    "as a superuser, in this database: CREATE EXTENSION pg_trgm (PostgreSQL's contrib package); "
    "or set LOCATION_CLOUD_PLACES_CANDIDATES=embedded"
)

_NO_EXTENSION = {"0A000", "58P01", "42501", "42883"}
"""SQLSTATE: not available, its file missing, no right to create it, in a schema that is not searched."""


def check_store(live: Live, settings: Any) -> None:
    """Adds pg_trgm to the live store where the settings ask for names in it.

    Raises BadInput, saying what to do, if the store is no PostgreSQL, has no pg_trgm and no right to add it, or its
    locale knows no Chinese letters: with LC_CTYPE C, show_trgm('大庆') is {}, and nothing Chinese is ever found.
    """
    if settings.places_candidates == "embedded":
        return
    if live.dialect != "postgresql":
        raise BadInput(
            "places_candidates=postgres needs a live store in PostgreSQL, this one is SQLite; set "
            "LOCATION_CLOUD_LIVE_URL=postgresql://user@host/database, or LOCATION_CLOUD_PLACES_CANDIDATES=embedded"
        )
    try:
        trigrams = _chinese_trigrams(live)
    except _NoTrigramsError as error:
        raise BadInput(f"places_candidates=postgres needs pg_trgm: {error}; {EXTENSION_HINT}") from error
    if not trigrams:
        raise BadInput(
            "places_candidates=postgres: this database's locale (LC_CTYPE) knows no Chinese letters, pg_trgm would "
            f"find nothing; {DATABASE_HINT}"
        )


class _NoTrigramsError(Exception):
    """PostgreSQL's words why there is no pg_trgm."""


def _chinese_trigrams(live: Live) -> list[str]:
    found: list[str] = []
    with live.write(counted=False) as connection:
        try:
            if not connection.execute(_has_pg_trgm()).scalar_one():
                connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            found = connection.execute(select(func.show_trgm("大庆"))).scalar_one()
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) in _NO_EXTENSION:
                raise _NoTrigramsError(str(error.orig).strip().splitlines()[0]) from error
            raise
    return found


def _has_pg_trgm() -> Select[Any]:
    extension = table("pg_extension", column("extname", Text))
    return select(func.count()).select_from(extension).where(extension.c.extname == "pg_trgm")


# --- tables -------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def names_table(snapshot_id: str) -> Table:
    """The table of a snapshot: one row for each place that is found by what is read from some point of a name on.

    read: that text, folded. name: the whole folded text, its key. key: number, the less the more it is worth. at: bytes
    before what is read, or READING, INITIALS. holder: number of (key, place), the most important place of a key first,
    and rank: its place in that order from 0. doc: row of places. form: as in sources. kind, mask: bits of the place's
    kind, and of the kinds of all that have the key. importance; lon, lat: degrees. is_alike: one row for each text that
    misspelt names are compared with.
    """
    return Table(
        PREFIX + re.sub(r"\W", "_", snapshot_id.lower()),
        MetaData(),
        Column("read", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("key", Integer, nullable=False),
        Column("at", SmallInteger, nullable=False),
        Column("holder", Integer, nullable=False),
        Column("rank", Integer, nullable=False),
        Column("doc", Integer, nullable=False),
        Column("form", SmallInteger, nullable=False),
        Column("kind", SmallInteger, nullable=False),
        Column("mask", SmallInteger, nullable=False),
        Column("importance", Float(24), nullable=False),
        Column("lon", Double, nullable=False),
        Column("lat", Double, nullable=False),
        Column("is_alike", Boolean, nullable=False),
    )


def is_filled(connection: Connection, snapshot_id: str) -> bool:
    """Whether the names of a snapshot are in the store."""
    return inspect(connection).has_table(names_table(snapshot_id).name)


def wait_for_turn(connection: Connection) -> None:
    """Until this transaction ends, nobody else fills or removes names."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{FILL_WAIT}'")
    connection.execute(select(func.pg_advisory_xact_lock(FILL_LOCK)))


def fill(connection: Connection, snapshot_id: str, blocks: Iterable[bytes]) -> None:
    """Makes the table of a snapshot and its indexes. blocks: rows in the text form of COPY, columns as COLUMNS."""
    names = names_table.__wrapped__(snapshot_id)  # of its own: indexes stay with a table, and it may be filled again
    names.create(connection, checkfirst=False)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {names.name} ({', '.join(COLUMNS)}) FROM STDIN") as copy:
        for block in blocks:
            copy.write(block)
    connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '256MB'")
    for index in _indexes(names):
        index.create(connection)
    connection.exec_driver_sql(f"ANALYZE {names.name}")


def remove_others(connection: Connection, kept: Sequence[str], served: str) -> None:
    """Drops the tables of all snapshots but those kept and the one that was served before `served`: somebody may still
    ask it.
    """
    spared = {names_table(each).name for each in (*kept, served)}
    tables = sorted(name for name in inspect(connection).get_table_names() if name.startswith("place_names"))
    before = [name for name in tables if name < names_table(served).name and name.startswith(PREFIX)]
    spared.update(before[-1:])
    for name in tables:
        if name not in spared:
            Table(name, MetaData()).drop(connection, checkfirst=False)


def _indexes(names: Table) -> tuple[Index, ...]:
    c, name = names.c, names.name
    operators = {"read": "text_pattern_ops"}
    return (
        # What begins so, and what is so, by code points whatever the database sorts by.
        Index(f"{name}_read", c.read, c.rank, postgresql_ops=operators),
        # Who has a key.
        Index(f"{name}_key", c.key, c.rank, postgresql_where=c.at == 0),
        # What is alike.
        Index(
            f"{name}_alike",
            c.read,
            postgresql_using="gin",
            postgresql_ops={"read": "gin_trgm_ops"},
            postgresql_where=c.is_alike,
        ),
    )


# --- questions ----------------------------------------------------------------------------------------------------
# Statements are made once for a snapshot: making one took 1.5 ms, asking it takes 0.3.


def find_exact(
    connection: Connection,
    snapshot_id: str,
    folded: str,
    limit: int,
    kinds: int,
    focus: tuple[float, float] | None,
) -> Sequence[Row]:
    """Places of which something read whole is the text: the most important of each key, or the nearest to the focus."""
    asked = {"folded": folded, "limit": limit, "kinds": kinds, **_point(focus)}
    return [tuple(row) for row in connection.execute(_exact(snapshot_id, focus is not None), asked)]


def find_names(connection: Connection, snapshot_id: str, texts: Sequence[str]) -> list[str]:
    """Those of the texts that `find_exact` finds for some kind."""
    return list(connection.execute(_names(snapshot_id), {"texts": list(texts)}).scalars())


def find_prefix(
    connection: Connection,
    snapshot_id: str,
    folded: str,
    limit: int,
    kinds: int,
    worth: Worth,
    focus: tuple[float, float] | None,
) -> Sequence[Row]:
    """Places of which something begins so, those that are worth most."""
    asked = {
        "folded": folded,
        "end": folded + "\U0010ffff",
        "bytes": len(folded.encode()),
        "limit": limit,
        "kinds": kinds,
        **_point(focus),
    }
    return [tuple(row) for row in connection.execute(_prefix(snapshot_id, worth, focus is not None), asked)]


def find_alike(
    connection: Connection, snapshot_id: str, text: str, least: float, limit: int, kinds: int
) -> list[tuple[int, float]]:
    """(key, share of trigrams in common) of the names and readings most alike to a text.

    least: share below which they are nothing alike. The higher it is the fewer rows are fetched from the table.
    """
    connection.execute(_SET_LEAST, {"least": f"{least:.3f}"})
    asked = {"folded": text, "limit": limit, "kinds": kinds}
    return [(int(row.key), float(row.share)) for row in connection.execute(_alike(snapshot_id), asked)]


def find_of_keys(connection: Connection, snapshot_id: str, keys: Sequence[int], held: int, kinds: int) -> Sequence[Row]:
    """Places that have these keys, of each the `held` most important ones."""
    asked = {"keys": list(keys), "held": held, "kinds": kinds}
    return [tuple(row) for row in connection.execute(_of_keys(snapshot_id), asked)]


_SET_LEAST = select(func.set_config("pg_trgm.similarity_threshold", bindparam("least", type_=Text), True))

_FOLDED, _KINDS = bindparam("folded", type_=Text), bindparam("kinds", type_=Integer)
_LIMIT = bindparam("limit", type_=Integer)


@functools.lru_cache(maxsize=64)
def _exact(snapshot_id: str, is_near: bool) -> Select[Any]:
    c = names_table(snapshot_id).c
    wanted = and_(c.read == _FOLDED, c.at <= 0, _is_of(c.kind))
    if is_near:
        return select(*_answer(c)).where(wanted).order_by(_plane_km(c), c.holder).limit(_LIMIT)
    place = func.row_number().over(partition_by=(c.key, c.at), order_by=c.rank).label("place")
    inner = select(*_answer(c), c.holder, place).where(wanted).subquery()
    return select(*_answer(inner.c)).where(inner.c.place <= _LIMIT).order_by(inner.c.key, inner.c.holder)


@functools.lru_cache(maxsize=64)
def _names(snapshot_id: str) -> Select[Any]:
    c = names_table(snapshot_id).c
    is_asked = c.read == any_(bindparam("texts", type_=ARRAY(Text)))
    return select(c.read).distinct().where(is_asked, c.at <= 0, c.rank == 0)  # every key has a place of rank 0


@functools.lru_cache(maxsize=64)
def _prefix(snapshot_id: str, worth: Worth, is_near: bool) -> Select[Any]:
    c = names_table(snapshot_id).c
    # Not LIKE: with a parameter PostgreSQL cannot see that the pattern is a beginning.
    begins = and_(
        c.read.op("~>=~", is_comparison=True)(_FOLDED),
        c.read.op("~<~", is_comparison=True)(bindparam("end", type_=Text)),
    )
    wanted = and_(begins, c.rank < worth.held, _is_of(c.kind))
    return select(*_answer(c)).where(wanted).order_by(_worth(c, worth, is_near).desc(), c.holder).limit(_LIMIT)


@functools.lru_cache(maxsize=64)
def _alike(snapshot_id: str) -> Select[Any]:
    c = names_table(snapshot_id).c
    share = func.max(func.similarity(c.read, _FOLDED)).label("share")
    return (
        select(c.key, share)
        .where(c.is_alike, c.read.op("%", is_comparison=True)(_FOLDED), _is_of(c.mask))
        .group_by(c.key)
        .order_by(share.desc(), c.key)
        .limit(_LIMIT)
    )


@functools.lru_cache(maxsize=64)
def _of_keys(snapshot_id: str) -> Select[Any]:
    c = names_table(snapshot_id).c
    # One parameter, however many keys: a list of them would be another statement for each length.
    has_key = c.key == any_(bindparam("keys", type_=ARRAY(Integer)))
    held = c.rank < bindparam("held", type_=Integer)
    return select(*_answer(c)).where(has_key, c.at == 0, held, _is_of(c.kind)).order_by(c.key, c.holder)


def _answer(c: Any) -> tuple[Any, ...]:
    return c.doc, c.form, c.at, c.key, c.name


def _is_of(bits: ColumnElement[int]) -> ColumnElement[bool]:
    return bits.op("&")(_KINDS) != 0


def _worth(c: Any, worth: Worth, is_near: bool) -> ColumnElement[float]:
    whole = func.octet_length(c.name)
    size = case((c.at == READING, whole * 1.2), (c.at == INITIALS, whole / 3.0), else_=whole * 1.0)
    base = case((or_(c.at == 0, c.at == READING), worth.name), else_=worth.word)
    share = func.least(bindparam("bytes", type_=Double) / size, 1.0)
    total: ColumnElement[float] = base + worth.share * share + worth.importance * c.importance
    if is_near:
        total += worth.near / (1.0 + func.power(_plane_km(c) / worth.near_km, 1.2))
    return total


def _plane_km(c: Any) -> ColumnElement[float]:
    """Kilometres to the focus on a plane through both; for choosing, as in `prefixes`."""
    lon, lat = bindparam("lon", type_=Double), bindparam("lat", type_=Double)
    turn = func.abs(c.lon - lon)
    across = func.least(turn, 360.0 - turn) * func.cos(func.radians((c.lat + lat) / 2.0))
    found: ColumnElement[float] = 111.195 * func.sqrt(across * across + (c.lat - lat) * (c.lat - lat))
    return found


def _point(focus: tuple[float, float] | None) -> dict[str, float]:
    return {} if focus is None else {"lon": focus[0], "lat": focus[1]}
