"""The headers that every answer carries, whatever it says."""

from __future__ import annotations

from flask import Flask, Response, request

ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)
IN_PRODUCTION = (("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),)
PRIVATE = "private, no-cache"

CORS_ALLOWED = (
    "Authorization",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "X-Request-ID",
)
CORS_EXPOSED = (
    "ETag",
    "Location",
    "Link",
    "Retry-After",
    "X-Request-ID",
    "RateLimit",
    "RateLimit-Policy",
    "Idempotent-Replayed",
)
CORS_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PREFLIGHT_SECONDS = 600


def register(app: Flask, *, in_production: bool) -> None:
    fixed = ALWAYS + (IN_PRODUCTION if in_production else ())

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(fixed)
        if "Vary" not in response.headers:  # set already where the origin is a listed one
            response.headers["Vary"] = "Origin"
        if request.method == "OPTIONS" and response.status_code == 200:
            del response.headers["Content-Type"]  # Flask announces HTML; there is no body
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = PRIVATE
        return response
