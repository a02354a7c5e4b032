"""The table of scenes: the only place that knows its SQL.

Scenes belong to the live store, not to the snapshot: they come and go on their own days, an import of streets would
copy gigabytes that did not change, and rows belong to tenants. The files themselves never change; a row makes one seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeAlias

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


def _change() -> sa.Column[Any]:
    """The number of the change that wrote the row: with the key it names what is in it."""
    return sa.Column("change", sa.Integer, nullable=False, server_default="0")


SCENES = sa.Table(
    "imagery_scenes", METADATA, *_columns(), _change(), sa.UniqueConstraint("tenant", "set_name", "scene")
)

CHANGES = sa.Table("imagery_changes", METADATA, sa.Column("number", sa.Integer, nullable=False))
"""One row: how often the scenes changed, whoever's; so a worker need not read all rows to learn that none did."""


def _create(op: Any, _live: Any) -> None:
    op.create_table("imagery_scenes", *_columns(), sa.UniqueConstraint("tenant", "set_name", "scene"))
    op.create_table("imagery_changes", sa.Column("number", sa.Integer, nullable=False))
    op.bulk_insert(CHANGES, [{"number": 0}])


def _list_quickly(op: Any, _live: Any) -> None:
    op.add_column("imagery_scenes", _change())
    op.create_index("imagery_scenes_names", "imagery_scenes", ["tenant", "key", "change"])


MIGRATIONS = (
    Migration(1, "scenes", _create),
    Migration(2, "which scenes there are, without reading them", _list_quickly),
)

Name: TypeAlias = tuple[str, int]
"""Key and change of a row: it never changes under a name."""

KEYS_A_QUESTION = 500
"""SQLite takes at least 999 values in a statement."""


def changes(connection: Any) -> int:
    """How often the scenes changed."""
    return int(connection.execute(sa.select(CHANGES.c.number)).scalar_one())


def list_scenes(connection: Any, tenant: str) -> list[Scene]:
    """What the tenant may see: its own scenes and everybody's. Index: the unique one."""
    rows = connection.execute(SCENES.select().where(SCENES.c.tenant.in_((EVERYBODY, tenant))))
    return [_as_scene(row) for row in rows]


def list_names(connection: Any, tenant: str) -> list[Name]:
    """The names of what `list_scenes` gives; 0.1 s for 100,000. Index: imagery_scenes_names."""
    names = sa.select(SCENES.c.key, SCENES.c.change).where(SCENES.c.tenant.in_((EVERYBODY, tenant)))
    return [(row[0], row[1]) for row in connection.execute(names)]


def get_scenes(connection: Any, tenant: str, names: Sequence[Name]) -> dict[Name, Scene]:
    """Those of the scenes that the tenant may see, by name. Index: the primary key."""
    found = {}
    for begin in range(0, len(names), KEYS_A_QUESTION):
        keys = [key for key, _ in names[begin : begin + KEYS_A_QUESTION]]
        rows = connection.execute(
            SCENES.select().where(SCENES.c.tenant.in_((EVERYBODY, tenant)), SCENES.c.key.in_(keys))
        )
        found.update({(row.key, row.change): _as_scene(row) for row in rows})
    return found


def put_scene(connection: Any, scene: Scene) -> str | None:
    """Stores the scene in place of the one of the same tenant, set and id; gives the key of that one, if any."""
    its = (SCENES.c.tenant == scene.tenant, SCENES.c.set_name == scene.set, SCENES.c.scene == scene.id)
    change = _count(connection)
    old: str | None = connection.execute(sa.select(SCENES.c.key).where(*its)).scalar_one_or_none()
    connection.execute(SCENES.delete().where(*its))
    connection.execute(
        SCENES.insert().values(
            key=scene.key,
            tenant=scene.tenant,
            set_name=scene.set,
            scene=scene.id,
            document=orjson.dumps(_plain(scene)),
            change=change,
        )
    )
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


def _count(connection: Any) -> int:
    connection.execute(CHANGES.update().values(number=CHANGES.c.number + 1))
    return changes(connection)


def _plain(scene: Scene) -> dict[str, Any]:
    values = asdict(scene)
    values["footprint"] = orjson.Fragment(scene.footprint)
    values["palette"] = {str(value): colour for value, colour in scene.palette.items()}
    return values


def _as_scene(row: Any) -> Scene:
    values = orjson.loads(bytes(row.document))
    values["bounds"] = tuple(values["bounds"])
    values["bands"] = tuple(Band(**band) for band in values["bands"])
    values["footprint"] = orjson.dumps(values["footprint"])
    values["grid"] = Grid(**values["grid"])
    values["palette"] = {int(value): tuple(colour) for value, colour in values["palette"].items()}
    return Scene(**values)
