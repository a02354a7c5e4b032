from __future__ import annotations

import http.client
import socket
import time
import urllib.request
from contextlib import ExitStack, closing, suppress
from urllib.parse import urlsplit

HEAD = (
    "POST /v1/layers/wells/features HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Content-Length: 1000\r\n\r\n{..."
)


def test_senders_that_never_finish_do_not_stop_the_others(served):
    address = urlsplit(served)
    with ExitStack() as stack:
        for _ in range(20):
            sender = stack.enter_context(socket.create_connection((address.hostname, address.port)))
            sender.sendall(HEAD.encode())
        time.sleep(1)
        for _ in range(10):
            with urllib.request.urlopen(f"{served}/health", timeout=5) as answer:
                assert answer.status == 200


def post_in_chunks(served, chunks):
    """The status of a POST whose length is not said beforehand; 503, "come again", while others' places are let go."""
    for _ in range(20):
        status = post_once(served, chunks)
        if status != 503:
            break
        time.sleep(0.5)
    return status


def post_once(served, chunks):
    address = urlsplit(served)
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=30)) as client:
        headers = {"Content-Type": "application/json"}
        with suppress(BrokenPipeError):  # answered before all was sent
            client.request("POST", "/v1/layers/wells/features", body=iter(chunks), headers=headers, encode_chunked=True)
        return client.getresponse().status


def test_an_oversized_chunked_body_is_refused_by_its_size(served):
    assert post_in_chunks(served, [b" " * 1_000_000] * 11) == 413


def test_a_small_chunked_body_is_read(served):
    feature = b'{"type":"Feature","geometry":{"type":"Point","coordinates":[125.1,46.6]},"properties":{}}'
    assert post_in_chunks(served, [feature[:40], feature[40:]]) == 201
