"""The tables, their constraints and indexes: one diagram.

The user's id leads every primary, unique and foreign key, so the database itself cannot link two
users' rows and the schema can be distributed by user as it stands. What these keys cannot say (a
task bears only tags that exist) the triggers of the first migration hold.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import db

PRIORITIES = ("High", "Medium", "Low")

Instant = DateTime(timezone=True)
WallTime = DateTime(timezone=False)
CodePoints = Text(collation="C")
"""Text that sorts and compares by code point, the same on every server."""


class User(db.Model):  # type: ignore[name-defined]
    """One subject of a token; made with its first write, kept current by later ones."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("char_length(id) BETWEEN 1 AND 255", name="id_length"),
        CheckConstraint(
            "revision >= 0 AND open_tasks >= 0 AND completed_tasks >= 0", name="counts"
        ),
    )

    id: Mapped[str] = mapped_column(CodePoints, primary_key=True)
    email: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    open_tasks: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    completed_tasks: Mapped[int] = mapped_column(Integer, server_default=text("0"))


TASK_JSON = (
    "task_json(id, user_id, title, description, completed, completed_at, priority, tags, due_on, "
    "due_at, timezone, reminder_at, recurrence_rule, recurrence_mode, series_id, version, "
    "created_at, updated_at)"
)


class Tag(db.Model):  # type: ignore[name-defined]
    """A name that a user's tasks may bear; `name_key` is the name without regard to letter case."""

    __tablename__ = "tags"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        UniqueConstraint("user_id", "name_key"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 50", name="name_length"),
        CheckConstraint(r"name ~ '\S' AND strpos(name, ',') = 0", name="name_form"),
        CheckConstraint("usage_count >= 0", name="usage_count"),
    )

    user_id: Mapped[str] = mapped_column(
        CodePoints, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(CodePoints)
    usage_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_at: Mapped[datetime] = mapped_column(Instant)


class Task(db.Model):  # type: ignore[name-defined]
    """One task.

    `due_at` is the due instant, or for an all-day task (`due_on` is set) the start of that day in
    `timezone`, which is what it sorts by. `tags` holds names as the tags spell them, ordered by
    their keys. `series_*` is what RFC 5545 calls DTSTART and RECURRENCE-ID, as wall times. `json`
    is the task as it is answered: PostgreSQL writes it with the row, and no answer builds it again.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "predecessor_id"],
            ["tasks.user_id", "tasks.id"],
            name="fk_tasks_predecessor",
            ondelete="SET NULL (predecessor_id)",
        ),
        Index(
            "uq_tasks_user_id_predecessor_id",
            "user_id",
            "predecessor_id",
            unique=True,
            postgresql_where=text("predecessor_id IS NOT NULL"),
        ),
        CheckConstraint(r"title ~ '\S'", name="title_not_blank"),
        CheckConstraint("char_length(title) BETWEEN 1 AND 255", name="title_length"),
        CheckConstraint("char_length(description) <= 2000", name="description_length"),
        CheckConstraint("completed = (completed_at IS NOT NULL)", name="completed_at_agrees"),
        CheckConstraint("priority BETWEEN 1 AND 3", name="priority_known"),
        CheckConstraint("cardinality(tags) <= 20", name="tags_at_most_20"),
        CheckConstraint("due_on IS NULL OR due_at IS NOT NULL", name="due_on_has_start"),
        CheckConstraint(
            "reminder_at - due_at <= CASE WHEN due_on IS NULL THEN interval '0' "
            "ELSE interval '48 hours' END",
            name="reminder_not_after_due",
        ),
        CheckConstraint("recurrence_rule IS NULL OR due_at IS NOT NULL", name="rule_needs_due"),
        CheckConstraint(
            "num_nonnulls(recurrence_rule, series_id, series_anchor, series_slot, occurrence) "
            "IN (0, 5)",
            name="series_whole",
        ),
        CheckConstraint(
            "recurrence_mode IN ('next', 'future', 'completion')", name="recurrence_mode_known"
        ),
        CheckConstraint("version >= 1 AND occurrence >= 1", name="counted_from_one"),
        CheckConstraint("predecessor_id <> id", name="not_its_own_predecessor"),
        # Each order of a list has its index; the open tasks, looked at most and perhaps few among
        # many done ones, have their own for the two orders that apps show them in.
        Index("ix_tasks_user_id_created_at", "user_id", "created_at", "id"),
        Index("ix_tasks_user_id_updated_at", "user_id", "updated_at", "id"),
        Index("ix_tasks_user_id_completed_at", "user_id", "completed_at", "id"),
        # What a due range looks at is all in these two: it is counted without a task being read.
        Index(
            "ix_tasks_user_id_due_at",
            "user_id",
            "due_at",
            "id",
            postgresql_include=["due_on", "created_at", "completed"],
        ),
        Index("ix_tasks_user_id_priority", "user_id", "priority", "id"),
        Index("ix_tasks_user_id_title_key", "user_id", "title_key", "id"),
        Index(
            "ix_tasks_open_created_at",
            "user_id",
            "created_at",
            "id",
            postgresql_where=text("NOT completed"),
        ),
        Index(
            "ix_tasks_open_due_at",
            "user_id",
            "due_at",
            "id",
            postgresql_include=["due_on", "created_at"],
            postgresql_where=text("NOT completed"),
        ),
        Index(
            "ix_tasks_recurring",
            "user_id",
            "id",
            postgresql_where=text("recurrence_rule IS NOT NULL"),
        ),
        # The sender of reminders looks at all users' tasks by time (app/reminders).
        Index(
            "ix_tasks_reminder_at",
            "reminder_at",
            "user_id",
            "id",
            postgresql_where=text("reminder_at IS NOT NULL AND NOT completed"),
        ),
        # Both take the user's id as a member, so that what others have written costs nothing.
        Index("ix_tasks_user_id_tags", "user_id", "tags", postgresql_using="gin"),
        Index(
            "ix_tasks_user_id_search_text",
            "user_id",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    user_id: Mapped[str] = mapped_column(
        CodePoints, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    title_key: Mapped[str] = mapped_column(CodePoints)
    description: Mapped[str | None] = mapped_column(Text)
    search_text: Mapped[str] = mapped_column(CodePoints)
    completed: Mapped[bool] = mapped_column(server_default=false())
    completed_at: Mapped[datetime | None] = mapped_column(Instant)
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("2"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    due_on: Mapped[date | None] = mapped_column(Date)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    timezone: Mapped[str] = mapped_column(Text, server_default=text("'UTC'"))
    reminder_at: Mapped[datetime | None] = mapped_column(Instant)
    recurrence_rule: Mapped[str | None] = mapped_column(Text)
    recurrence_mode: Mapped[str] = mapped_column(Text, server_default=text("'next'"))
    series_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    series_anchor: Mapped[datetime | None] = mapped_column(WallTime)
    series_slot: Mapped[datetime | None] = mapped_column(WallTime)
    occurrence: Mapped[int | None] = mapped_column(Integer)
    predecessor_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    revision: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    json: Mapped[str] = mapped_column(Text, Computed(TASK_JSON, persisted=True))


class ReminderDelivery(db.Model):  # type: ignore[name-defined]
    """What became of one reminder of one task, from the time that it came due.

    It has no foreign key to `users` beside the one through its task: that one would make each new
    row wait for whoever holds the user's lock. `attempts` counts claims, so it also tells an old
    claim from a new one.
    """

    __tablename__ = "reminder_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "task_id"], ["tasks.user_id", "tasks.id"], ondelete="CASCADE"
        ),
        CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="state_known"),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint(
            "CASE state WHEN 'waiting' THEN next_attempt_at IS NOT NULL AND finished_at IS NULL "
            "ELSE num_nonnulls(next_attempt_at, claimed_until) = 0 AND finished_at IS NOT NULL END",
            name="state_agrees",
        ),
        # In the order of ix_tasks_reminder_at: what is due is where the two differ.
        Index("ix_reminder_deliveries_reminder_at", "reminder_at", "user_id", "task_id"),
        Index(
            "ix_reminder_deliveries_next_attempt_at",
            "next_attempt_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_reminder_deliveries_dead", "finished_at", postgresql_where=text("state = 'dead'")
        ),
        Index(
            "ix_reminder_deliveries_finished_at",
            "finished_at",
            postgresql_where=text("finished_at IS NOT NULL"),
        ),
    )

    user_id: Mapped[str] = mapped_column(CodePoints, primary_key=True)
    task_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    reminder_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    state: Mapped[str] = mapped_column(Text, server_default=text("'waiting'"))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_attempt_at: Mapped[datetime | None] = mapped_column(Instant)
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    last_status: Mapped[int | None] = mapped_column(SmallInteger)
    last_error: Mapped[str | None] = mapped_column(Text)
