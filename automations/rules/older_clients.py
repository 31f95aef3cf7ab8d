"""What clients of 2.x cannot read: one such automation would cost them the whole list."""

from collections.abc import Iterable

from automations.wire.actions import Action, DeleteFlowRun, ResumeFlowRun
from automations.wire.triggers import EventTrigger, Trigger, children_of


def fits_2(trigger: Trigger, actions: Iterable[Action]) -> bool:
    return is_trigger_of_2(trigger) and not any(isinstance(action, ResumeFlowRun | DeleteFlowRun) for action in actions)


def is_trigger_of_2(trigger: Trigger) -> bool:
    """They know one set of related labels, not several."""
    if isinstance(trigger, EventTrigger) and isinstance(trigger.match_related, list):
        return False
    return all(is_trigger_of_2(child) for child in children_of(trigger))
