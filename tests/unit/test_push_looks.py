"""What a push submission comes to when it cannot be looked at: only what will never be seen again is ended."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from blocks.services.key_kms import KeyRefused
from controlplane.errors import Unavailable
from deployments.queries_push import Claimed
from deployments.rules.ecs import BadJob
from deployments.services.push.following import without_plan

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GONE = BadJob("There is no block document 1 in this workspace.")
CLOSED = KeyRefused("arn", "it is disabled")


def claimed(status: str, *, attempts: int = 1, start_by: timedelta = timedelta(minutes=5)) -> Claimed:
    id = UUID(int=1)
    return Claimed(
        workspace_id=id, id=id, flow_run_id=id, work_pool_id=id, status=status, credentials=None, cluster="c",
        container="prefect", task_arn="t", attempts=attempts, start_by=NOW + start_by, stop_asked=None, reason="",
        lease_token=id,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("_case", "submission", "run", "problem", "expected"),
    [
        ("the key service is away", claimed("SUBMITTING"), "PENDING", Unavailable(), ("SUBMITTING", None)),
        ("for too long", claimed("SUBMITTING", attempts=8), "PENDING", Unavailable(), ("ENDED", "CRASHED")),
        ("the key is closed", claimed("SUBMITTING"), "PENDING", CLOSED, ("ENDED", "CRASHED")),
        ("it cannot be made", claimed("SUBMITTING"), "PENDING", GONE, ("ENDED", "CRASHED")),
        ("away while it runs", claimed("RUNNING"), "RUNNING", Unavailable(), ("RUNNING", None)),
        ("closed while it runs", claimed("RUNNING"), "RUNNING", CLOSED, ("RUNNING", None)),
        ("no block while it runs", claimed("RUNNING"), "RUNNING", GONE, ("RUNNING", None)),
        ("no block while it is cancelled", claimed("RUNNING"), "CANCELLING", GONE, ("RUNNING", None)),
        ("no block and it has ended", claimed("RUNNING"), "COMPLETED", GONE, ("ENDED", None)),
        ("no block and the run was deleted", claimed("RUNNING"), None, GONE, ("ENDED", None)),
        ("no block while it starts", claimed("SUBMITTED"), "PENDING", GONE, ("SUBMITTED", None)),
        (
            "no block and it did not start in time", claimed("SUBMITTED", start_by=-timedelta(seconds=1)),
            "PENDING", GONE, ("ENDED", "CRASHED"),
        ),
        (
            "away when it should have started", claimed("SUBMITTED", start_by=-timedelta(seconds=1)),
            "PENDING", Unavailable(), ("SUBMITTED", None),
        ),
    ],
)  # fmt: skip
def test_only_what_nobody_will_see_again_is_ended(
    _case: str, submission: Claimed, run: str | None, problem: BadJob, expected: tuple[str, str | None]
) -> None:
    look = without_plan(submission, run, problem, NOW)
    assert (look.status, look.state) == expected
    assert str(problem) in look.words
