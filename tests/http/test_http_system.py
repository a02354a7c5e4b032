from __future__ import annotations

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from location_cloud.errors import all_errors


def test_health_is_ready_on_an_import(client):
    answer = client.get("/health")
    assert answer.status_code == 200
    assert answer.json["ready"] is True
    assert answer.json["snapshot"]


def test_health_before_the_first_import_is_503_and_says_what_to_do(empty_app):
    answer = empty_app.test_client().get("/health")
    assert answer.status_code == 503
    assert answer.json["live"] is True
    assert answer.json["ready"] is False
    assert "location-cloud import" in answer.json["hint"]


def test_health_names_a_missing_background_process(client):
    assert client.get("/health").json["worker"] is False
    assert "location-cloud work" in client.get("/health").json["hint"]


def test_metrics_count_requests_by_operation_and_status(client):
    client.get("/v1/datasets")
    client.get("/v1/datasets?x=1")
    text = client.get("/metrics").get_data(as_text=True)
    assert re.search(r'location_cloud_requests_total\{operation="catalog.datasets",status="200"\} [1-9]', text)
    assert re.search(r'location_cloud_requests_total\{operation="catalog.datasets",status="400"\} [1-9]', text)
    assert "location_cloud_ready 1" in text


def test_the_openapi_document_is_valid(client):
    OpenAPIV31SpecValidator(client.get("/openapi.json").json).validate()


def test_the_openapi_document_is_self_contained(client):
    references = re.findall(r'"\$ref":"([^"]+)"', client.get("/openapi.json").get_data(as_text=True))
    assert references
    assert all(reference.startswith("#/components/schemas/") for reference in references)


def test_every_route_is_an_operation_of_the_document(app, client):
    paths = client.get("/openapi.json").json["paths"]
    routes = {re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}
    assert routes == set(paths)


def test_every_operation_but_the_open_ones_declares_a_scope(app, client):
    paths = client.get("/openapi.json").json["paths"]
    open_paths = {path for path, methods in paths.items() for entry in methods.values() if not entry["x-scope"]}
    open311 = {path for path in open_paths if path.startswith("/open311/v2/")}  # it asks for keys itself
    assert open_paths - open311 == {"/health", "/openapi.json", "/docs", "/", "/console/{path}"}


def test_the_docs_page_describes_every_operation_and_error(client):
    page = client.get("/docs").get_data(as_text=True)
    for path, methods in client.get("/openapi.json").json["paths"].items():
        for method in methods:
            assert f"{method.upper()} {path}" in page
    for error in all_errors():
        assert f'id="error-{error.code}"' in page


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_the_documents_lead_nowhere_outside(client, path):
    """But for names of things that are spelt as addresses."""
    text = client.get(path).get_data(as_text=True)
    assert not re.findall(r"https?://(?!127\.0\.0\.1|www\.w3\.org|www\.opengis\.net/def/crs/)[\w.]+", text)
