"""Compiled code finds in the table of addresses what the layers hold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tiles_town import Town

from tiles.compiled import entry_point
from tiles.encode import stack_layers
from tiles.index import Columns
from tiles.table import columns_at, first_zoom_at, kind_at


@entry_point
def _seen(table: NDArray[np.int64], layer: int) -> Any:
    """Rows and sum of each column, kind, first zoom."""
    c = columns_at(table, layer)
    return (
        ((len(c.ids), c.ids.sum()), (len(c.min_zoom), c.min_zoom.sum()), (len(c.max_zoom), c.max_zoom.sum())),
        ((len(c.bbox), c.bbox.sum()), (len(c.feature_start), c.feature_start.sum())),
        ((len(c.part_start), c.part_start.sum()), (len(c.is_hole), c.is_hole.sum()), (len(c.xy), c.xy.sum())),
        ((len(c.vertex_zoom), c.vertex_zoom.sum()), (len(c.sound_zooms), c.sound_zooms.sum())),
        ((len(c.tag_start), c.tag_start.sum()), (len(c.tags), c.tags.sum())),
        ((len(c.key_start), c.key_start.sum()), (len(c.key_bytes), c.key_bytes.sum())),
        ((len(c.value_start), c.value_start.sum()), (len(c.value_bytes), c.value_bytes.sum())),
        ((len(c.cell_keys), c.cell_keys.sum()), (len(c.cell_start), c.cell_start.sum())),
        ((len(c.cell_rows), c.cell_rows.sum()), (kind_at(table, layer), first_zoom_at(table, layer))),
    )


def test_every_column_is_seen_where_it_is(monaco: Town) -> None:
    layers = [monaco.layers["names"], monaco.layers["buildings"]]
    seen = [pair for pairs in _seen(stack_layers(layers).table, 1) for pair in pairs]
    columns = layers[1].columns
    assert [tuple(map(int, pair)) for pair in seen] == [
        *((len(getattr(columns, name)), int(getattr(columns, name).sum())) for name in Columns._fields),
        (2, 10),
    ]
