"""The token verifier with expectations and keys of its own."""

from __future__ import annotations

import json

import jwt
import pytest

from app import identity
from app.http.errors import TokenExpired, TokenInvalid
from app.identity import TokenVerifier

KEY = "k" * 48
NOW = 1_000_000.0


def token(**claims: object) -> str:
    return jwt.encode({"sub": "ada", "exp": NOW + 60, **claims}, KEY, "HS256")


def verifier(**expectations: str) -> TokenVerifier:
    return TokenVerifier(lambda header: KEY, ("HS256",), **expectations)


@pytest.mark.parametrize("issuer", [None, "https://other", "https://auth/", ["https://auth"], 5])
def test_another_issuer_is_refused_where_one_is_set(issuer):
    claims = {"sub": "ada", "exp": NOW + 60, **({} if issuer is None else {"iss": issuer})}
    text = jwt.PyJWS().encode(json.dumps(claims).encode(), KEY, "HS256")
    own = verifier(issuer="https://auth")
    with pytest.raises(TokenInvalid):
        own.identify(text, NOW)


def test_the_issuer_that_is_set_is_accepted():
    found = verifier(issuer="https://auth").identify(token(iss="https://auth"), NOW)
    assert found.user_id == "ada"


@pytest.mark.parametrize("audience", [None, "web", ["web"], [], {"tasks": 1}, ["tasks2"]])
def test_another_audience_is_refused_where_one_is_set(audience):
    claims = {} if audience is None else {"aud": audience}
    with pytest.raises(TokenInvalid):
        verifier(audience="tasks").identify(token(**claims), NOW)


@pytest.mark.parametrize("audience", ["tasks", ["web", "tasks"]])
def test_the_audience_that_is_set_is_accepted(audience):
    assert verifier(audience="tasks").identify(token(aud=audience), NOW).user_id == "ada"


def test_the_times_of_a_remembered_token_are_checked_again():
    own = verifier()
    text = token(nbf=NOW)
    own.identify(text, NOW)
    with pytest.raises(TokenInvalid):
        own.identify(text, NOW - 31)
    own.identify(text, NOW + 89)
    with pytest.raises(TokenExpired):
        own.identify(text, NOW + 91)


def test_a_remembered_token_is_not_verified_twice():
    asked = []
    own = TokenVerifier(lambda header: asked.append(1) or KEY, ("HS256",))
    text = token()
    for _ in range(3):
        own.identify(text, NOW)
    assert asked == [1]


def test_the_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(identity, "CACHED_TOKENS", 3)
    own = verifier()
    for number in range(10):
        own.identify(token(sub=f"user {number}"), NOW)
    assert len(own._verified) == 3


def test_what_is_refused_is_not_remembered():
    own = verifier()
    with pytest.raises(TokenExpired):
        own.identify(token(exp=1), NOW)
    with pytest.raises(TokenInvalid):
        own.identify(token(nbf=NOW + 100), NOW)
    assert own._verified == {}
