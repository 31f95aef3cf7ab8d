"""REST doors of this room, one module a noun."""

from automations.api import automations, incidents, slas

__all__ = ["automations", "incidents", "slas"]
