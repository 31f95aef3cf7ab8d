"""A message to test a channel with: about the workspace's last failed run, or about one that never was."""

from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings

from controlplane.sql.transactions import workspace_transaction
from notifications import queries
from notifications.wire import Message


def sample_message(workspace: UUID, *, account: str, handle: str, is_test: bool = True) -> Message:
    """`account` and `handle` are the names in the workspace's address."""
    page = f"{settings.PUBLIC_URL}/w/{account}/{handle}"
    now = datetime.now(UTC)
    with workspace_transaction(workspace):
        failure: queries.Failure | None = queries.read_last_failure(workspace=workspace, flow_run=None)
    if failure is None:
        return Message(
            state_type="FAILED",
            state_name="Failed",
            state_message="ValueError: this is an example, nothing has failed",
            occurred=now,
            received=now,
            flow_run="example-run",
            flow="example-flow",
            deployment="nightly",
            account=account,
            workspace=handle,
            url=page,
            is_test=is_test,
        )
    return Message(
        state_type=failure.state_type,
        state_name=failure.state_name,
        state_message=failure.state_message or "",
        occurred=failure.occurred,
        received=now,
        flow_run_id=failure.flow_run_id,
        flow_run=failure.flow_run,
        flow=failure.flow,
        deployment=failure.deployment or "",
        work_pool=failure.work_pool or "",
        account=account,
        workspace=handle,
        url=f"{page}/runs/{failure.flow_run_id}",
        is_test=is_test,
    )
