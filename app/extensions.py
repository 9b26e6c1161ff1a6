"""The Flask extensions, unbound: `create_app` binds them."""

from functools import cache

from flask_cors import CORS
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session
from sqlalchemy import Engine, MetaData
from sqlalchemy.orm import DeclarativeBase

NAMING_CONVENTION = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    """The declarative base; every constraint gets a name, so that a migration can refer to it."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class TransactionalSession(Session):
    """A session whose statements share one transaction, on an engine that otherwise autocommits."""

    def get_bind(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        bind = super().get_bind(*args, **kwargs)
        if isinstance(bind, Engine):
            return transactional(bind)
        return bind


@cache
def transactional(engine: Engine) -> Engine:
    """`engine`'s pool, but with transactions; always the same object, as a session tells binds apart."""
    return engine.execution_options(isolation_level="READ COMMITTED")


db = SQLAlchemy(model_class=Base, session_options={"class_": TransactionalSession})
migrate = Migrate()
cors = CORS()
