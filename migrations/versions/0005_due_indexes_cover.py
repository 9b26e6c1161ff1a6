"""The due indexes hold all that a due range looks at, so that counting it reads no task."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

DUE = "ix_tasks_user_id_due_at"
OPEN_DUE = "ix_tasks_open_due_at"


def upgrade() -> None:
    _replace("INCLUDE (due_on, created_at, completed)", "INCLUDE (due_on, created_at)")


def downgrade() -> None:
    _replace("", "")


def _replace(included: str, included_in_open: str) -> None:
    columns = "ON tasks (user_id, due_at, id)"
    op.execute(f"DROP INDEX {DUE}, {OPEN_DUE}")
    op.execute(f"CREATE INDEX {DUE} {columns} {included}")
    op.execute(f"CREATE INDEX {OPEN_DUE} {columns} {included_in_open} WHERE NOT completed")
