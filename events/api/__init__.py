"""REST doors of this room, one module a noun."""

from events.api import assets, events, webhooks

__all__ = ["assets", "events", "webhooks"]
