"""What is wrong with an automation whose fields are sound by themselves: budgets, templates, and endless loops."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from automations.rules.templates import LONGEST_SOURCE, find_fault, is_template
from automations.wire.actions import Action, CallWebhook, RunDeployment, SendEmail, SendNotification
from automations.wire.automations import AutomationUpdate
from automations.wire.triggers import DEEPEST, MOST_TRIGGERS, EventTrigger, Labels, Trigger, children_of

# Every run of a deployment goes through these, so an automation that starts one would trigger itself.
SELF_TRIGGERING = frozenset(
    {"prefect.flow-run.Scheduled", "prefect.flow-run.Pending", "prefect.flow-run.Running", "prefect.flow-run.*"}
)
INFERRED_LOOP = (
    "Running an inferred deployment from a flow run state change event will lead to an infinite loop of flow runs.  "
    "Please choose a specific deployment and add additional filtering labels to the match or match_related for this "
    "automation's trigger."
)
SELECTED_LOOP = (
    "Running a selected deployment from a flow run state change event may lead to an infinite loop of flow runs.  "
    "Please include additional filtering labels on either match or match_related to narrow down which flow runs will "
    "trigger this automation to exclude flow runs from the deployment you've selected."
)
Loc = tuple[str | int, ...]


class Wrong(NamedTuple):
    """Where in the body, and why."""

    loc: Loc
    reason: str


def find_wrongs(body: AutomationUpdate) -> list[Wrong]:
    """Everything; the loop guard speaks only when the rest is right."""
    found = [*check_size(body.trigger)]
    for field in ("actions", "actions_on_trigger", "actions_on_resolve"):
        for index, action in enumerate(getattr(body, field)):
            found += check_templates(action, (field, index, type(action).__name__))
    if found:
        return found
    loop = find_loop(enabled=body.enabled, trigger=body.trigger, actions=body.actions)
    return [] if loop is None else [Wrong((), loop)]


# ----------------------------------------------------------------------------------------------------------- budgets


def check_size(trigger: Trigger) -> Iterator[Wrong]:
    level, depth, count = [trigger], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        level = [child for parent in level for child in children_of(parent)]
    if depth > DEEPEST:
        yield Wrong(("trigger",), f"triggers can be nested at most {DEEPEST} deep")
    if count > MOST_TRIGGERS:
        yield Wrong(("trigger",), f"an automation can have at most {MOST_TRIGGERS} triggers")


# --------------------------------------------------------------------------------------------------------- templates


def check_templates(action: Action, loc: Loc) -> Iterator[Wrong]:
    if isinstance(action, SendNotification | SendEmail):
        texts = {"subject": action.subject, "body": action.body}
    elif isinstance(action, CallWebhook):
        texts = {"payload": str(action.payload)}
    elif isinstance(action, RunDeployment):
        yield from check_parameters(action.parameters or {}, (*loc, "parameters"))
        return
    else:
        return
    for field, text in texts.items():
        fault = find_fault(text)
        if fault is not None:
            yield Wrong((*loc, field), f"{field!r} is not a valid template: {fault.message}")


def check_parameters(parameters: dict[str, Any], loc: Loc) -> Iterator[Wrong]:
    """Any text in the parameters may be a template."""
    texts = [(path, text) for path, text in texts_of(parameters, "") if is_template(text)]
    if sum(len(text) for _, text in texts) > LONGEST_SOURCE:
        yield Wrong(loc, f"Templates can contain no more than {LONGEST_SOURCE} characters together.")
        return
    faults = [(path, find_fault(text)) for path, text in texts]
    lines = [f"{path}: Invalid jinja: {fault.message}" for path, fault in faults if fault is not None]
    if lines:
        yield Wrong(loc, "Invalid parameters: \n" + "\n".join(lines))


def texts_of(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts_of(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts_of(item, f"{path}[{index}]")


# ------------------------------------------------------------------------------------------------------------- loops


def find_loop(*, enabled: bool, trigger: Trigger, actions: list[Action]) -> str | None:
    """Why this automation would start runs that trigger it again; None if it cannot, or is paused."""
    if not enabled or not isinstance(trigger, EventTrigger) or trigger.posture != "Reactive":
        return None
    if SELF_TRIGGERING.isdisjoint(trigger.expect):
        return None
    sources = {action.source for action in actions if isinstance(action, RunDeployment)}
    if "inferred" in sources:
        return INFERRED_LOOP
    related = trigger.match_related if isinstance(trigger.match_related, list) else [trigger.match_related]
    if "selected" in sources and is_every_run(trigger.match) and any(is_every_run(labels) for labels in related):
        return SELECTED_LOOP
    return None


def is_every_run(labels: Labels) -> bool:
    """Whether these labels fit every flow run: there are none, or only the id of any run."""
    if not labels:
        return True
    values = labels.get("prefect.resource.id", [])
    return len(labels) == 1 and any(
        value in ("prefect.flow-run.*", "*") for value in ([values] if isinstance(values, str) else values)
    )
