"""A reminder as the receiver gets it: a JSON body, signed as Standard Webhooks says."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from standardwebhooks import Webhook

TYPE = "task.reminder"
TOLD = (
    *("user_id", "title", "priority", "tags", "due_date", "reminder_at", "timezone"),
    *("is_recurring", "series_id"),
)


def message_id(user_id: str, task_id: uuid.UUID, reminder_at: datetime) -> str:
    """The same for every attempt at one reminder, whoever makes it; without the full stop that
    separates the parts of what is signed."""
    named = orjson.dumps([TYPE, user_id, str(task_id), int(reminder_at.timestamp())])
    return f"msg_{hashlib.sha256(named).hexdigest()[:32]}"


def message_body(task: Mapping[str, Any]) -> bytes:
    """The body about a task that the API would answer as `task`.

    Its `timestamp` is that of the event, the moment to remind of; the attempt's own is a header.
    """
    data = {"task_id": task["id"], **{name: task[name] for name in TOLD}}
    return orjson.dumps({"type": TYPE, "timestamp": task["reminder_at"], "data": data})


class Signer:
    """Signs with every secret it has, so that a new one can come while the old one still holds."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._webhooks = [Webhook(secret) for secret in secrets]

    def headers(self, message: str, body: bytes, now: datetime) -> dict[str, str]:
        """The three headers of an attempt at `now`."""
        now = now.astimezone(UTC)
        signatures = [webhook.sign(message, now, body.decode()) for webhook in self._webhooks]
        return {
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
