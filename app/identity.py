"""From the token to the user: RFC 6750's bearer header, RFC 7519's claims, who may enter a path.

A token is verified on every request. A bounded cache remembers, by digest, which tokens had a good
signature and claims; their times are checked again on each use, and nothing about users is kept.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import jwt
from flask import g, request

from app.http.errors import Forbidden, TokenExpired, TokenInvalid, TokenMissing
from config import Settings

LEEWAY_SECONDS = 30
MAX_SUBJECT_LENGTH = 255
MAX_PROFILE_LENGTH = 320
MAX_TOKEN_LENGTH = 16_384
CACHED_TOKENS = 10_000
ME = "me"
SECOND_BEARER = re.compile(r",\s*bearer\b", re.IGNORECASE)
"""How a server joins a second Authorization header to one of another scheme."""

FindKey = Callable[[Mapping[str, Any]], Any]
"""From a token's header to the key that may verify it; raises TokenInvalid where there is none."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token speaks for, and the times within which it does (seconds since the epoch, UTC)."""

    user_id: str
    email: str | None
    name: str | None
    expires: float
    not_before: float | None


class TokenVerifier:
    """Turns a token into an Identity, with the keys and the expectations that it was made with."""

    def __init__(
        self,
        find_key: FindKey,
        algorithms: tuple[str, ...],
        *,
        issuer: str | None = None,
        audience: str | None = None,
    ) -> None:
        self._find_key = find_key
        self._algorithms = list(algorithms)
        self._issuer = issuer
        self._audience = audience
        self._signatures = jwt.PyJWS(algorithms=self._algorithms)
        self._verified: dict[bytes, Identity] = {}

    def identify(self, token: str, now: float) -> Identity:
        """Who `token` speaks for at `now`. Raises TokenInvalid or TokenExpired."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        identity = self._verified.get(digest)
        if identity is None:
            identity = self._identity_of(self._claims_of(token))
        if now - LEEWAY_SECONDS >= identity.expires:
            self._verified.pop(digest, None)
            raise TokenExpired
        if identity.not_before is not None and identity.not_before > now + LEEWAY_SECONDS:
            raise TokenInvalid("The token is not valid yet.")
        self._remember(digest, identity)
        return identity

    def _remember(self, digest: bytes, identity: Identity) -> None:
        if digest in self._verified:
            return
        while len(self._verified) >= CACHED_TOKENS:
            self._verified.pop(next(iter(self._verified), digest), None)
        self._verified[digest] = identity

    def _claims_of(self, token: str) -> dict[str, Any]:
        """The claims of a well-formed token with a good signature."""
        if len(token) > MAX_TOKEN_LENGTH:
            raise TokenInvalid
        try:
            header = jwt.get_unverified_header(token)
            if "crit" in header:
                raise TokenInvalid
            payload = self._signatures.decode(
                token, self._find_key(header), algorithms=self._algorithms
            )
            claims = json.loads(payload, parse_constant=_refuse_constant)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise TokenInvalid from None
        if not isinstance(claims, dict):
            raise TokenInvalid
        return claims

    def _identity_of(self, claims: Mapping[str, Any]) -> Identity:
        if self._issuer is not None and claims.get("iss") != self._issuer:
            raise TokenInvalid
        if self._audience is not None and not _is_meant_for(self._audience, claims.get("aud")):
            raise TokenInvalid
        expires: Any = claims.get("exp")
        not_before = claims.get("nbf")
        if not _is_number(expires) or ("nbf" in claims and not _is_number(not_before)):
            raise TokenInvalid
        return Identity(
            user_id=_subject_of(claims),
            email=_profile_text(claims.get("email")),
            name=_profile_text(claims.get("name")),
            expires=expires,
            not_before=not_before,
        )


def verifier_for(settings: Settings) -> TokenVerifier:
    """The verifier that the settings describe: today, a secret shared with the issuer."""
    return TokenVerifier(
        lambda header: settings.jwt_secret,
        settings.jwt_algorithms,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
    )


def current_identity() -> Identity:
    """The identity of the current request, which has passed `enter_as_owner` or `enter_as_user`."""
    return g.identity


def current_user_id() -> str:
    return current_identity().user_id


def enter_as_user(verifier: TokenVerifier) -> None:
    """Lets in whom a valid token speaks for."""
    g.identity = verifier.identify(_bearer_token(), time.time())
    g.user_id = g.identity.user_id


def enter_as_owner(verifier: TokenVerifier, path_user: str) -> None:
    """Lets in whom a valid token speaks for, on a path that names the same user or `me`."""
    enter_as_user(verifier)
    if path_user not in (ME, g.identity.user_id) or _is_garbled(path_user):
        raise Forbidden


def enter_freely() -> None:
    """Lets in anybody."""


def _is_garbled(path_user: str) -> bool:
    """Is it read from bytes that are no UTF-8? Werkzeug puts U+FFFD there, as a user may."""
    if "\ufffd" not in path_user:
        return False
    try:
        request.environ["PATH_INFO"].encode("latin-1").decode()
    except UnicodeDecodeError:
        return True
    return False


def _bearer_token() -> str:
    header = request.headers.get("Authorization")
    if header is None:
        raise TokenMissing
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer":
        raise TokenInvalid if SECOND_BEARER.search(header) else TokenMissing
    return token.strip()


def _subject_of(claims: Mapping[str, Any]) -> str:
    subject = claims["sub"] if "sub" in claims else claims.get("user_id")
    if (
        not isinstance(subject, str)
        or not 1 <= len(subject) <= MAX_SUBJECT_LENGTH
        or not subject.strip()
        or not _is_storable(subject)
    ):
        raise TokenInvalid
    return subject


def _profile_text(value: object) -> str | None:
    """A claim about the user as far as it fits; one that does not refuses nobody."""
    if isinstance(value, str) and len(value) <= MAX_PROFILE_LENGTH and _is_storable(value):
        return value
    return None


def _is_storable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else True


def _is_meant_for(audience: str, claim: object) -> bool:
    return audience == claim or (isinstance(claim, list) and audience in claim)


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError
