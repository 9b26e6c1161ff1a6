"""`flask token`: tokens as the issuer would sign them, for development and for services."""

from __future__ import annotations

import time
from datetime import timedelta

import click
import jwt
from flask import current_app
from flask.cli import AppGroup

from app.cli.parameters import DURATION, USER_ID
from app.http.errors import TokenInvalid
from app.identity import MAX_PROFILE_LENGTH, verifier_for
from config import Settings

token_group = AppGroup("token", help="Issue tokens.")


@token_group.command("issue")
@click.option("--user", "user_id", type=USER_ID, required=True, help="Whom the token speaks for.")
@click.option("--email", help="The user's e-mail address, kept with the first write.")
@click.option("--name", help="The user's name, kept with the first write.")
@click.option(
    "--expires-in",
    "lifetime",
    type=DURATION,
    default="7d",
    show_default=True,
    help="How long it is valid: 7d, 12h, 30m or 3600 (seconds); at most 3650d.",
)
def issue(user_id: str, email: str | None, name: str | None, lifetime: timedelta) -> None:
    """Print a signed token and nothing else.

    It is signed with JWT_SECRET and the first of JWT_ALGORITHMS, and carries JWT_ISSUER and
    JWT_AUDIENCE where they are set. Nobody can revoke it: choose a short life.
    """
    settings: Settings = current_app.config["SETTINGS"]
    now = int(time.time())
    token = signed_token(settings, user_id, email=email, name=name, lifetime=lifetime, now=now)
    _refuse_what_the_api_would(settings, token, email, name, now)
    click.echo(token)


def signed_token(
    settings: Settings,
    user_id: str,
    *,
    email: str | None,
    name: str | None,
    lifetime: timedelta,
    now: int,
) -> str:
    """A token for `user_id`, valid from `now` (seconds since the epoch) for `lifetime`."""
    claims = {
        "sub": user_id,
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
        "email": email,
        "name": name,
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
    }
    return jwt.encode(
        {claim: value for claim, value in claims.items() if value is not None},
        settings.jwt_secret,
        algorithm=settings.jwt_algorithms[0],
    )


def _refuse_what_the_api_would(
    settings: Settings, token: str, email: str | None, name: str | None, now: int
) -> None:
    """The API drops an e-mail address or a name that does not fit; here someone can be told."""
    try:
        identity = verifier_for(settings).identify(token, now)
    except TokenInvalid:
        raise click.ClickException("The API would refuse this token; nothing was issued.") from None
    for option, given, kept in (
        ("--email", email, identity.email),
        ("--name", name, identity.name),
    ):
        if given != kept:
            raise click.BadParameter(
                f"must be UTF-8 text without NUL, at most {MAX_PROFILE_LENGTH} characters.",
                param_hint=f"'{option}'",
            )
