"""Every task carries its JSON text, as it is answered.

Building it took most of a list's time; now a list passes it on. The function is immutable as it
names the zone and the forms that its results depend on. Adding the column writes the table anew.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TASK_JSON = r"""
CREATE FUNCTION task_json(
    id uuid, user_id text, title text, description text, completed boolean,
    completed_at timestamptz, priority smallint, tags text[], due_on date, due_at timestamptz,
    timezone text, reminder_at timestamptz, recurrence_rule text, recurrence_mode text,
    series_id uuid, version integer, created_at timestamptz, updated_at timestamptz
) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    day CONSTANT text := '"\""YYYY-MM-DD"\""';
    second CONSTANT text := '"\""YYYY-MM-DD"T"HH24:MI:SS"Z\""';
    microsecond CONSTANT text := '"\""YYYY-MM-DD"T"HH24:MI:SS.US"Z\""';
BEGIN
    RETURN concat(
        '{"id":"', id,
        '","user_id":', to_json(user_id),
        ',"title":', to_json(title),
        ',"description":', coalesce(to_json(description)::text, 'null'),
        ',"completed":', completed::text,
        ',"completed_at":',
            coalesce(to_char(completed_at AT TIME ZONE 'UTC', microsecond), 'null'),
        ',"priority":"',
            CASE priority WHEN 1 THEN 'High' WHEN 2 THEN 'Medium' WHEN 3 THEN 'Low' END,
        '","tags":', to_json(tags),
        ',"due_date":', coalesce(
            to_char(due_on, day), to_char(due_at AT TIME ZONE 'UTC', second), 'null'
        ),
        ',"timezone":', to_json(timezone),
        ',"reminder_at":', coalesce(to_char(reminder_at AT TIME ZONE 'UTC', second), 'null'),
        ',"is_recurring":', (recurrence_rule IS NOT NULL)::text,
        ',"recurrence_rule":', coalesce(to_json(recurrence_rule)::text, 'null'),
        ',"recurrence_mode":"', recurrence_mode,
        '","series_id":', coalesce('"' || series_id || '"', 'null'),
        ',"version":', version,
        ',"created_at":', to_char(created_at AT TIME ZONE 'UTC', microsecond),
        ',"updated_at":', to_char(updated_at AT TIME ZONE 'UTC', microsecond),
        '}'
    );
END $$
"""
ARGUMENTS = (
    "id, user_id, title, description, completed, completed_at, priority, tags, due_on, due_at, "
    "timezone, reminder_at, recurrence_rule, recurrence_mode, series_id, version, created_at, "
    "updated_at"
)


def upgrade() -> None:
    op.execute(TASK_JSON)
    op.execute(
        "ALTER TABLE tasks ADD COLUMN json text NOT NULL "
        f"GENERATED ALWAYS AS (task_json({ARGUMENTS})) STORED"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE tasks DROP COLUMN json")
    op.execute("DROP FUNCTION task_json")
