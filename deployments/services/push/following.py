"""From a claimed run to the end of its task: submitted, watched, stopped. Each look is under a lease, and idempotent.

AWS is asked in threads, outside any transaction; what it answered is recorded by the lease's holder only.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from msgspec import Raw, Struct, json

from blocks.services.aws import AwsRefused
from controlplane.errors import Problem, Unavailable
from controlplane.sql.transactions import system_transaction, workspace_transaction
from deployments import queries_push as queries
from deployments.queries_push import Claimed
from deployments.rules import push as rules
from deployments.rules.ecs import BadJob, outcome_of, start_seconds
from deployments.services.push import ecs, jobs, reporting
from runs.wire.states import TERMINAL

AT_ONCE = 8
MOST = 200
GIVEN_UP = (
    "The run could not be submitted: something went wrong here, not in your AWS account. Operators see it logged."
)
STARTING = ("PROVISIONING", "PENDING", "ACTIVATING")


class Look(Struct, frozen=True):
    """What one look came to, to be recorded. `state` and `words` are for the flow run, if it still waits for them."""

    status: str
    wait: timedelta = timedelta(0)
    words: str = ""
    state: str | None = None
    started: ecs.Started | None = None
    credentials: Any = None
    start_by: datetime | None = None
    stop_asked: datetime | None = None
    exit_code: int | None = None


Ask = Callable[[], Look]


def follow_submissions(now: datetime) -> int:
    """Take every submission that is due one step further. How many were looked at."""
    with system_transaction():
        queries.hurry_cancelled_submissions(now=now)
    seen = 0
    broken: list[BaseException] = []
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="push") as pool:
        while seen < MOST and (due := claim(now)):
            # Plans are made here, since threads never touch the database.
            asked = [(claimed, pool.submit(ask_of(claimed, now))) for claimed in due]
            for claimed, answer in asked:
                if error := answer.exception():
                    broken.append(error)  # our own fault: the lease runs out, and it is tried again
                    if claimed.status == "SUBMITTING" and claimed.attempts >= rules.MOST_ATTEMPTS:
                        record(claimed, Look("ENDED", words=GIVEN_UP, state="CRASHED"), now)
                else:
                    record(claimed, answer.result(), now)
            seen += len(due)
    # Only now, when what was seen of the others is recorded.
    if broken:
        raise broken[0]
    return seen


def claim(now: datetime) -> list[Claimed]:
    with system_transaction():
        return queries.claim_push_submissions(token=uuid4(), now=now, limit=AT_ONCE)


def ask_of(claimed: Claimed, now: datetime) -> Ask:
    """What to ask; if that cannot be made, it is this submission's answer and no other's."""
    try:
        return prepare(claimed, now)
    except Exception as error:
        return partial(fail, error)


def fail(error: Exception) -> Look:
    raise error


def prepare(claimed: Claimed, now: datetime) -> Ask:
    """What to ask of AWS for this submission; an answer that is known already asks nothing."""
    workspace = claimed.workspace_id
    with workspace_transaction(workspace):
        facts = queries.read_push_job(workspace=workspace, run=claimed.flow_run_id, pool=claimed.work_pool_id)
        state = facts.state_type if facts is not None else None
        try:
            if claimed.status == "SUBMITTING":
                return prepare_start(claimed, facts, now)
            credentials = jobs.open_credentials(workspace, json.decode(claimed.credentials or b"null"))
        except (BadJob, Problem) as problem:
            look = without_plan(claimed, state, problem, now)
            return lambda: look
    return lambda: watch(claimed, credentials, state, now)


def without_plan(claimed: Claimed, state: str | None, problem: BadJob | Problem, now: datetime) -> Look:
    if claimed.status != "SUBMITTING":
        return unseen(claimed, state, problem, now)
    if isinstance(problem, Unavailable):
        return try_again(claimed, problem)
    return Look("ENDED", words=str(problem), state="CRASHED")


def try_again(claimed: Claimed, why: Exception) -> Look:
    """Later, each time after a longer while, and not for ever."""
    if claimed.attempts >= rules.MOST_ATTEMPTS:
        return Look("ENDED", words=f"The run could not be submitted. {why}", state="CRASHED")
    wait = timedelta(seconds=rules.wait_seconds(claimed.attempts))
    return Look("SUBMITTING", wait=wait, words=f"Submitting is tried again in {wait.seconds} s. {why}")


def prepare_start(claimed: Claimed, facts: queries.PushJob | None, now: datetime) -> Ask:
    if facts is None:
        return lambda: Look("ENDED", words="Not submitted: the run was deleted.")
    is_wanted = facts.state_type == "PENDING"
    if not is_wanted and claimed.attempts == 1:
        return lambda: unwanted(facts.state_type)
    plan = jobs.plan_submission(claimed.workspace_id, claimed, facts, now=now)
    return lambda: start(claimed, plan, facts.state_type, now)


def unwanted(state: str | None) -> Look:
    words = "Not submitted: the run was no longer wanted."
    return Look("ENDED", words=words, state="CANCELLED" if state == "CANCELLING" else None)


def start(claimed: Claimed, plan: jobs.Plan, state: str | None, now: datetime) -> Look:
    """Start the task. One that a killed sender may have started is found again, wanted or not, and then watched."""
    try:
        started = ecs.adopt_task(plan, claimed.id.hex) if claimed.attempts > 1 else None
        if started is None and state != "PENDING":
            return unwanted(state)
        started = started or ecs.start_task(plan, claimed.id.hex)
    except BadJob as bad:
        return Look("ENDED", words=str(bad), state="CRASHED")
    except AwsRefused as refused:
        if refused.is_lasting:
            return Look("ENDED", words=f"The run could not be submitted. {refused}", state="CRASHED")
        return try_again(claimed, refused)
    return Look(
        "SUBMITTED", wait=rules.LOOK_WHILE_STARTING, words=f"Submitted to ECS as task {started.arn}.", started=started,
        credentials=plan.credentials, start_by=now + timedelta(seconds=start_seconds(plan.job)),
    )  # fmt: skip


def watch(claimed: Claimed, credentials: dict[str, Any], state: str | None, now: datetime) -> Look:
    """`state` is the flow run's; None when it was deleted."""
    assert claimed.task_arn is not None
    assert claimed.cluster is not None
    try:
        task = ecs.look_at_task(credentials, claimed.cluster, claimed.task_arn)
        if task is None:
            return Look("ENDED", words="ECS no longer knows the task.", state="CRASHED")
        if task.get("lastStatus") == "STOPPED":
            return ended(claimed, task, state)
        reason = why_stop(claimed, task, state, now)
        if reason is None or claimed.stop_asked is not None:
            return still(claimed, task)
        ecs.stop_task(credentials, claimed.cluster, claimed.task_arn, reason)
    except AwsRefused as refused:
        return unseen(claimed, state, refused, now)
    return Look(claimed.status, wait=rules.LOOK_WHILE_STARTING, words=reason, stop_asked=now)


def unseen(claimed: Claimed, state: str | None, why: BadJob | Problem | AwsRefused, now: datetime) -> Look:
    """A task that was started goes on without our eyes, and its run tells of itself. One that should have begun by now
    is lost if nobody will see it again.
    """
    words = f"The task cannot be looked at. {why}"
    if isinstance(why, BadJob) and (state is None or state in TERMINAL):
        return Look("ENDED", words=words)
    is_lasting = isinstance(why, BadJob) or (isinstance(why, AwsRefused) and why.is_lasting)
    if is_lasting and state == "PENDING" and claimed.start_by is not None and claimed.start_by < now:
        return Look("ENDED", words=words, state="CRASHED")
    return Look(claimed.status, wait=rules.LOOK_WHILE_RUNNING, words=words)


def still(claimed: Claimed, task: dict[str, Any]) -> Look:
    if task.get("lastStatus") in STARTING or claimed.stop_asked is not None:
        return Look(claimed.status, wait=rules.LOOK_WHILE_STARTING)
    return Look("RUNNING", wait=rules.LOOK_WHILE_RUNNING)


def why_stop(claimed: Claimed, task: dict[str, Any], state: str | None, now: datetime) -> str | None:
    if state is None:
        return "The flow run was deleted."
    if state in ("CANCELLING", "CANCELLED"):
        return "The flow run is cancelled."
    if task.get("lastStatus") in STARTING and claimed.start_by is not None and claimed.start_by < now:
        return "The task did not start in time."
    return None


def ended(claimed: Claimed, task: dict[str, Any], state: str | None) -> Look:
    outcome = outcome_of(task, claimed.container or "")
    if state == "CANCELLING":
        return Look("ENDED", words=outcome.words, state="CANCELLED", exit_code=outcome.exit_code)
    # A task that ends well has said so itself; one that says nothing and is gone has crashed.
    return Look("ENDED", words=outcome.words, state="CRASHED", exit_code=outcome.exit_code)


def record(claimed: Claimed, look: Look, now: datetime) -> None:
    """Store what was seen, and tell the run, in one transaction; nothing if the lease was lost meanwhile."""
    started = look.started
    with workspace_transaction(claimed.workspace_id):
        kept = queries.record_push_submission(
            workspace=claimed.workspace_id, id=claimed.id, token=claimed.lease_token, now=now, status=look.status,
            next_look=now + look.wait,
            credentials=None if look.credentials is None else Raw(json.encode(look.credentials)),
            cluster=started.cluster if started else None, container=started.container if started else None,
            task_arn=started.arn if started else None, start_by=look.start_by, stop_asked=look.stop_asked,
            exit_code=look.exit_code, reason=look.words,
        )  # fmt: skip
        if not kept:
            return
        run = claimed.flow_run_id
        state = queries.read_run_state(workspace=claimed.workspace_id, run=run)
        if state is None:
            return
        if started is not None:
            reporting.keep_pid(claimed.workspace_id, run, f"{started.cluster}::{started.arn}", now=now)
        if look.words and look.words != claimed.reason:
            reporting.log(claimed.workspace_id, run, look.words, is_bad=look.state == "CRASHED", now=now)
        if look.state is not None and state not in TERMINAL:
            reporting.end_run(claimed.workspace_id, run, look.state, look.words, was=state, now=now)
