"""Which page a resource of an event has, by the kind that its id says."""

from uuid import UUID

from events.wire.events import RESOURCE_ID, Resource

PAGES = {
    "prefect.flow-run": "run", "prefect.flow": "flow", "prefect.deployment": "deployment",
    "prefect.task-run": "task_run", "prefect.automation": "automation", "prefect.block-document": "block",
    "prefect.variable": "variable", "prefect.event": "event", "prefect-cloud.webhook": "webhook",
    "prefect-cloud.incident": "incident", "signalbox.notification-channel": "edit_channel",
}  # fmt: skip
BY_NAME = {"prefect.work-pool": "work_pool"}


def page_of(resource: Resource) -> tuple[str, str]:
    """The name of the page's address and its argument; empty where there is none."""
    kind, _, id = resource.get(RESOURCE_ID, "").rpartition(".")
    if kind in BY_NAME and (name := resource.get("prefect.resource.name")):
        return BY_NAME[kind], name
    try:
        return (PAGES[kind], str(UUID(id))) if kind in PAGES else ("", "")
    except ValueError:
        return "", ""
