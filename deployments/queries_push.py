"""Named statements of push work pools."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from msgspec import Raw, Struct

from controlplane.sql.statements import Statements

sql = Statements(Path(__file__).parent / "sql" / "push.sql")


class PushPool(Struct, frozen=True):
    workspace_id: UUID
    id: UUID
    name: str


class Claimed(Struct, frozen=True):
    """A submission under our lease."""

    workspace_id: UUID
    id: UUID
    flow_run_id: UUID
    work_pool_id: UUID | None
    status: str
    credentials: Raw | None
    cluster: str | None
    container: str | None
    task_arn: str | None
    attempts: int
    start_by: datetime | None
    stop_asked: datetime | None
    reason: str
    lease_token: UUID


class PushJob(Struct, frozen=True):
    run_name: str
    state_type: str | None
    job_variables: Raw | None
    flow_name: str
    deployment_id: UUID | None
    deployment_name: str | None
    deployment_variables: Raw | None
    pool_name: str | None
    base_job_template: Raw | None
    secrets: bytes | None
    deployment_secrets: bytes | None
    pool_secrets: bytes | None


find_push_pools = sql.all("find_push_pools", PushPool)
claim_push_submissions = sql.all("claim_push_submissions", Claimed)
record_push_submission = sql.do("record_push_submission")
read_push_job = sql.one("read_push_job", PushJob)
read_run_state = sql.scalar("read_run_state")
hurry_cancelled_submissions = sql.do("hurry_cancelled_submissions")
forget_old_submissions = sql.do("forget_old_submissions")
