"""REST doors: policies and alerts, and the policies of 2.x clients."""

from notifications.api import flow_run_policies, policies

__all__ = ["flow_run_policies", "policies"]
