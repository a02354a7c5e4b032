"""The coordinate converter over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from location_cloud.capability import Cache, Call, Operation
from location_cloud.places import service_coords
from location_cloud.places.schema_coords import (
    BatchQuery,
    CoordsAnswer,
    CoordsBatch,
    CoordsBatchAnswer,
    CoordsQuery,
)


def coords(call: Call, params: CoordsQuery, _body: None) -> dict[str, Any]:
    """One position in every spelling."""
    if params.at is not None:
        found = service_coords.spell_point(params.at, params.crs)
    else:
        found = service_coords.read_text(call.world, params.text or "", params.crs, params.near)
    position = found.reading.position
    spellings = asdict(found.spellings)
    return {
        "lonlat": spellings.pop("lonlat"),
        "read": _read(found.reading),
        "bbox": position.cell.as_tuple() if position.cell else None,
        "alternatives": [{"lonlat": lonlat} for lonlat in position.alternatives],
        "spellings": spellings,
    }


def coords_batch(call: Call, params: BatchQuery, body: CoordsBatch) -> dict[str, Any]:
    """Many texts, each with its position or the reason why it has none."""
    lines = []
    for text, reading in service_coords.read_texts(call.world, body.texts, params.crs, params.near):
        lonlat = reading.position.lonlat if reading else None
        error = "" if reading else service_coords.why_not(text)
        lines.append({"text": text, "lonlat": lonlat, "read": _read(reading) if reading else None, "error": error})
    return {"positions": lines, "understood": sum(line["lonlat"] is not None for line in lines)}


def _read(reading: service_coords.Reading) -> dict[str, Any]:
    position = reading.position
    return {
        "form": position.form,
        "crs": position.crs,
        "name": position.name,
        "accuracy_m": position.accuracy_m,
        "confidence": position.confidence,
        "decided_by": reading.decided_by,
        "place": reading.place,
        "moved_m": reading.moved_m,
    }


OPERATIONS = (
    Operation(
        name="places.coords",
        method="GET",
        path="/v1/coords",
        summary="A position in every spelling: degrees, UTM, MGRS, Plus Code, BeiDou, geohash, GCJ-02, Gauss-Kruger",
        answer=coords,
        In=CoordsQuery,
        Out=CoordsAnswer,
        scope="places:read",
        cache=Cache.SHORT,
        errors=(422,),
        typical=lambda _world: ("/v1/coords?text=46.58758,125.10307", "/v1/coords?at=125.1,46.6&crs=gcj02"),
    ),
    Operation(
        name="places.coords_batch",
        method="POST",
        path="/v1/coords",
        summary="What up to 10,000 texts are read as, as positions",
        answer=coords_batch,
        In=BatchQuery,
        Out=CoordsBatchAnswer,
        Body=CoordsBatch,
        scope="places:read",
        cost=10,
        max_body_bytes=2_000_000,
    ),
)
