"""REST doors of this room, one module a noun."""

from events.api import events, webhooks

__all__ = ["events", "webhooks"]
