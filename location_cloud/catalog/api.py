"""HTTP operations of the catalogue."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.capability import Cache, Call, Operation
from location_cloud.catalog import schema


def list_datasets(call: Call, params: schema.InDatasets, body: None) -> dict[str, Any]:
    """What is in the snapshot, with licence and counts."""
    snapshot = call.world.snapshot
    manifest = snapshot.manifest
    lines = dict.fromkeys(source.attribution for source in manifest.sources if source.attribution)
    return {
        "snapshot": snapshot.id,
        "name": manifest.name,
        "created": manifest.created,
        "bbox": None if manifest.bounds is None else list(manifest.bounds),
        "datasets": [{"name": name, "counts": dict(counts)} for name, counts in manifest.sections.items()],
        "sources": [asdict(source) for source in manifest.sources],
        "attribution": "; ".join(lines),
    }


OPERATIONS = (
    Operation(
        "catalog.datasets",
        "GET",
        "/v1/datasets",
        "What is in the snapshot: sections, counts, sources and licences.",
        list_datasets,
        schema.InDatasets,
        schema.OutDatasets,
        "catalog:read",
        cache=Cache.REVALIDATE,
    ),
)
