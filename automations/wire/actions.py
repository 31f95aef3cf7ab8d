"""What an automation does, once it is triggered. Unknown keys are ignored, as the wire has it.

A target is `selected` by its id or `inferred` from the event: never both.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from controlplane.wire.structs import BadField

Source = Literal["selected", "inferred"]
StateType = Literal[
    "SCHEDULED", "PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED", "CRASHED", "PAUSED", "CANCELLING"
]
LONGEST_DELAY = 3_155_760_000
"""Seconds; a hundred years."""
SUBJECT = "Prefect automated notification"
MOST_ADDRESSES = 20
Address = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s,<>\"]+@[^@\s,<>\"]+$")]


class DeploymentAction(Struct, kw_only=True):
    source: Source = "selected"
    deployment_id: UUID | None = None

    def __post_init__(self) -> None:
        check_target(self.source, "deployment_id", self.deployment_id)


class RunDeployment(DeploymentAction, kw_only=True, tag_field="type", tag="run-deployment"):
    """Start a run; `schedule_after` some seconds."""

    parameters: dict[str, Any] | None = None
    job_variables: dict[str, Any] | None = None
    schedule_after: Annotated[float, Meta(le=LONGEST_DELAY)] = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.schedule_after < 0:
            raise BadField("schedule_after", "schedule_after must be non-negative")


class PauseDeployment(DeploymentAction, kw_only=True, tag_field="type", tag="pause-deployment"):
    pass


class ResumeDeployment(DeploymentAction, kw_only=True, tag_field="type", tag="resume-deployment"):
    pass


class ChangeFlowRunState(Struct, kw_only=True, tag_field="type", tag="change-flow-run-state"):
    name: str | None = None
    state: StateType
    message: str | None = None
    force: bool = False


class WorkQueueAction(Struct, kw_only=True):
    source: Source = "selected"
    work_queue_id: UUID | None = None

    def __post_init__(self) -> None:
        check_target(self.source, "work_queue_id", self.work_queue_id)


class PauseWorkQueue(WorkQueueAction, kw_only=True, tag_field="type", tag="pause-work-queue"):
    pass


class ResumeWorkQueue(WorkQueueAction, kw_only=True, tag_field="type", tag="resume-work-queue"):
    pass


class WorkPoolAction(Struct, kw_only=True):
    source: Source = "selected"
    work_pool_id: UUID | None = None

    def __post_init__(self) -> None:
        check_target(self.source, "work_pool_id", self.work_pool_id)


class PauseWorkPool(WorkPoolAction, kw_only=True, tag_field="type", tag="pause-work-pool"):
    pass


class ResumeWorkPool(WorkPoolAction, kw_only=True, tag_field="type", tag="resume-work-pool"):
    pass


class AutomationAction(Struct, kw_only=True):
    source: Source = "selected"
    automation_id: UUID | None = None

    def __post_init__(self) -> None:
        check_target(self.source, "automation_id", self.automation_id)


class PauseAutomation(AutomationAction, kw_only=True, tag_field="type", tag="pause-automation"):
    pass


class ResumeAutomation(AutomationAction, kw_only=True, tag_field="type", tag="resume-automation"):
    pass


class SendNotification(Struct, kw_only=True, tag_field="type", tag="send-notification"):
    block_document_id: UUID
    subject: str = SUBJECT
    body: str


class SendEmail(Struct, kw_only=True, tag_field="type", tag="send-email-notification"):
    """Prefect Cloud's; its Python clients do not know it."""

    emails: Annotated[list[Address], Meta(min_length=1, max_length=MOST_ADDRESSES)]
    subject: str = SUBJECT
    body: str


class ScheduleAction(Struct, kw_only=True):
    schedule_id: UUID


class PauseSchedule(ScheduleAction, kw_only=True, tag_field="type", tag="pause-schedule"):
    """Prefect Cloud's; its Python clients do not know it."""


class ResumeSchedule(ScheduleAction, kw_only=True, tag_field="type", tag="resume-schedule"):
    """Prefect Cloud's; its Python clients do not know it."""


class CallWebhook(Struct, kw_only=True, tag_field="type", tag="call-webhook"):
    """The payload is a template; an object is written out as JSON first."""

    block_document_id: UUID
    payload: str | dict[str, Any] | list[Any] = ""

    def __post_init__(self) -> None:
        if not isinstance(self.payload, str):
            self.payload = msgspec.json.format(msgspec.json.encode(self.payload), indent=2).decode()


class DoNothing(Struct, kw_only=True, tag_field="type", tag="do-nothing"):
    pass


class CancelFlowRun(Struct, kw_only=True, tag_field="type", tag="cancel-flow-run"):
    pass


class SuspendFlowRun(Struct, kw_only=True, tag_field="type", tag="suspend-flow-run"):
    pass


class ResumeFlowRun(Struct, kw_only=True, tag_field="type", tag="resume-flow-run"):
    pass


class DeleteFlowRun(Struct, kw_only=True, tag_field="type", tag="delete-flow-run"):
    pass


class DeclareIncident(Struct, kw_only=True, tag_field="type", tag="declare-incident"):
    """Prefect Cloud's; the open-source server has none."""


# An action without a type is the first that its fields fit: those that ask for fields come before those that do not.
Action = (
    RunDeployment
    | PauseDeployment
    | ResumeDeployment
    | ChangeFlowRunState
    | PauseWorkQueue
    | ResumeWorkQueue
    | PauseWorkPool
    | ResumeWorkPool
    | PauseAutomation
    | ResumeAutomation
    | SendNotification
    | CallWebhook
    | DoNothing
    | CancelFlowRun
    | SuspendFlowRun
    | ResumeFlowRun
    | DeleteFlowRun
    | DeclareIncident
    | SendEmail
    | PauseSchedule
    | ResumeSchedule
)


def check_target(source: Source, field: str, id: UUID | None) -> None:
    if source == "selected" and id is None:
        raise ValueError(f"{field} is required")
    if source == "inferred" and id is not None:
        raise ValueError(f"{field} is not allowed")
