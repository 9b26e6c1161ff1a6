"""Is the process alive, and does the database answer?"""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import select

from app.database import Autocommit
from app.health.schemas import HealthOut
from app.http.contract import contract
from app.http.envelope import Reply
from app.http.schemas import AnyQuery
from app.statements import Statement
from app.waiting import start_request_clock

READY_WITHIN = 0.9
OK = '{"status":"ok"}'

blueprint = Blueprint("health", __name__)

_ask = Statement(select(1))


@blueprint.get("/health/live")
@contract(query=AnyQuery(), returns=HealthOut(), touches_database=False)
def live() -> Reply:
    """Does the process answer? Never touches the database."""
    return Reply(OK)


@blueprint.get("/health/ready")
@blueprint.get("/health", endpoint="health")
@contract(query=AnyQuery(), returns=HealthOut())
def ready() -> Reply:
    """Does the database answer within a second?"""
    start_request_clock(READY_WITHIN)
    with Autocommit() as connection:
        connection.row(_ask)
    return Reply(OK)
