"""Indexes for every order and filter of a list, each evidenced in docs/performance.md."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BY_ORDER = {
    "ix_tasks_user_id_updated_at": "(user_id, updated_at, id)",
    "ix_tasks_user_id_completed_at": "(user_id, completed_at, id)",
    "ix_tasks_user_id_priority": "(user_id, priority, id)",
    "ix_tasks_user_id_title_key": "(user_id, title_key, id)",
    "ix_tasks_open_created_at": "(user_id, created_at, id) WHERE NOT completed",
    "ix_tasks_open_due_at": "(user_id, due_at, id) WHERE NOT completed",
    "ix_tasks_recurring": "(user_id, id) WHERE recurrence_rule IS NOT NULL",
}
BY_TEXT = "ix_tasks_user_id_search_text"


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name, definition in BY_ORDER.items():
        op.execute(f"CREATE INDEX {name} ON tasks {definition}")
    op.execute(f"CREATE INDEX {BY_TEXT} ON tasks USING gin (user_id, search_text gin_trgm_ops)")


def downgrade() -> None:
    for name in [BY_TEXT, *reversed(BY_ORDER)]:
        op.execute(f"DROP INDEX {name}")
