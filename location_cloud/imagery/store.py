"""The table of scenes: the only place that knows its SQL.

Scenes belong to the live store, not to the snapshot: they come and go on their own days, an import of streets would
copy gigabytes that did not change, and rows belong to tenants. The files themselves never change; a row makes one seen.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
import sqlalchemy as sa

from location_cloud.capability import Migration
from location_cloud.imagery.model import EVERYBODY, Band, Grid, Scene

METADATA = sa.MetaData()


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("set_name", sa.String(64), nullable=False),
        sa.Column("scene", sa.String(100), nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
    ]


SCENES = sa.Table("imagery_scenes", METADATA, *_columns(), sa.UniqueConstraint("tenant", "set_name", "scene"))

CHANGES = sa.Table("imagery_changes", METADATA, sa.Column("number", sa.Integer, nullable=False))
"""One row: how often the scenes changed, whoever's; so a worker need not read all rows to learn that none did."""


def _create(op: Any, _live: Any) -> None:
    op.create_table("imagery_scenes", *_columns(), sa.UniqueConstraint("tenant", "set_name", "scene"))
    op.create_table("imagery_changes", sa.Column("number", sa.Integer, nullable=False))
    op.bulk_insert(CHANGES, [{"number": 0}])


MIGRATIONS = (Migration(1, "scenes", _create),)


def changes(connection: Any) -> int:
    """How often the scenes changed."""
    return int(connection.execute(sa.select(CHANGES.c.number)).scalar_one())


def list_scenes(connection: Any, tenant: str) -> list[Scene]:
    """What the tenant may see: its own scenes and everybody's. Index: the unique one."""
    rows = connection.execute(SCENES.select().where(SCENES.c.tenant.in_((EVERYBODY, tenant))))
    return [_as_scene(row) for row in rows]


def put_scene(connection: Any, scene: Scene) -> str | None:
    """Stores the scene in place of the one of the same tenant, set and id; gives the key of that one, if any."""
    its = (SCENES.c.tenant == scene.tenant, SCENES.c.set_name == scene.set, SCENES.c.scene == scene.id)
    old: str | None = connection.execute(sa.select(SCENES.c.key).where(*its)).scalar_one_or_none()
    connection.execute(SCENES.delete().where(*its))
    connection.execute(
        SCENES.insert().values(
            key=scene.key, tenant=scene.tenant, set_name=scene.set, scene=scene.id, document=orjson.dumps(_plain(scene))
        )
    )
    _count(connection)
    return old


def remove_scenes(connection: Any, tenant: str, set_name: str, scene: str | None) -> list[str]:
    """Removes one scene of the tenant's set, or all of them; gives their keys."""
    its = [SCENES.c.tenant == tenant, SCENES.c.set_name == set_name]
    if scene is not None:
        its.append(SCENES.c.scene == scene)
    keys = [row[0] for row in connection.execute(sa.select(SCENES.c.key).where(*its))]
    connection.execute(SCENES.delete().where(*its))
    _count(connection)
    return keys


def _count(connection: Any) -> None:
    connection.execute(CHANGES.update().values(number=CHANGES.c.number + 1))


def _plain(scene: Scene) -> dict[str, Any]:
    values = asdict(scene)
    values["palette"] = {str(value): colour for value, colour in scene.palette.items()}
    return values


def _as_scene(row: Any) -> Scene:
    values = orjson.loads(bytes(row.document))
    values["bounds"] = tuple(values["bounds"])
    values["bands"] = tuple(Band(**band) for band in values["bands"])
    values["grid"] = Grid(**values["grid"])
    values["palette"] = {int(value): tuple(colour) for value, colour in values["palette"].items()}
    return Scene(**values)
