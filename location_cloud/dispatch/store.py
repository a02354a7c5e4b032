"""The tables of units and hospitals: the only place that knows their SQL; and the history of all tables of dispatch."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.capability import Migration
from location_cloud.dispatch.model import Hospital, Shift, Unit
from location_cloud.dispatch.store_emergencies import create_emergencies, file_by_cell
from location_cloud.dispatch.store_privacy import create_privacy
from location_cloud.errors import Conflict
from location_cloud.storage.live import next_version, update_versioned

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("updated", sa.Float(53), nullable=False),
    ]


UNITS = sa.Table("dispatch_units", METADATA, *_columns(), sqlite_autoincrement=True)
HOSPITALS = sa.Table("dispatch_hospitals", METADATA, *_columns(), sqlite_autoincrement=True)
"""name: the id that callers know it by. Autoincrement: a version never comes again for one that was deleted."""


def _create(op: Any, live: Any) -> None:
    for table in ("dispatch_units", "dispatch_hospitals"):
        op.create_table(table, *_columns(), sqlite_autoincrement=True)
        op.create_index(f"{table}_name", table, ["tenant", "name"], unique=True)


MIGRATIONS = (
    Migration(1, "units and hospitals", _create),
    Migration(2, "emergencies, assignments and their log", create_emergencies),
    Migration(3, "what people say, encrypted, and who read it", create_privacy),
    Migration(4, "emergencies by BeiDou cell", file_by_cell),
)


# --- units -------------------------------------------------------------------------------------------------------


def list_units(connection: Any, tenant: str, after: str = "", limit: int = 1_000_000) -> list[Unit]:
    """Units by name, those after a name. Index: dispatch_units_name."""
    return [_as_unit(row) for row in _list(connection, UNITS, tenant, after, limit)]


def find_unit(connection: Any, tenant: str, name: str) -> Unit | None:
    """The tenant's unit of that name. Index: dispatch_units_name."""
    row = _find(connection, UNITS, tenant, name)
    return None if row is None else _as_unit(row)


def count_units(connection: Any, tenant: str) -> int:
    """How many units the tenant has. Index: dispatch_units_name."""
    return _count(connection, UNITS, tenant)


def insert_unit(connection: Any, tenant: str, unit: Unit, now: datetime) -> Unit:
    """The unit as stored, version 1. Raises Conflict if one of that name is being added at this moment."""
    return replace(unit, **_insert(connection, UNITS, tenant, unit.id, _unit_content(unit), now))


def change_unit(connection: Any, tenant: str, unit: Unit, now: datetime) -> Unit:
    """The unit as stored over the version that it was made from. Raises Conflict, NotFound."""
    return replace(unit, **_change(connection, UNITS, tenant, unit.number, unit.version, _unit_content(unit), now))


def delete_unit(connection: Any, tenant: str, unit: Unit) -> None:
    """Removes the unit at its version. Raises Conflict if it is not at that version any more."""
    _delete(connection, UNITS, tenant, unit.number, unit.version, unit.id)


# --- hospitals ---------------------------------------------------------------------------------------------------


def list_hospitals(connection: Any, tenant: str, after: str = "", limit: int = 1_000_000) -> list[Hospital]:
    """Hospitals by name, those after a name. Index: dispatch_hospitals_name."""
    return [_as_hospital(row) for row in _list(connection, HOSPITALS, tenant, after, limit)]


def find_hospital(connection: Any, tenant: str, name: str) -> Hospital | None:
    """The tenant's hospital of that name. Index: dispatch_hospitals_name."""
    row = _find(connection, HOSPITALS, tenant, name)
    return None if row is None else _as_hospital(row)


def count_hospitals(connection: Any, tenant: str) -> int:
    """How many hospitals the tenant has. Index: dispatch_hospitals_name."""
    return _count(connection, HOSPITALS, tenant)


def insert_hospital(connection: Any, tenant: str, hospital: Hospital, now: datetime) -> Hospital:
    """The hospital as stored, version 1. Raises as `insert_unit`."""
    content = _hospital_content(hospital)
    return replace(hospital, **_insert(connection, HOSPITALS, tenant, hospital.id, content, now))


def change_hospital(connection: Any, tenant: str, hospital: Hospital, now: datetime) -> Hospital:
    """The hospital as stored over the version that it was made from. Raises Conflict, NotFound."""
    content = _hospital_content(hospital)
    return replace(hospital, **_change(connection, HOSPITALS, tenant, hospital.number, hospital.version, content, now))


def delete_hospital(connection: Any, tenant: str, hospital: Hospital) -> None:
    """Removes the hospital at its version. Raises Conflict if it is not at that version any more."""
    _delete(connection, HOSPITALS, tenant, hospital.number, hospital.version, hospital.id)


# --- both --------------------------------------------------------------------------------------------------------


def _list(connection: Any, table: sa.Table, tenant: str, after: str, limit: int) -> Any:
    statement = table.select().where(table.c.tenant == tenant, table.c.name > after)
    return connection.execute(statement.order_by(table.c.name).limit(limit))


def _find(connection: Any, table: sa.Table, tenant: str, name: str) -> Any:
    return connection.execute(table.select().where(table.c.tenant == tenant, table.c.name == name)).one_or_none()


def _count(connection: Any, table: sa.Table, tenant: str) -> int:
    statement = sa.select(sa.func.count()).select_from(table).where(table.c.tenant == tenant)
    return int(connection.execute(statement).scalar_one())


def _insert(connection: Any, table: sa.Table, tenant: str, name: str, content: bytes, now: datetime) -> dict[str, Any]:
    change = next_version(connection)
    values = {"version": 1, "change": change, "content": content, "updated": now.timestamp()}
    statement = table.insert().values(tenant=tenant, name=name, **values).returning(table.c.id)
    try:
        number = connection.execute(statement).scalar_one()
    except IntegrityError:
        raise Conflict(f"{name} is being added at this moment", hint="read it, then change it") from None
    return {"number": number, "version": 1, "change": change, "updated_at": now}


def _change(
    connection: Any, table: sa.Table, tenant: str, number: int, version: int, content: bytes, now: datetime
) -> dict[str, Any]:
    change = next_version(connection)
    values = {"change": change, "content": content, "updated": now.timestamp()}
    version = update_versioned(connection, table, tenant, number, version, values)
    return {"version": version, "change": change, "updated_at": now}


def _delete(connection: Any, table: sa.Table, tenant: str, number: int, version: int, name: str) -> None:
    next_version(connection)
    mine = table.c.tenant == tenant, table.c.id == number, table.c.version == version
    if not connection.execute(table.delete().where(*mine)).rowcount:
        raise Conflict(f"{name} is not at version {version} any more", hint="read it again")


_ROW = ("id", "number", "version", "change", "updated_at")
_UNIT = tuple(field.name for field in fields(Unit) if field.name not in _ROW)
_HOSPITAL = tuple(field.name for field in fields(Hospital) if field.name not in (*_ROW, "inbound"))


def _unit_content(unit: Unit) -> bytes:
    return orjson.dumps({name: getattr(unit, name) for name in _UNIT})


def _hospital_content(hospital: Hospital) -> bytes:
    return orjson.dumps({name: getattr(hospital, name) for name in _HOSPITAL})


def _as_unit(row: Any) -> Unit:
    content = orjson.loads(bytes(row.content))
    shifts = tuple(Shift(tuple(each["days"]), each["begin"], each["end"]) for each in content["shifts"])
    told_at = content["told_at"]
    content |= {
        "skills": tuple(content["skills"]),
        "equipment": tuple(content["equipment"]),
        "shifts": shifts,
        "station_lonlat": _as_lonlat(content["station_lonlat"]),
        "told_lonlat": _as_lonlat(content["told_lonlat"]),
        "told_at": None if told_at is None else datetime.fromisoformat(told_at),
    }
    return Unit(**content, **_row(row))


def _as_hospital(row: Any) -> Hospital:
    content = orjson.loads(bytes(row.content))
    content |= {"lonlat": tuple(content["lonlat"]), "skills": tuple(content["skills"])}
    return Hospital(**content, **_row(row))


def _row(row: Any) -> dict[str, Any]:
    updated_at = datetime.fromtimestamp(row.updated, UTC)
    return {
        "id": row.name,
        "number": row.id,
        "version": row.version,
        "change": row.change,
        "updated_at": updated_at,
    }


def _as_lonlat(value: list[float] | None) -> tuple[float, float] | None:
    return None if value is None else (value[0], value[1])
