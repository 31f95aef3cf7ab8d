"""A service level that is passed while the run is still running reaches people, once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from automations.services import automations, executing, sla_alerts, sla_watch, slas
from automations.services.evaluation import evaluate_new_events
from automations.wire.automations import AutomationCreate
from automations.wire.slas import SlaAlertsCreate, SlaSpec
from controlplane.errors import Invalid, NotFound
from controlplane.sql.transactions import workspace_transaction
from deployments.services import deployments, launching
from deployments.wire.deployments import DeploymentCreate, DeploymentFlowRunCreate
from notifications.services import channels
from notifications.tasks import notify
from runs.models import FlowRun
from runs.services import flows, transitions
from runs.wire.flows import FlowCreate
from runs.wire.states import StateCreate
from tests.fakes.slack import FakeSlack
from tests.services.test_automation_actions import make_block
from tests.services.test_automation_evaluation import fresh
from tests.world import Tenant

__all__ = ["fresh"]

AGO = timedelta(minutes=3)


@pytest.fixture
def channel(alice: Tenant, slack: FakeSlack) -> UUID:
    with workspace_transaction(alice.workspace_id):
        made = channels.create_channel(alice.workspace_id, kind="slack", name="ops", settings={"url": slack.url})
    return made.id


def slow_run(tenant: Tenant) -> FlowRun:
    """A run that has been running for longer than its deployment promises: three minutes of one."""
    workspace, began = tenant.workspace_id, datetime.now(UTC) - AGO
    with workspace_transaction(workspace):
        flow, _ = flows.create_flow(workspace, FlowCreate(name="train"))
        body = DeploymentCreate(name="nightly", flow_id=flow.id)
        deployment = deployments.upsert_deployment(workspace, body, now=began)[0].id
        level = msgspec.convert({"name": "quick", "severity": "high", "duration": 60}, SlaSpec)
        slas.apply_levels(workspace, f"prefect.deployment.{deployment}", [level], now=began)
        run, _ = launching.run_deployment(workspace, deployment, DeploymentFlowRunCreate(), now=began)
        transitions.propose_state(workspace, run.id, StateCreate(type="RUNNING"), force=True, now=began)
        return FlowRun.objects.of(workspace).get(id=run.id)


def everything_twice() -> None:
    """Each sweep of the server, and again: what was done is not done once more."""
    for _ in range(2):
        sla_watch.watch_levels(datetime.now(UTC))
        evaluate_new_events()
        executing.carry_out_due_actions()
        notify()


def test_a_level_that_is_passed_sets_off_an_automation_which_tells_slack(alice, slack, channel):
    body: dict[str, Any] = {
        "name": "promise broken",
        "trigger": {
            "type": "event", "posture": "Reactive", "expect": ["prefect.sla.violation"],
            "match": {"prefect.sla.severity": ["high", "critical"]},
        },
        "actions": [{
            "type": "send-notification", "block_document_id": str(channel), "subject": "{{ event.payload.sla.name }}",
            "body": "{{ flow_run.name }} is {{ flow_run.state.name }}",
        }],
    }  # fmt: skip
    with workspace_transaction(alice.workspace_id):
        create = msgspec.convert(body, AutomationCreate)
        automations.create_automation(alice.workspace_id, create, sent=b"{}", now=datetime.now(UTC) - AGO)
    run = slow_run(alice)
    everything_twice()
    (post,) = slack.posts
    assert post.body["text"] == f"quick: {run.name} is Running"


def set_alert(tenant: Tenant, receiver: UUID, *severities: str) -> None:
    body = msgspec.convert({"sla_severities": severities, "block_id": str(receiver)}, SlaAlertsCreate)
    with workspace_transaction(tenant.workspace_id):
        sla_alerts.set_alerts(tenant.workspace_id, body, now=datetime.now(UTC))


def test_a_default_alert_tells_every_violation_of_its_severity_once(alice, slack, channel):
    set_alert(alice, channel, "high", "critical")
    run = slow_run(alice)
    everything_twice()
    (post,) = slack.posts
    words = post.body["text"]
    assert words.startswith("Service level quick is violated (high): ")
    assert f"train / nightly, run {run.name}" in words
    assert "A run takes at most 1 min: broken at " in words


def test_other_severities_and_gone_receivers_are_not_told_and_the_violation_stands(alice, slack, channel):
    set_alert(alice, channel, "minor")
    set_alert(alice, channel, "high")
    with workspace_transaction(alice.workspace_id):
        channels.delete_channel(alice.workspace_id, channel)
    run = slow_run(alice)
    everything_twice()
    assert slack.posts == []
    with workspace_transaction(alice.workspace_id):
        (level,) = slas.list_levels(alice.workspace_id, slas.SlasFilter())
        assert slas.find_violating_runs(alice.workspace_id, slas.ViolatingRuns(sla_ids=[level.id])) == [run.id]


def test_an_alert_needs_somebody_who_can_be_told(alice, channel):
    with pytest.raises(NotFound):
        set_alert(alice, UUID(int=7), "high")
    with pytest.raises(Invalid, match="is not a notification block"):
        set_alert(alice, make_block(alice, "postbox", ["url"], {"url": "x"}), "high")
    with workspace_transaction(alice.workspace_id):
        assert sla_alerts.list_alerts(alice.workspace_id) == []
