"""Is the process alive, and does the database answer?"""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.database import at_most, reading
from app.health.schemas import HealthOut
from app.http.contract import contract
from app.http.envelope import Reply
from app.http.errors import Unavailable

READY_WITHIN = 0.9
OK = '{"status":"ok"}'

blueprint = Blueprint("health", __name__)


@blueprint.get("/health/live")
@contract(returns=HealthOut())
def live() -> Reply:
    """Does the process answer? Never touches the database."""
    return Reply(OK)


@blueprint.get("/health/ready")
@blueprint.get("/health", endpoint="health")
@contract(returns=HealthOut())
def ready() -> Reply:
    """Does the database answer within a second?"""
    try:
        with at_most(READY_WITHIN), reading() as connection:
            connection.execute(select(1))
    except SQLAlchemyError:
        raise Unavailable("The database does not answer.") from None
    return Reply(OK)
