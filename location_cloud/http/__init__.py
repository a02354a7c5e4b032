"""Shared web plumbing: parameters, problem documents, request context, ETags, OpenAPI, metrics."""
