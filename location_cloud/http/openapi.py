"""The OpenAPI 3.1 document, made from the operations and self-contained: no reference leaves it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from location_cloud import __version__
from location_cloud.capability import Bytes, Cache, Operation
from location_cloud.errors import all_errors
from location_cloud.http.problems import MEDIA_TYPE, Problem

_REF = "#/components/schemas/"


def build_openapi(operations: tuple[Operation, ...]) -> dict[str, Any]:
    """The whole interface as one OpenAPI 3.1 document."""
    models = _models(operations)
    names, definitions = models_json_schema(
        [(model, mode) for model, mode in models], ref_template=_REF + "{model}", title="Location cloud"
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        entry = _operation(operation, names)
        paths.setdefault(operation.path, {})[operation.method.lower()] = entry
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Location cloud",
            "version": __version__,
            "description": "Maps, routes, places and areas of one city. Points are lon,lat in degrees.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"key": []}, {"bearer": []}, {"query": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(_tag(operation) for operation in operations)],
        "paths": paths,
        "components": {
            "schemas": _plain_tuples(definitions.get("$defs", {})),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "key"},
            },
        },
    }


def _models(operations: tuple[Operation, ...]) -> list[tuple[type[BaseModel], Any]]:
    models: dict[tuple[type[BaseModel], str], None] = {(Problem, "serialization"): None}
    for operation in operations:
        models[(operation.In, "validation")] = None
        if operation.Body is not None:
            models[(operation.Body, "validation")] = None
        if not isinstance(operation.Out, Bytes):
            models[(operation.Out, "serialization")] = None
    return list(models)


def _tag(operation: Operation) -> str:
    return operation.name.split(".")[0]


def _operation(operation: Operation, names: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [_tag(operation)],
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation, names),
        "x-scope": operation.scope,
        "x-cost": operation.cost,
    }
    if not operation.scope:
        entry["security"] = [{}]
    if content := _body_content(operation, names):
        entry["requestBody"] = {"required": True, "content": content}
    return entry


def _body_content(operation: Operation, names: Any) -> dict[str, Any]:
    content: dict[str, Any] = {}
    if operation.Body is not None:
        content["application/json"] = {"schema": names[(operation.Body, "validation")]}
    for media_type in operation.raw_media:
        is_list = media_type == "application/json"  # of what the lines of its other forms are
        content[media_type] = {"schema": _LIST if is_list else {"type": "string", "format": "binary"}}
    return content


_LIST = {"type": "array", "minItems": 1, "items": {"type": "object"}}


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    schema = operation.In.model_json_schema(ref_template=_REF + "{model}")
    required = set(schema.get("required", ()))
    parameters = []
    for name, field in schema.get("properties", {}).items():
        in_path = "{" + name + "}" in operation.path
        field = {key: value for key, value in field.items() if key != "title"}
        parameter = {
            "name": name,
            "in": "path" if in_path else "query",
            "required": in_path or name in required,
            "schema": _plain_tuples(_without_null(field)),
        }
        if "description" in field:
            parameter["description"] = field["description"]
        parameters.append(parameter)
    return parameters


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """An absent query parameter is left out, never sent as null."""
    if "anyOf" not in schema:
        return schema
    kinds = [kind for kind in schema["anyOf"] if kind.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}


def _plain_tuples(schema: Any) -> Any:
    """The schema with lon,lat pairs as arrays of two numbers: few client generators read prefixItems."""
    if isinstance(schema, list):
        return [_plain_tuples(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain_tuples(value) for key, value in schema.items()}
    kinds = plain.get("prefixItems")
    if isinstance(kinds, list) and len(kinds) == plain.get("maxItems") and all(kind == kinds[0] for kind in kinds):
        plain["items"] = plain.pop("prefixItems")[0]
    return plain


def _responses(operation: Operation, names: Any) -> dict[str, Any]:
    if isinstance(operation.Out, Bytes):
        content: dict[str, Any] = {operation.Out.media_type: {}}
    else:
        schema = names[(operation.Out, "serialization")]
        content = {"application/json": {"schema": schema}, "application/geo+json": {"schema": schema}}
    content |= {media_type: {} for media_type in operation.other_media}
    responses: dict[str, Any] = {str(operation.status): {"description": operation.summary, "content": content}}
    if operation.method == "GET" and operation.cache != Cache.NEVER:
        responses["304"] = {"description": "Unchanged since the given ETag"}
    titles = {error.status: error.title for error in all_errors()}
    for status in sorted(_error_statuses(operation)):
        if status < 400:
            responses[str(status)] = {"description": "Empty"}
            continue
        if operation.as_error is not None:
            responses[str(status)] = {"description": titles[status], "content": {operation.error_media: {}}}
            continue
        problem = names[(Problem, "serialization")]
        responses[str(status)] = {"description": titles[status], "content": {MEDIA_TYPE: {"schema": problem}}}
    return responses


def _error_statuses(operation: Operation) -> set[int]:
    statuses = {400, *operation.errors}
    if operation.scope:
        statuses |= {401, 403, 413, 503}
    return statuses
