"""One request at a time, for what is checked or counted and not timed."""

from __future__ import annotations

import http.client
from typing import Any

import orjson

from bench.servers import HOST
from bench.workloads import Request


def ask(port: int, request: Request, token: str) -> tuple[int, Any]:
    """The answer's status and its envelope's `data`."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    headers = {"Authorization": f"Bearer {token}"}
    if request.body:
        headers["Content-Type"] = "application/json"
    try:
        connection.request(request.method, request.target, request.body or None, headers)
        response = connection.getresponse()
        body = response.read()
        is_json = response.headers.get_content_type() == "application/json"
        return response.status, orjson.loads(body)["data"] if is_json else None
    finally:
        connection.close()
