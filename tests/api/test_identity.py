"""Who may enter: tokens good, bad and hostile (contract, section 3)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest

from tests.api.answers import data_of, error_of
from tests.conftest import SECRET, token_for

USER = "user-of-tokens"


def segment(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(claims: object, header: dict | None = None, secret: str = SECRET) -> str:
    """A token by hand, so that a library does not keep the test from being hostile."""
    text = f"{segment({'alg': 'HS256', 'typ': 'JWT', **(header or {})})}.{segment(claims)}"
    return f"{text}.{segment(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())}"


def good_claims(**claims: object) -> dict:
    return {"sub": USER, "exp": int(time.time()) + 600, **claims}


@pytest.fixture
def ask(client):
    """Asks for the user's tasks with an Authorization header."""

    def get(authorization: str | None = None, path: str = "/tasks", **headers: str):
        if authorization is not None:
            headers["Authorization"] = authorization
        return client.get(path, headers=headers)

    return get


@pytest.mark.parametrize(
    "authorization",
    ["Bearer {}", "bearer {}", "BEARER {}", "bEaReR {}", "Bearer  {}", " Bearer {} "],
)
def test_the_scheme_is_free_in_letter_case(ask, authorization):
    data_of(ask(authorization.format(token_for(USER))))


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Basic dTpw", "Token {}", "{}", "Bearer:{}", "Bearer\t{}", "Digest a=b, c=d"],
)
def test_without_a_bearer_header_the_token_is_missing(ask, authorization):
    answer = ask(authorization and authorization.format(token_for(USER)))
    error_of(answer, 401, "TOKEN_MISSING")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer {} {}",
        "Bearer {},Bearer {}",
        "Bearer {}, Bearer {}",
        "Basic dTpw, Bearer {}",
        "Bearer {}x.y",
        "Bearer ..",
        "Bearer é.é.é",
        'Bearer "{}"',
    ],
)
def test_anything_else_is_an_invalid_token(ask, authorization):
    answer = ask(authorization.format(token_for(USER), token_for(USER)))
    error_of(answer, 401, "TOKEN_INVALID")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_two_headers_are_refused(client):
    token = token_for(USER)
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    error_of(client.get("/tasks", headers=headers), 401, "TOKEN_INVALID")


def test_a_token_elsewhere_does_not_count(client):
    token = token_for(USER)
    client.set_cookie("Authorization", f"Bearer {token}")
    client.set_cookie("token", token)
    path = f"/tasks?token={token}&access_token={token}&Authorization=Bearer%20{token}"
    error_of(client.get(path), 401, "TOKEN_MISSING")
    error_of(
        client.get("/tasks", headers={"X-Authorization": f"Bearer {token}"}), 401, "TOKEN_MISSING"
    )


# Signatures


def unsigned(header: dict) -> str:
    return f"{segment(header)}.{segment(good_claims())}."


@pytest.mark.parametrize(
    "make",
    [
        lambda: unsigned({"alg": "none"}),
        lambda: unsigned({"alg": "None", "typ": "JWT"}),
        lambda: unsigned({"alg": "HS256"}),
        lambda: unsigned({}),
        lambda: unsigned({"alg": None}),
        lambda: unsigned({"alg": ["HS256"]}),
        lambda: unsigned({"alg": {"HS256": 1}}),
        lambda: signed(good_claims(), {"alg": "none"}),
        lambda: signed(good_claims(), {"alg": "HS384"}),
        lambda: signed(good_claims(), {"alg": "hs256"}),
        lambda: signed(good_claims(), {"alg": "RS256"}),
        lambda: signed(good_claims(), {"alg": "ES256"}),
        lambda: signed(good_claims(), {"alg": "EdDSA"}),
        lambda: signed(good_claims(), secret="x" * 48),
        lambda: signed(good_claims(), secret=""),
        lambda: jwt.encode(good_claims(), SECRET * 2, "HS512"),
        lambda: signed(good_claims(), {"crit": ["exp"]}),
        lambda: signed(good_claims(), {"crit": ["b64"], "b64": False}),
        lambda: signed(good_claims(), {"crit": []}),
        lambda: signed(good_claims(), {"crit": None}),
        lambda: signed(good_claims(), {"b64": False}),
        lambda: signed(good_claims(), {"kid": 5}),
        lambda: signed(good_claims(), {"kid": ["x"]}),
        lambda: token_for(USER)[:-2] + ("AA" if not token_for(USER).endswith("AA") else "BB"),
        lambda: ".".join(token_for(USER).split(".")[:2]),
        lambda: ".".join([*token_for(USER).split("."), "x", "y"]),
        lambda: f"{segment(b'not json')}.{segment(good_claims())}.x",
        lambda: f"{segment([])}.{segment(good_claims())}.x",
        lambda: f"{segment(b'[' * 9000)}.{segment(good_claims())}.x",
        lambda: signed(good_claims(pad="x" * 20_000)),
    ],
)
def test_a_token_that_we_cannot_trust_is_invalid(ask, make):
    error_of(ask(f"Bearer {make()}"), 401, "TOKEN_INVALID")


def test_keys_named_by_the_token_itself_are_never_followed(ask):
    secret = "a secret of the attacker, long enough to be one"
    jwk = {"kty": "oct", "k": segment(secret.encode())}
    header = {
        "jwk": jwk,
        "jku": "http://127.0.0.1:9/keys",
        "x5u": "http://127.0.0.1:9/c",
        "kid": "1",
    }
    error_of(ask(f"Bearer {signed(good_claims(), header, secret)}"), 401, "TOKEN_INVALID")
    data_of(ask(f"Bearer {signed(good_claims(), header)}"))


def test_a_token_changed_in_its_claims_is_invalid(ask):
    head, _, signature = token_for(USER).split(".")
    error_of(
        ask(f"Bearer {head}.{segment(good_claims(sub='root'))}.{signature}"), 401, "TOKEN_INVALID"
    )


@pytest.mark.parametrize(
    "claims", [[], "text", None, 5, b"\xff\xfe", b"{", b"[" * 9000, b'{"exp": NaN}']
)
def test_claims_that_are_no_object_are_invalid(ask, claims):
    error_of(ask(f"Bearer {signed(claims)}"), 401, "TOKEN_INVALID")


# Times


@pytest.mark.parametrize(
    "exp",
    ["text", "9999999999", None, True, [], {}, float("inf"), float("nan"), -float("inf")],
)
def test_an_expiry_that_is_no_finite_number_is_invalid(ask, exp):
    error_of(ask(f"Bearer {signed(good_claims(exp=exp))}"), 401, "TOKEN_INVALID")


@pytest.mark.parametrize("raw", [b"1e999", b"-1e999", b"9" * 5000])
def test_an_expiry_beyond_all_numbers_is_invalid(ask, raw):
    claims = b'{"sub": "someone", "exp": ' + raw + b"}"
    error_of(ask(f"Bearer {signed(claims)}"), 401, "TOKEN_INVALID")


def test_an_expiry_is_required(ask):
    claims = good_claims()
    del claims["exp"]
    error_of(ask(f"Bearer {signed(claims)}"), 401, "TOKEN_INVALID")


@pytest.mark.parametrize("exp", [1e308, 10**300, 2**63, 99999999999])
def test_an_expiry_far_away_is_fine(ask, exp):
    data_of(ask(f"Bearer {signed(good_claims(exp=exp))}"))


@pytest.mark.parametrize("exp", [0, -5, -1e308, 1.5])
def test_an_expiry_long_ago_is_expired(ask, exp):
    answer = ask(f"Bearer {signed(good_claims(exp=exp))}")
    error_of(answer, 401, "TOKEN_EXPIRED")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_times_have_half_a_minute_of_leeway(ask):
    now = time.time()
    data_of(ask(f"Bearer {signed(good_claims(exp=now - 25))}"))
    error_of(ask(f"Bearer {signed(good_claims(exp=now - 31))}"), 401, "TOKEN_EXPIRED")
    data_of(ask(f"Bearer {signed(good_claims(nbf=now + 25))}"))
    error_of(ask(f"Bearer {signed(good_claims(nbf=now + 40))}"), 401, "TOKEN_INVALID")


@pytest.mark.parametrize("nbf", ["text", None, True, [], float("inf")])
def test_a_start_that_is_no_finite_number_is_invalid(ask, nbf):
    error_of(ask(f"Bearer {signed(good_claims(nbf=nbf))}"), 401, "TOKEN_INVALID")


@pytest.mark.parametrize("name", ["iat", "jti"])
@pytest.mark.parametrize("value", ["text", -1, 9e18, None, [], {}, True, float("inf")])
def test_iat_and_jti_are_ignored(ask, name, value):
    if value == float("inf"):
        pytest.skip("JSON has no such number")
    data_of(ask(f"Bearer {signed(good_claims(**{name: value}))}"))


def test_issuer_and_audience_are_not_checked_where_none_is_set(ask):
    data_of(ask(f"Bearer {signed(good_claims(iss='anybody', aud=['anything']))}"))


# The subject


@pytest.mark.parametrize(
    "subject",
    [
        "x",
        "x" * 255,
        "😀" * 255,
        "7kQ2mVb9",
        "auth0|5f7c",
        "a b",
        " padded ",
        "a\u0308",
        "\u00e4",
        "me",
        "\ufffd",
    ],
)
def test_a_subject_is_text_as_it_is(ask, subject):
    token = signed(good_claims(sub=subject))
    data_of(ask(f"Bearer {token}"))
    data_of(ask(f"Bearer {token}", path="/api/me/tasks"))


@pytest.mark.parametrize(
    "subject",
    ["", " ", "\t\u3000", "x" * 256, "nul\x00", "\ud800", None, 5, True, ["x"], {"x": 1}, 1.5],
)
def test_a_subject_that_is_present_but_unusable_is_invalid(ask, subject):
    claims = good_claims(sub=subject, user_id="fallback")
    error_of(ask(f"Bearer {signed(claims)}"), 401, "TOKEN_INVALID")


def test_without_sub_the_user_id_claim_counts(ask):
    claims = good_claims(user_id="from-user-id")
    del claims["sub"]
    data_of(ask(f"Bearer {signed(claims)}", path="/api/from-user-id/tasks"))


@pytest.mark.parametrize("user_id", ["", 5, None, "\x00"])
def test_an_unusable_user_id_claim_is_invalid(ask, user_id):
    claims = good_claims(user_id=user_id)
    del claims["sub"]
    error_of(ask(f"Bearer {signed(claims)}"), 401, "TOKEN_INVALID")


def test_without_any_subject_the_token_is_invalid(ask):
    error_of(ask(f"Bearer {signed({'exp': time.time() + 60})}"), 401, "TOKEN_INVALID")


# The path's user


@pytest.mark.parametrize("base", ["/api", "/users"])
@pytest.mark.parametrize(
    ("subject", "path"),
    [
        ("ada", "ada"),
        ("ada", "me"),
        ("\u00e4", "%C3%A4"),
        ("a b", "a%20b"),
        ("auth0|5", "auth0%7C5"),
        ("me", "me"),
        ("\ufffd", "%EF%BF%BD"),
        ("a+b", "a+b"),
    ],
)
def test_a_path_may_name_the_tokens_user(ask, base, subject, path):
    data_of(ask(f"Bearer {token_for(subject)}", path=f"{base}/{path}/tasks"))


@pytest.mark.parametrize("base", ["/api", "/users"])
@pytest.mark.parametrize(
    ("subject", "path"),
    [
        ("ada", "bob"),
        ("ada", "Ada"),
        ("ada", "ME"),
        ("ada", "ada%20"),
        ("ada", "%00"),
        ("ada", "ada%00"),
        ("\u00e4", "a%CC%88"),
        ("a\u0308", "%C3%A4"),
        ("a b", "a+b"),
    ],
)
def test_any_other_path_is_forbidden(ask, base, subject, path):
    error_of(ask(f"Bearer {token_for(subject)}", path=f"{base}/{path}/tasks"), 403, "FORBIDDEN")


@pytest.mark.parametrize(
    ("subject", "raw"), [("\ufffd", "\xff"), ("\ufffd", "\xc3"), ("a\ufffdb", "a\x80b")]
)
def test_a_path_that_is_no_utf8_names_nobody(client, subject, raw):
    headers = {"Authorization": f"Bearer {token_for(subject)}"}
    path = {"PATH_INFO": f"/api/{raw}/tasks"}
    answer = client.get("/", headers=headers, environ_overrides=path)
    error_of(answer, 403, "FORBIDDEN")


def test_a_verified_token_expires_all_the_same(ask, monkeypatch):
    token = token_for(USER, expires_in=100)
    data_of(ask(f"Bearer {token}"))
    now = time.time()
    monkeypatch.setattr("app.identity.time.time", lambda: now + 131)
    error_of(ask(f"Bearer {token}"), 401, "TOKEN_EXPIRED")
