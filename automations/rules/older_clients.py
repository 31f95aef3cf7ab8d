"""What Prefect's Python clients cannot read: one such automation would cost them the whole list."""

from collections.abc import Iterable

from automations.wire.actions import Action, DeleteFlowRun, PauseSchedule, ResumeFlowRun, ResumeSchedule, SendEmail
from automations.wire.triggers import EventTrigger, Trigger, children_of


def fits_client(trigger: Trigger, actions: list[Action], *, is_2: bool) -> bool:
    """Whether a Python client can read an automation. Terraform and pages can read all."""
    if any(isinstance(action, SendEmail | PauseSchedule | ResumeSchedule) for action in actions):
        return False
    return not is_2 or fits_2(trigger, actions)


def fits_2(trigger: Trigger, actions: Iterable[Action]) -> bool:
    return is_trigger_of_2(trigger) and not any(isinstance(action, ResumeFlowRun | DeleteFlowRun) for action in actions)


def is_trigger_of_2(trigger: Trigger) -> bool:
    """They know one set of related labels, not several."""
    if isinstance(trigger, EventTrigger) and isinstance(trigger.match_related, list):
        return False
    return all(is_trigger_of_2(child) for child in children_of(trigger))
