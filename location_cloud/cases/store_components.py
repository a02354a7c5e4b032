"""The tables of components and of their serials: the only place that knows their SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import shapely
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from location_cloud.cases.model import ChosenComponents, Component
from location_cloud.errors import Conflict
from location_cloud.storage.live import Live, next_version, update_versioned

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("class", sa.String(12), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("owner", "maintainer", "supervisor")),
        sa.Column("unit_grid", sa.String(32), nullable=False),
        sa.Column("area", sa.String(32), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("gone", sa.SmallInteger, nullable=False),
        sa.Column("first_seen", sa.Float(53), nullable=False),
        sa.Column("changed", sa.Float(53), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("lon", sa.Float(53), nullable=False),
        sa.Column("lat", sa.Float(53), nullable=False),
        sa.Column("cell", sa.BigInteger, nullable=False),
        sa.Column("geometry", sa.LargeBinary),
        *(sa.Column(side, sa.Float(53), nullable=False) for side in ("west", "south", "east", "north")),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("request", sa.String(128)),
        sa.Column("digest", sa.String(32)),
    ]


def _serial_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("prefix", sa.String(10), nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
    ]


COMPONENTS = sa.Table("components", METADATA, *_columns(), sqlite_autoincrement=True)
"""code: the 16 digits. gone: its state is "removed"; its row stays, so that its code never names another thing.
request: the key that its sender gave, of the first of many; digest: of what it said."""

SERIALS = sa.Table("component_serials", METADATA, *_serial_columns(), sqlite_autoincrement=True)
"""prefix: county and class. last: the highest serial that was ever given."""

REMOVED = "removed"


def create_components(op: Any, live: Any) -> None:
    """The tables, in a migration."""
    op.create_table("components", *_columns(), sqlite_autoincrement=True)
    op.create_index("components_code", "components", ["tenant", "code"], unique=True)
    op.create_index("components_class", "components", ["tenant", "class", "code"])
    op.create_index("components_grid", "components", ["tenant", "unit_grid", "code"])
    op.create_index("components_change", "components", ["tenant", "change"])
    op.create_index("components_request", "components", ["tenant", "request"], unique=True)
    live.add_spatial_index(op, "components")
    op.create_table("component_serials", *_serial_columns(), sqlite_autoincrement=True)
    op.create_index("component_serials_prefix", "component_serials", ["tenant", "prefix"], unique=True)


def take_serials(connection: Any, tenant: str, prefix: str, count: int, at_least: int = 0) -> int:
    """The first of so many serials that nobody had; 1 for the first one ever. at_least: serials up to it were told.

    Raises Conflict if another transaction takes the first ones of this prefix at this moment.
    """
    c = SERIALS.c
    mine = c.tenant == tenant, c.prefix == prefix
    last = connection.execute(sa.select(c.last).where(*mine).with_for_update()).scalar_one_or_none()
    new_last = max(last or 0, at_least) + count
    if last is not None:
        connection.execute(SERIALS.update().where(*mine).values(last=new_last))
        return new_last - count + 1
    try:
        connection.execute(SERIALS.insert().values(tenant=tenant, prefix=prefix, last=new_last))
    except IntegrityError:
        raise Conflict(f"components of {prefix} are being added", hint="send it again") from None
    return new_last - count + 1


def insert_components(
    connection: Any, tenant: str, components: Sequence[Component], request: str = "", digest: str = ""
) -> None:
    """Stores new components, all or none. Raises Conflict if a code is there already."""
    change = next_version(connection)
    plain = {"tenant": tenant, "version": 1, "change": change, "request": None, "digest": None}
    rows = [{**plain, **_values(each)} for each in components]
    if not rows:
        return
    rows[0] |= {"request": request or None, "digest": digest or None}
    try:
        connection.execute(COMPONENTS.insert(), rows)
    except IntegrityError:
        raise Conflict(
            "one of these components is there already", hint="change it instead, or leave its id out"
        ) from None


def find_request(connection: Any, tenant: str, request: str) -> tuple[Component, str] | None:
    """The first component added under a sender's key, and the digest of what was said. Index: components_request."""
    c = COMPONENTS.c
    row = connection.execute(COMPONENTS.select().where(c.tenant == tenant, c.request == request)).one_or_none()
    return None if row is None else (_as_component(row), row.digest)


def change_component(connection: Any, tenant: str, component: Component) -> Component:
    """As stored over the version that it was made from. Raises Conflict, NotFound."""
    change = next_version(connection)
    values = {"change": change, **_values(component)}
    version = update_versioned(connection, COMPONENTS, tenant, component.number, component.version, values)
    return replace(component, version=version, change=change)


def find_component(connection: Any, tenant: str, code: str) -> Component | None:
    """The tenant's component. Index: components_code."""
    c = COMPONENTS.c
    row = connection.execute(COMPONENTS.select().where(c.tenant == tenant, c.code == code)).one_or_none()
    return None if row is None else _as_component(row)


def list_known(connection: Any, tenant: str, codes: Sequence[str]) -> dict[str, Component]:
    """Those of the codes that are there. Index: components_code."""
    c, found = COMPONENTS.c, {}
    for start in range(0, len(codes), 500):
        some = c.code.in_(codes[start : start + 500])
        for row in connection.execute(COMPONENTS.select().where(c.tenant == tenant, some)):
            found[row.code] = _as_component(row)
    return found


def list_components(
    connection: Any, live: Live, tenant: str, chosen: ChosenComponents, after: str, limit: int
) -> list[Component]:
    """Components by code, those after a code. Index: components_code, or the spatial one with a box."""
    c = COMPONENTS.c
    statement = COMPONENTS.select().where(c.tenant == tenant, c.code > after)
    if chosen.bbox is not None:
        statement = statement.where(live.in_bbox(COMPONENTS, chosen.bbox))
    if chosen.classes:
        statement = statement.where(c["class"].in_(chosen.classes))
    for name, asked in (("state", chosen.state), ("owner", chosen.owner), ("unit_grid", chosen.grid)):
        if asked:
            statement = statement.where(c[name] == asked)
    return [_as_component(row) for row in connection.execute(statement.order_by(c.code).limit(limit))]


def count_components(connection: Any, tenant: str) -> int:
    """How many the tenant has, removed ones too. Index: components_code."""
    mine = sa.select(sa.func.count()).select_from(COMPONENTS).where(COMPONENTS.c.tenant == tenant)
    return int(connection.execute(mine).scalar_one())


def list_changed(connection: Any, tenant: str, since: int | None, limit: int) -> list[Component]:
    """Components that changed after a live version; all that are not removed for None. Index: components_change."""
    c = COMPONENTS.c
    statement = COMPONENTS.select().where(c.tenant == tenant)
    statement = statement.where(c.gone == 0) if since is None else statement.where(c.change > since)
    return [_as_component(row) for row in connection.execute(statement.limit(limit))]


def find_bounds(connection: Any, tenant: str) -> tuple[float, float, float, float] | None:
    """West, south, east, north of those that are not removed, degrees; None without. Reads all of a tenant."""
    c = COMPONENTS.c
    corners = sa.func.min(c.west), sa.func.min(c.south), sa.func.max(c.east), sa.func.max(c.north)
    row = connection.execute(sa.select(*corners).where(c.tenant == tenant, c.gone == 0)).one()
    return None if row[0] is None else tuple(row)


_PLAIN = (
    "name",
    "owner",
    "maintainer",
    "supervisor",
    "unit_grid",
    "area",
    "state",
    "first_seen",
    "changed",
    "source",
    "note",
    "cell",
)


def _values(component: Component) -> dict[str, Any]:
    lon, lat = component.lonlat
    shape = component.geometry
    west, south, east, north = (lon, lat, lon, lat) if shape is None else shape.bounds
    return {
        **{name: getattr(component, name) for name in _PLAIN},
        "code": component.id,
        "class": component.class_code,
        "gone": int(component.state == REMOVED),
        "lon": lon,
        "lat": lat,
        "geometry": None if shape is None else bytes(shapely.to_wkb(shape)),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "content": orjson.dumps({"is_simulated": component.is_simulated}),
    }


def _as_component(row: Any) -> Component:
    found = row._mapping
    return Component(
        id=found["code"],
        class_code=found["class"],
        lonlat=(found["lon"], found["lat"]),
        geometry=None if found["geometry"] is None else shapely.from_wkb(bytes(found["geometry"])),
        number=found["id"],
        version=found["version"],
        change=found["change"],
        **{name: found[name] for name in _PLAIN},
        **orjson.loads(bytes(found["content"])),
    )
