"""Every error an answer can carry: raised with data anywhere, put into words here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import psycopg2
from flask import Flask, Response
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from app.database import is_unavailable
from app.http import request_log
from app.http.envelope import error_response

Messages = dict[str, list[str]]

RETRY_AFTER_SECONDS = 2


class ApiError(Exception):
    """An answer other than success. `details` maps names to what is to say of them."""

    status = 500
    code = "INTERNAL_ERROR"
    message = "Something went wrong on our side. The correlation id finds it in the log."

    def __init__(
        self,
        message: str | None = None,
        details: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message or self.message)
        self.message = message or self.message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


class InvalidJson(ApiError):
    status, code = 400, "INVALID_JSON"
    message = "The body is not valid JSON."


class BadRequest(ApiError):
    status, code = 400, "BAD_REQUEST"
    message = "The request cannot be read."


class TokenMissing(ApiError):
    status, code = 401, "TOKEN_MISSING"
    message = "Send your token in one header: 'Authorization: Bearer <token>'."

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"})


class TokenInvalid(ApiError):
    status, code = 401, "TOKEN_INVALID"
    message = "The token is not valid. Sign in again."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class TokenExpired(TokenInvalid):
    code = "TOKEN_EXPIRED"
    message = "The token has expired. Sign in again."


class Forbidden(ApiError):
    status, code = 403, "FORBIDDEN"
    message = "The path names another user than the token. Use your own id, or 'me'."


class Missing(ApiError):
    """No such thing of this user; another user's answers exactly the same."""

    status, code = 404, "NOT_FOUND"
    message = "There is no such path. The documentation is at /docs."

    @classmethod
    def of(cls, kind: str) -> Missing:
        return cls(f"You have no {kind} with this id.")


class WrongMethod(ApiError):
    status, code = 405, "METHOD_NOT_ALLOWED"

    def __init__(self, allowed: Sequence[str]) -> None:
        names = ", ".join(sorted(allowed))
        super().__init__(f"This path allows only {names}.", headers={"Allow": names})


class Conflict(ApiError):
    status, code = 409, "CONFLICT"
    message = "This cannot be done beside what exists."


class PreconditionFailed(ApiError):
    status, code = 412, "PRECONDITION_FAILED"
    message = "It has changed since you read it. Read it again, then repeat with the new ETag."

    def __init__(self, current_etag: str) -> None:
        super().__init__(headers={"ETag": current_etag})


class PayloadTooLarge(ApiError):
    status, code = 413, "PAYLOAD_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body may be at most {limit} bytes long.")


class UnsupportedMediaType(ApiError):
    status, code = 415, "UNSUPPORTED_MEDIA_TYPE"
    message = "Send the body as 'Content-Type: application/json', in UTF-8 and uncompressed."


class ValidationFailed(ApiError):
    """Readable but invalid; `messages` maps each field or parameter to all that is wrong."""

    status, code = 422, "VALIDATION_ERROR"
    message = "Some values are not valid; see details."

    def __init__(self, messages: Messages) -> None:
        super().__init__(details=messages)


class Unavailable(ApiError):
    status, code = 503, "SERVICE_UNAVAILABLE"
    message = "The database cannot answer right now. Try again in a moment."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def register(app: Flask) -> None:
    """Answers every exception in the envelope. App-wide: a blueprint never sees routing errors."""
    app.register_error_handler(ApiError, answer)
    app.register_error_handler(HTTPException, lambda error: answer(_translated(error)))
    app.register_error_handler(SQLAlchemyError, _answer_database_error)
    app.register_error_handler(psycopg2.Error, _answer_database_error)  # from a BEGIN, unwrapped
    app.register_error_handler(Exception, _answer_crash)


def answer(error: ApiError) -> Response:
    return error_response(
        error.status,
        error.code,
        error.message,
        error.details,
        request_log.request_id(),
        error.headers,
    )


def _translated(error: HTTPException) -> ApiError:
    if isinstance(error, NotFound):
        return Missing()
    if isinstance(error, MethodNotAllowed):
        return WrongMethod(list(error.valid_methods or ()))
    if error.code is not None and 400 <= error.code < 500:
        return BadRequest(f"The request cannot be read ({HTTPStatus(error.code).phrase}).")
    return ApiError()


def _answer_database_error(error: Exception) -> Response:
    if is_unavailable(error):
        request_log.warn("database_unavailable", error)
        return answer(Unavailable())
    return _answer_crash(error)


def _answer_crash(error: Exception) -> Response:
    request_log.crash(error)
    return answer(ApiError())
