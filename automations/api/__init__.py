"""REST doors of this room, one module a noun."""

from automations.api import automations, slas

__all__ = ["automations", "slas"]
