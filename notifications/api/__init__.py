"""REST doors: channels and deliveries, policies and alerts, and the policies of 2.x clients."""

from notifications.api import channels, flow_run_policies, policies

__all__ = ["channels", "flow_run_policies", "policies"]
