"""Rows filed by cell: old ones by the migration, in batches; new ones by who writes them."""

from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from location_cloud.spatial.cells import BEIDOU
from location_cloud.spatial.cells.index_cell import cell_range, index_cell
from location_cloud.storage import index_cells
from location_cloud.storage.index_cells import BOX, POINT, add_index_cells, cell_of_box, filed_in


@pytest.mark.parametrize("places", [POINT, BOX])
def test_old_rows_are_filed_in_batches(places, monkeypatch):
    monkeypatch.setattr(index_cells, "ROWS_AT_ONCE", 7)
    rng = np.random.default_rng(2)
    lon, lat = rng.uniform(-170, 170, 30), rng.uniform(-80, 80, 30)
    values = {"lon": lon, "lat": lat, "west": lon - 0.01, "east": lon + 0.01, "south": lat - 0.01, "north": lat + 0.01}
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        columns = ", ".join(f"{name} REAL" for name in places)
        connection.execute(sa.text(f"CREATE TABLE things (id INTEGER PRIMARY KEY, tenant TEXT, {columns})"))
        for at in range(30):
            row = {name: float(values[name][at]) if at else None for name in places}
            into = (
                f"INSERT INTO things (tenant, {', '.join(row)}) VALUES ('a', {', '.join(f':{name}' for name in row)})"
            )
            connection.execute(sa.text(into), row)
        add_index_cells(Operations(MigrationContext.configure(connection)), "things", places)
        cells = list(connection.execute(sa.text("SELECT cell FROM things WHERE tenant = 'a' ORDER BY id")).scalars())
        things = sa.table("things", sa.column("tenant"), sa.column("cell"))
        code = BEIDOU.encode((lon[3], lat[3]), 2)
        asked = sa.select(sa.func.count()).where(filed_in(things, cell_range(code)))
        assert connection.execute(asked).scalar_one() >= 1
    assert cells == [None, *index_cell(lon, lat)[1:].tolist()]


def test_box_over_the_antimeridian_is_filed_at_its_middle():
    assert cell_of_box(179.0, 10.0, -178.0, 12.0) == index_cell(-179.5, 11.0)[0]
    assert cell_of_box(-180.0, 10.0, 180.0, 12.0) == index_cell(180.0, 11.0)[0]
