"""Users, tags and tasks, with the user's id in front of every key.

The array of a task's tag names cannot have a foreign key of its own: two triggers hold what one
would hold, from both sides, with its error code (23503).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


TAGS_EXIST = """
CREATE FUNCTION check_task_tags_exist() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found integer;
BEGIN
    PERFORM FROM tags WHERE user_id = NEW.user_id AND name = ANY (NEW.tags) FOR KEY SHARE;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> cardinality(NEW.tags) THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'a task bears a tag that its user does not have, or one tag twice',
            TABLE = 'tasks', CONSTRAINT = 'fk_tasks_tags';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER fk_tasks_tags_insert AFTER INSERT ON tasks
    FOR EACH ROW WHEN (NEW.tags <> '{}') EXECUTE FUNCTION check_task_tags_exist();

CREATE CONSTRAINT TRIGGER fk_tasks_tags_update AFTER UPDATE OF tags ON tasks
    FOR EACH ROW WHEN (NEW.tags <> OLD.tags AND NEW.tags <> '{}')
    EXECUTE FUNCTION check_task_tags_exist();
"""

TAGS_STAY = """
CREATE FUNCTION check_tag_is_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM users WHERE id = OLD.user_id)
        AND NOT EXISTS (SELECT FROM tags WHERE user_id = OLD.user_id AND name = OLD.name)
        AND EXISTS (SELECT FROM tasks WHERE user_id = OLD.user_id AND tags @> ARRAY[OLD.name])
    THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'a task still bears this tag', TABLE = 'tags', CONSTRAINT = 'fk_tasks_tags';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER fk_tasks_tags_delete AFTER DELETE ON tags
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_tag_is_free();

CREATE CONSTRAINT TRIGGER fk_tasks_tags_rename AFTER UPDATE OF name ON tags
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.name <> OLD.name) EXECUTE FUNCTION check_tag_is_free();
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gin")
    op.create_table(
        "users",
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("open_tasks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("completed_tasks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("char_length(id) BETWEEN 1 AND 255", name=op.f("ck_users_id_length")),
        sa.CheckConstraint(
            "revision >= 0 AND open_tasks >= 0 AND completed_tasks >= 0",
            name=op.f("ck_users_counts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
    )
    op.create_table(
        "tags",
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(collation="C"), nullable=False),
        sa.Column("usage_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "name ~ '\\S' AND strpos(name, ',') = 0", name=op.f("ck_tags_name_form")
        ),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 50", name=op.f("ck_tags_name_length")),
        sa.CheckConstraint("usage_count >= 0", name=op.f("ck_tags_usage_count")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_tags_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_tags")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_tags_user_id_name")),
        sa.UniqueConstraint("user_id", "name_key", name=op.f("uq_tags_user_id_name_key")),
    )
    op.create_table(
        "tasks",
        # What has a fixed width comes first: a scan that filters reaches it, and the text to
        # search in, without walking over the rest of the row.
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("priority", sa.SmallInteger(), server_default=sa.text("2"), nullable=False),
        sa.Column("completed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("user_id", sa.Text(collation="C"), nullable=False),
        sa.Column("search_text", sa.Text(collation="C"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_key", sa.Text(collation="C"), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("timezone", sa.Text(), server_default=sa.text("'UTC'"), nullable=False),
        sa.Column("recurrence_mode", sa.Text(), server_default=sa.text("'next'"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("reminder_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recurrence_rule", sa.Text(), nullable=True),
        sa.Column("series_id", sa.Uuid(), nullable=True),
        sa.Column("series_anchor", sa.DateTime(), nullable=True),
        sa.Column("series_slot", sa.DateTime(), nullable=True),
        sa.Column("occurrence", sa.Integer(), nullable=True),
        sa.Column("predecessor_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "recurrence_mode IN ('next', 'future', 'completion')",
            name=op.f("ck_tasks_recurrence_mode_known"),
        ),
        sa.CheckConstraint(
            "reminder_at - due_at <= CASE WHEN due_on IS NULL THEN interval '0' "
            "ELSE interval '48 hours' END",
            name=op.f("ck_tasks_reminder_not_after_due"),
        ),
        sa.CheckConstraint("title ~ '\\S'", name=op.f("ck_tasks_title_not_blank")),
        sa.CheckConstraint("cardinality(tags) <= 20", name=op.f("ck_tasks_tags_at_most_20")),
        sa.CheckConstraint(
            "char_length(description) <= 2000", name=op.f("ck_tasks_description_length")
        ),
        sa.CheckConstraint(
            "char_length(title) BETWEEN 1 AND 255", name=op.f("ck_tasks_title_length")
        ),
        sa.CheckConstraint(
            "completed = (completed_at IS NOT NULL)", name=op.f("ck_tasks_completed_at_agrees")
        ),
        sa.CheckConstraint(
            "due_on IS NULL OR due_at IS NOT NULL", name=op.f("ck_tasks_due_on_has_start")
        ),
        sa.CheckConstraint(
            "num_nonnulls(recurrence_rule, series_id, series_anchor, series_slot, occurrence) "
            "IN (0, 5)",
            name=op.f("ck_tasks_series_whole"),
        ),
        sa.CheckConstraint("predecessor_id <> id", name=op.f("ck_tasks_not_its_own_predecessor")),
        sa.CheckConstraint("priority BETWEEN 1 AND 3", name=op.f("ck_tasks_priority_known")),
        sa.CheckConstraint(
            "recurrence_rule IS NULL OR due_at IS NOT NULL", name=op.f("ck_tasks_rule_needs_due")
        ),
        sa.CheckConstraint(
            "version >= 1 AND occurrence >= 1", name=op.f("ck_tasks_counted_from_one")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "predecessor_id"],
            ["tasks.user_id", "tasks.id"],
            name="fk_tasks_predecessor",
            ondelete="SET NULL (predecessor_id)",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_tasks_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_tasks")),
    )
    op.create_index(
        "ix_tasks_user_id_created_at", "tasks", ["user_id", "created_at", "id"], unique=False
    )
    op.create_index("ix_tasks_user_id_due_at", "tasks", ["user_id", "due_at", "id"], unique=False)
    op.create_index(
        "ix_tasks_user_id_tags", "tasks", ["user_id", "tags"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "uq_tasks_user_id_predecessor_id",
        "tasks",
        ["user_id", "predecessor_id"],
        unique=True,
        postgresql_where=sa.text("predecessor_id IS NOT NULL"),
    )
    op.execute(TAGS_EXIST)
    op.execute(TAGS_STAY)


def downgrade() -> None:
    op.drop_index(
        "uq_tasks_user_id_predecessor_id",
        table_name="tasks",
        postgresql_where=sa.text("predecessor_id IS NOT NULL"),
    )
    op.drop_index("ix_tasks_user_id_tags", table_name="tasks", postgresql_using="gin")
    op.drop_index("ix_tasks_user_id_due_at", table_name="tasks")
    op.drop_index("ix_tasks_user_id_created_at", table_name="tasks")
    op.drop_table("tasks")
    op.drop_table("tags")
    op.drop_table("users")
    op.execute("DROP FUNCTION check_tag_is_free")
    op.execute("DROP FUNCTION check_task_tags_exist")
