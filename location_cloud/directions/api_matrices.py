"""HTTP operations of matrices that are made in the background."""

from __future__ import annotations

from typing import Any

from location_cloud.capability import Bytes, Call, Chunks, Operation, Reply
from location_cloud.directions import schema_live as schema
from location_cloud.directions import service_matrices
from location_cloud.directions.asking import ask_of_body
from location_cloud.directions.matrix_files import line_pieces, npy_pieces
from location_cloud.directions.model_matrices import DONE, MatrixJob
from location_cloud.directions.service_live import as_time
from location_cloud.directions.service_matrices import KEPT_S, Question
from location_cloud.errors import NotFound

Json = dict[str, Any]


def add_job(call: Call, params: schema.Nothing, body: schema.MatrixJobBody) -> Json:
    """The matrix in the queue."""
    question = Question(ask_of_body(call, body), body.sources, body.targets, body.radius_m, body.distances)
    return _as_json(call, service_matrices.add_matrix(call.world, call.tenant, question, call.now))


def list_jobs(call: Call, params: schema.Nothing, body: None) -> Json:
    """The caller's matrices, newest first."""
    return {"jobs": [_as_json(call, job) for job in service_matrices.list_matrices(call.live, call.tenant)]}


def get_job(call: Call, params: schema.InMatrixJob, body: None) -> Json:
    """How far a matrix is."""
    return _as_json(call, service_matrices.get_matrix(call.live, call.tenant, params.id))


def get_result(call: Call, params: schema.InMatrixResult, body: None) -> Reply:
    """The finished matrix."""
    job, blocks = service_matrices.get_result(call.live, call.world.home, call.tenant, params.id)
    if params.format == "ndjson":
        return Reply(Chunks(line_pieces(_head(job), blocks)), media_type="application/x-ndjson")
    part = ("durations_ms", "distances_cm").index(params.part)
    if part and not job.has_distances:
        raise NotFound("this matrix has no distances", hint='ask for one with "distances": true')
    pieces, size = npy_pieces(blocks, part)
    name = f"{job.id}-{params.part}.npy"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Location-Cloud-Metric-Version": job.metric_version,
    }
    return Reply(Chunks(pieces, size), media_type="application/octet-stream", headers=headers)


def remove_job(call: Call, params: schema.InMatrixJob, body: None) -> Json:
    """What was cancelled or forgotten."""
    service_matrices.remove_matrix(call.live, call.tenant, params.id)
    return {"deleted": params.id}


def _head(job: MatrixJob) -> Json:
    return {
        "sources": job.rows,
        "targets": job.columns,
        "profile": job.profile,
        "snapshot": job.snapshot,
        "metric_version": job.metric_version,
        "as_of": as_time(job.as_of),
    }


def _as_json(call: Call, job: MatrixJob) -> Json:
    return {
        "id": job.id,
        "state": job.state,
        "profile": job.profile,
        "sources": job.rows,
        "targets": job.columns,
        "distances": job.has_distances,
        "rows_done": job.rows_done,
        "progress": round(job.rows_done / job.rows, 4),
        "seconds_left": job.seconds_left,
        "created_at": as_time(job.created),
        "started_at": as_time(job.started),
        "finished_at": as_time(job.finished),
        "kept_until": as_time(None if job.finished is None else job.finished + KEPT_S),
        "snapshot": job.snapshot,
        "metric_version": job.metric_version or None,
        "as_of": as_time(job.as_of),
        "error": job.error or None,
        "hint": job.hint or None,
        "result": call.link(f"{_ALL}/{job.id}/result") if job.state == DONE else None,
    }


READ = "directions:read"

_ALL = "/v1/matrix/jobs"
_ONE = "/v1/matrix/jobs/{id}"

OPERATIONS = (
    Operation(
        "directions.add_matrix",
        "POST",
        _ALL,
        "Ask for a matrix of up to 10,000 x 10,000 places, made in the background.",
        add_job,
        schema.Nothing,
        schema.OutMatrixJob,
        READ,
        Body=schema.MatrixJobBody,
        cost=100,
        status=202,
        errors=(404, 507),
        max_body_bytes=5_000_000,
    ),
    Operation(
        "directions.matrices",
        "GET",
        _ALL,
        "The caller's matrices, newest first.",
        list_jobs,
        schema.Nothing,
        schema.OutMatrixJobs,
        READ,
    ),
    Operation(
        "directions.matrix_job",
        "GET",
        _ONE,
        "How far a matrix is.",
        get_job,
        schema.InMatrixJob,
        schema.OutMatrixJob,
        READ,
        errors=(404,),
    ),
    Operation(
        "directions.matrix_result",
        "GET",
        _ONE + "/result",
        "The finished matrix as a numpy file or as lines of JSON.",
        get_result,
        schema.InMatrixResult,
        Bytes("application/octet-stream"),
        READ,
        errors=(404, 409, 422),
        other_media=("application/x-ndjson",),
    ),
    Operation(
        "directions.remove_matrix",
        "DELETE",
        _ONE,
        "Cancel a matrix, or forget a finished one.",
        remove_job,
        schema.InMatrixJob,
        schema.OutDeleted,
        READ,
        errors=(404, 507),
    ),
)
