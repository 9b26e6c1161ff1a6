"""The state of each reminder's delivery, and the index that finds the due ones."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BY_TIME = "ix_tasks_reminder_at"
DELIVERIES = "reminder_deliveries"
INDEXES = {
    "ix_reminder_deliveries_reminder_at": "(reminder_at, user_id, task_id)",
    "ix_reminder_deliveries_next_attempt_at": "(next_attempt_at) WHERE state = 'waiting'",
    "ix_reminder_deliveries_dead": "(finished_at) WHERE state = 'dead'",
    "ix_reminder_deliveries_finished_at": "(finished_at) WHERE finished_at IS NOT NULL",
}


def upgrade() -> None:
    op.create_table(
        DELIVERIES,
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("reminder_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.SmallInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'dead')",
            name=op.f("ck_reminder_deliveries_state_known"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_reminder_deliveries_attempts")),
        sa.CheckConstraint(
            "CASE state WHEN 'waiting' THEN next_attempt_at IS NOT NULL AND finished_at IS NULL "
            "ELSE num_nonnulls(next_attempt_at, claimed_until) = 0 AND finished_at IS NOT NULL END",
            name=op.f("ck_reminder_deliveries_state_agrees"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "task_id"],
            ["tasks.user_id", "tasks.id"],
            name=op.f("fk_reminder_deliveries_tasks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "task_id", "reminder_at", name=op.f("pk_reminder_deliveries")
        ),
    )
    for name, definition in INDEXES.items():
        op.execute(f"CREATE INDEX {name} ON {DELIVERIES} {definition}")
    op.execute(
        f"CREATE INDEX {BY_TIME} ON tasks (reminder_at, user_id, id) "
        "WHERE reminder_at IS NOT NULL AND NOT completed"
    )


def downgrade() -> None:
    op.execute(f"DROP INDEX {BY_TIME}")
    op.drop_table(DELIVERIES)
