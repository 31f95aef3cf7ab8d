"""The actions of a firing: written once, carried out once."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.conf import settings as django_settings

from automations.models import TriggeredAction
from automations.services import actions, automations, dead_letters, executing
from automations.wire.automations import Automation, AutomationCreate
from automations.wire.firings import Firing
from blocks.services import block_documents, block_schemas, block_types
from blocks.wire.blocks import BlockDocumentCreate, BlockSchemaCreate, BlockTypeCreate
from controlplane.ids import uuid7
from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from deployments.models import Deployment, WorkPool, WorkQueue
from deployments.services import deployments, launching, work_pools
from deployments.wire.deployments import DeploymentCreate, DeploymentFlowRunCreate
from deployments.wire.work_pools import WorkPoolCreate
from events.models import Event as EventRow
from events.wire.events import Event
from notifications.models import Outbox
from notifications.services import channels
from runs.models import FlowRun
from runs.services import flows, transitions
from runs.wire.flows import FlowCreate
from runs.wire.states import StateCreate
from tests.conftest import ROOT
from tests.world import Tenant

NOTHING = {"type": "do-nothing"}
NOBODY = str(UUID(int=7))


@pytest.fixture(autouse=True)
def no_backlog(quiet) -> None:
    """What other tests left undone is not this test's."""
    with system_transaction():
        open_cursor().execute("UPDATE automation_action SET dead = now() WHERE done IS NULL AND dead IS NULL")


def make_automation(tenant: Tenant, **fields: Any) -> Automation:
    body = {
        "name": "watch",
        "trigger": {"type": "event", "posture": "Reactive", "expect": ["prefect.flow-run.Failed"]},
        "actions": [NOTHING],
        **fields,
    }
    with workspace_transaction(tenant.workspace_id):
        return automations.create_automation(
            tenant.workspace_id,
            msgspec.convert(body, AutomationCreate),
            sent=msgspec.json.encode(body),
            now=datetime.now(UTC),
        )


def make_event(resource: dict[str, str] | None = None, **fields: Any) -> Event:
    return Event(
        id=uuid7(),
        occurred=datetime.now(UTC),
        event=fields.pop("event", "prefect.flow-run.Failed"),
        resource=resource or {"prefect.resource.id": f"prefect.flow-run.{uuid7()}"},
        **fields,
    )


def make_firing(automation: Automation, **fields: Any) -> Firing:
    values: dict[str, Any] = {
        "id": uuid7(),
        "trigger_id": UUID(msgspec.json.decode(automation.trigger)["id"]),
        "automation_id": automation.id,
        "trigger_states": ["Triggered"],
        "triggered": datetime.now(UTC),
        "triggering_event": make_event(),
        **fields,
    }
    return Firing(**values)


def fire(tenant: Tenant, automation: Automation, firing: Firing) -> int:
    with workspace_transaction(tenant.workspace_id):
        return actions.enqueue(tenant.workspace_id, automation=automation, firing=firing, now=datetime.now(UTC))


def actions_of(tenant: Tenant) -> list[TriggeredAction]:
    with workspace_transaction(tenant.workspace_id):
        return list(TriggeredAction.objects.of(tenant.workspace_id).order_by("created", "action_index"))


def events_of(tenant: Tenant, prefix: str = "prefect.automation.") -> list[EventRow]:
    with workspace_transaction(tenant.workspace_id):
        return list(
            EventRow.objects.of(tenant.workspace_id).filter(event__startswith=prefix).order_by("occurred", "id")
        )


@pytest.mark.parametrize(
    ("_case", "states", "lists", "told"),
    [
        ("triggered", ["Triggered"], ["actions", "actions", "actions_on_trigger"], ["triggered"]),
        ("resolved", ["Resolved"], ["actions", "actions", "actions_on_resolve"], ["resolved"]),
    ],
)
def test_a_firing_is_written_once_however_often_it_is_found(alice, _case, states, lists, told):
    automation = make_automation(
        alice, actions=[NOTHING, NOTHING], actions_on_trigger=[NOTHING], actions_on_resolve=[NOTHING]
    )
    firing = make_firing(automation, trigger_states=states)
    assert [fire(alice, automation, firing) for _ in range(3)] == [3, 0, 0]
    rows = [row for row in actions_of(alice) if row.firing_id == firing.id]
    assert [(row.key, row.action_index) for row in rows] == [
        (f"{firing.id}:{name}:{index}", index) for index, name in enumerate(lists)
    ]
    fired = [row for row in events_of(alice) if row.event in {f"prefect.automation.{what}" for what in told}]
    assert len(fired) == 1
    assert fired[0].related == [
        {
            "prefect.resource.id": f"prefect.event.{firing.triggering_event.id}",
            "prefect.resource.role": "triggering-event",
        }
    ]
    begun = [row for row in events_of(alice) if row.event == "prefect.automation.action.triggered"]
    assert sorted(row.payload["action_index"] for row in begun) == [0, 1, 2]
    # What is done on the change of state is given the change itself.
    assert rows[2].event["id"] == str(fired[0].id)
    assert rows[0].event["id"] == str(firing.triggering_event.id)


# ---------------------------------------------------------------------------------------------------------- carried out


def deploy(tenant: Tenant, **fields: Any) -> UUID:
    with workspace_transaction(tenant.workspace_id):
        flow, _ = flows.create_flow(tenant.workspace_id, FlowCreate(name="train"))
        body = DeploymentCreate(name="nightly", flow_id=flow.id, **fields)
        return deployments.upsert_deployment(tenant.workspace_id, body, now=datetime.now(UTC))[0].id


def make_run(tenant: Tenant, deployment: UUID, state: str = "SCHEDULED") -> UUID:
    now = datetime.now(UTC)
    with workspace_transaction(tenant.workspace_id):
        run, _ = launching.run_deployment(tenant.workspace_id, deployment, DeploymentFlowRunCreate(), now=now)
        if state != "SCHEDULED":
            transitions.propose_state(tenant.workspace_id, run.id, StateCreate(type=state), force=True, now=now)
    return run.id


def make_pool(tenant: Tenant) -> WorkPool:
    with workspace_transaction(tenant.workspace_id):
        work_pools.create_work_pool(tenant.workspace_id, WorkPoolCreate(name="pool"), now=datetime.now(UTC))
        return WorkPool.objects.of(tenant.workspace_id).get(name="pool")


def act(tenant: Tenant, action: dict[str, Any], **fields: Any) -> TriggeredAction:
    """One firing of an automation with this action, carried out."""
    automation = make_automation(tenant, actions=[action])
    firing = make_firing(automation, **fields)
    fire(tenant, automation, firing)
    executing.carry_out_due_actions()
    return next(row for row in actions_of(tenant) if row.firing_id == firing.id)


def about(kind: str, id: UUID, *related: tuple[str, UUID]) -> Event:
    others = [
        {"prefect.resource.id": f"prefect.{role}.{other}", "prefect.resource.role": role} for role, other in related
    ]
    return make_event({"prefect.resource.id": f"prefect.{kind}.{id}", "prefect.resource.name": "it"}, related=others)


def outcome(tenant: Tenant, row: TriggeredAction) -> dict[str, Any]:
    """The event that an action ended with."""
    told = [event for event in events_of(tenant) if event.payload.get("invocation") == str(row.id)]
    assert [event.event.rpartition(".")[2] for event in told][:1] == ["triggered"]
    assert len(told) == 2
    assert told[1].follows == told[0].id
    return {"event": told[1].event, "related": told[1].related, **told[1].payload}


def test_a_deployment_is_run_once_with_rendered_parameters(alice):
    deployment = deploy(alice)
    run = make_run(alice, deployment)
    event = about("flow-run", run, ("deployment", deployment))
    row = act(
        alice,
        {
            "type": "run-deployment",
            "source": "inferred",
            "schedule_after": 60,
            "parameters": {
                "why": "{{ event.event }} of {{ flow_run.name }}",
                "count": "{{ flow_run.run_count }}",
                "labels": {"__prefect_kind": "jinja", "template": "{{ event.resource.id }}"},
                "plain": 1,
                "typed": {"__prefect_kind": "json", "value": '{"a": 1}'},
            },
        },
        triggering_event=event,
    )
    assert (row.done is not None, row.dead, row.attempts) == (True, None, 1)
    with workspace_transaction(alice.workspace_id):
        first = FlowRun.objects.of(alice.workspace_id).get(id=run)
        made = FlowRun.objects.of(alice.workspace_id).exclude(id=run).get()
    assert made.parameters == {
        "why": f"prefect.flow-run.Failed of {first.name}",
        "count": 0,
        "labels": f"prefect.flow-run.{run}",
        "plain": 1,
        "typed": {"a": 1},
    }
    assert made.created_by["type"] == "AUTOMATION"
    assert made.idempotency_key == f"automation {row.automation_id}, action 0, invocation {row.id}"
    assert 55 < (made.expected_start_time - datetime.now(UTC)).total_seconds() <= 60
    ended = outcome(alice, row)
    assert ended["event"] == "prefect.automation.action.executed"
    assert [one["prefect.resource.role"] for one in ended["related"]] == [
        "target", "flow-run", "automation-triggered-event", "triggering-event",
    ]  # fmt: skip


def test_actions_change_what_the_event_is_about(alice):
    deployment, pool = deploy(alice), make_pool(alice)
    running, waiting, gone = (make_run(alice, deployment, state) for state in ("RUNNING", "SCHEDULED", "COMPLETED"))
    other = make_automation(alice, name="other")
    queue = pool.default_queue_id
    cases = [
        ({"type": "cancel-flow-run"}, about("flow-run", running)),
        ({"type": "cancel-flow-run"}, about("flow-run", waiting)),
        ({"type": "delete-flow-run"}, about("flow-run", gone)),
        ({"type": "pause-deployment", "deployment_id": str(deployment)}, None),
        ({"type": "pause-work-pool", "source": "inferred"}, about("worker", uuid7(), ("work-pool", pool.id))),
        ({"type": "pause-work-queue", "work_queue_id": str(queue)}, None),
        ({"type": "pause-automation", "automation_id": str(other.id)}, None),
    ]
    for action, event in cases:
        row = act(alice, action, triggering_event=event)
        assert row.done is not None, (action, row.answer)
        assert outcome(alice, row)["event"] == "prefect.automation.action.executed"
    with workspace_transaction(alice.workspace_id):
        states = dict(FlowRun.objects.of(alice.workspace_id).values_list("id", "state_name"))
        assert states == {running: "Cancelling", waiting: "Cancelled"}
        assert Deployment.objects.of(alice.workspace_id).get(id=deployment).paused is True
        assert WorkPool.objects.of(alice.workspace_id).get(id=pool.id).is_paused is True
        assert WorkQueue.objects.of(alice.workspace_id).get(id=queue).is_paused is True
        assert automations.read_automation(alice.workspace_id, other.id).enabled is False
    for action in (
        {"type": "resume-deployment", "deployment_id": str(deployment)},
        {"type": "resume-work-pool", "work_pool_id": str(pool.id)},
        {"type": "resume-work-queue", "work_queue_id": str(queue)},
        {"type": "resume-automation", "automation_id": str(other.id)},
    ):
        assert act(alice, action).done is not None
    with workspace_transaction(alice.workspace_id):
        assert Deployment.objects.of(alice.workspace_id).get(id=deployment).paused is False
        assert WorkPool.objects.of(alice.workspace_id).get(id=pool.id).is_paused is False
        assert WorkQueue.objects.of(alice.workspace_id).get(id=queue).is_paused is False
        assert automations.read_automation(alice.workspace_id, other.id).enabled is True


def test_a_run_is_suspended_resumed_and_changed(alice):
    deployment = deploy(alice)
    run = make_run(alice, deployment, "RUNNING")
    names = []
    for action in (
        {"type": "suspend-flow-run"},
        {"type": "resume-flow-run"},
        {"type": "change-flow-run-state", "state": "FAILED", "name": "Abandoned", "message": "enough", "force": True},
    ):
        row = act(alice, action, triggering_event=about("task-run", uuid7(), ("flow-run", run)))
        assert row.done is not None, row.answer
        with workspace_transaction(alice.workspace_id):
            names.append(FlowRun.objects.of(alice.workspace_id).get(id=run).state_name)
    assert names == ["Suspended", "Resuming", "Abandoned"]


@pytest.mark.parametrize(
    ("_case", "action", "reason"),
    [
        ("nothing to infer from", {"type": "cancel-flow-run"}, "No flow run could be inferred"),
        ("no deployment", {"type": "run-deployment", "source": "inferred"}, "No deployment could be inferred"),
        ("a deployment that is gone", {"type": "pause-deployment", "deployment_id": NOBODY}, "Deployment not found"),
        ("a pool that is gone", {"type": "pause-work-pool", "work_pool_id": NOBODY}, "not found"),
        ("no block", {"type": "send-notification", "block_document_id": NOBODY, "body": "x"}, "document not found"),
        ("no webhook", {"type": "call-webhook", "block_document_id": NOBODY}, "Block document not found"),
    ],
)  # fmt: skip
def test_an_action_that_cannot_be_done_is_a_dead_letter_with_its_reason(alice, _case, action, reason):
    event = make_event({"prefect.resource.id": "something.else"})
    row = act(alice, action, triggering_event=event)
    assert (row.done, row.dead is not None, row.attempts) == (None, True, 1)
    assert reason in row.answer
    ended = outcome(alice, row)
    assert ended["event"] == "prefect.automation.action.failed"
    assert reason in ended["reason"]


def test_a_broken_template_changes_nothing(alice):
    deployment = deploy(alice)
    row = act(
        alice,
        {"type": "run-deployment", "deployment_id": str(deployment), "parameters": {"x": "a {{ 1 / 0 }}"}},
    )
    assert row.answer.startswith("Template rendering failed: ZeroDivisionError")
    with workspace_transaction(alice.workspace_id):
        assert FlowRun.objects.of(alice.workspace_id).count() == 0


def test_an_event_cannot_smuggle_a_parameter_template(alice):
    deployment = deploy(alice)
    stolen = {"__prefect_kind": "workspace_variable", "variable_name": "secret"}
    row = act(
        alice,
        {"type": "run-deployment", "deployment_id": str(deployment), "parameters": {"x": "{{ event.payload.x }}"}},
        triggering_event=make_event(payload={"x": stolen}),
    )
    assert "may not hold a parameter template" in row.answer
    with workspace_transaction(alice.workspace_id):
        assert FlowRun.objects.of(alice.workspace_id).count() == 0


def test_an_action_that_kills_its_executors_dies_after_eight(alice):
    automation = make_automation(alice)
    fire(alice, automation, make_firing(automation))
    for _ in range(8):
        assert executing.claim() is not None
        with system_transaction():
            open_cursor().execute("UPDATE automation_action SET lease_until = now() WHERE lease_until IS NOT NULL")
    assert executing.claim() is None
    executing.carry_out_due_actions()
    (row,) = actions_of(alice)
    assert (row.attempts, row.dead is not None, row.done) == (8, True, None)
    assert outcome(alice, row)["event"] == "prefect.automation.action.failed"
    with workspace_transaction(alice.workspace_id):
        dead_letters.retry_action(alice.workspace_id, row.id, now=datetime.now(UTC))
    executing.carry_out_due_actions()
    (row,) = actions_of(alice)
    assert (row.attempts, row.dead, row.done is not None) == (1, None, True)


def test_an_action_that_cannot_be_read_keeps_no_other_waiting_and_dies_after_eight(alice):
    automation = make_automation(alice)
    for _ in range(3):
        fire(alice, automation, make_firing(automation))
    unreadable = actions_of(alice)[0].id
    with system_transaction():
        open_cursor().execute("UPDATE automation_action SET action = '{}' WHERE id = %s", [unreadable])
    for _ in range(8):
        with pytest.raises(msgspec.ValidationError):
            executing.carry_out_due_actions()
        assert [row.id for row in actions_of(alice) if row.done is None] == [unreadable]
        with system_transaction():
            open_cursor().execute("UPDATE automation_action SET lease_until = now() WHERE lease_until IS NOT NULL")
    executing.carry_out_due_actions()
    (row,) = [row for row in actions_of(alice) if row.done is None]
    assert (row.id, row.attempts, row.dead is not None) == (unreadable, 8, True)


def test_an_executor_whose_lease_was_taken_changes_nothing(alice):
    deployment = deploy(alice)
    automation = make_automation(alice, actions=[{"type": "pause-deployment", "deployment_id": str(deployment)}])
    fire(alice, automation, make_firing(automation))
    slow = executing.claim()
    with system_transaction():
        open_cursor().execute("UPDATE automation_action SET lease_token = %s", [uuid7()])
    with pytest.raises(executing.LeaseLost):
        executing.carry_out(executing.as_invocation(slow, ""), 0.0)
    with workspace_transaction(alice.workspace_id):
        assert Deployment.objects.of(alice.workspace_id).get(id=deployment).paused is False


def test_executors_killed_in_the_middle_lose_nothing_and_double_nothing(alice, quiet):
    deployment = deploy(alice)
    automation = make_automation(
        alice, actions=[{"type": "run-deployment", "deployment_id": str(deployment)}], name="many"
    )
    firings = [make_firing(automation) for _ in range(60)]
    for firing in firings:
        fire(alice, automation, firing)
    for kill in range(12):
        workers = [
            subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=quiet.environment(), stdout=subprocess.PIPE)
            for _ in range(2)
        ]
        for worker in workers:
            worker.stdout.readline()  # it has begun; what it is in the middle of is chance
        time.sleep(0.01 * kill)
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            worker.stdout.close()
        with system_transaction():
            open_cursor().execute("UPDATE automation_action SET lease_until = now() WHERE lease_until IS NOT NULL")
    executing.carry_out_due_actions()
    rows = actions_of(alice)
    assert len(rows) == 60
    assert [row.answer for row in rows if row.done is None] == []
    with workspace_transaction(alice.workspace_id):
        keys = list(FlowRun.objects.of(alice.workspace_id).values_list("idempotency_key", flat=True))
    assert sorted(keys) == sorted(f"automation {automation.id}, action 0, invocation {row.id}" for row in rows)
    told = [event.payload["invocation"] for event in events_of(alice, "prefect.automation.action.executed")]
    assert sorted(told) == sorted(str(row.id) for row in rows)


WORKER = """
import django
django.setup()
from automations.services import executing
print("begun", flush=True)
executing.carry_out_due_actions()
"""


# ------------------------------------------------------------------------------------------------------------- webhooks


def make_block(tenant: Tenant, slug: str, fields: list[str], data: dict[str, Any], *capabilities: str) -> UUID:
    """A block of a type like Prefect's own."""
    workspace, now = tenant.workspace_id, datetime.now(UTC)
    with workspace_transaction(workspace):
        block_type = block_types.create_block_type(workspace, BlockTypeCreate(name=slug, slug=slug), now=now)
        schema = {"title": slug, "type": "object", "properties": {name: {"type": "string"} for name in fields},
                  "secret_fields": [], "block_type_slug": slug, "block_schema_references": {}}  # fmt: skip
        body = BlockSchemaCreate(fields=schema, block_type_id=block_type.id, capabilities=list(capabilities))
        made = block_schemas.create_block_schema(workspace, body)
        made = made[0] if isinstance(made, tuple) else made
        document = BlockDocumentCreate(
            name=f"my-{slug}", data=data, block_type_id=block_type.id, block_schema_id=made.id
        )
        return block_documents.create_block_document(workspace, document, now=now).id


@pytest.fixture
def receiver() -> Iterator["Receiver"]:
    server = Receiver(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


class Receiver(ThreadingHTTPServer):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.answers: list[int] = []
        self.calls: list[tuple[str, dict[str, str], str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.calls.append((self.command, {name.lower(): value for name, value in self.headers.items()}, body))
        status = self.server.answers.pop(0) if self.server.answers else 200
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b"answer")

    do_PUT = do_POST

    def log_message(self, *_: Any) -> None:
        pass


def make_webhook(tenant: Tenant, url: str) -> UUID:
    return make_block(
        tenant, "webhook", ["url", "method"], {"url": url, "method": "PUT", "headers": {"x-team": "data"}}
    )


def due_now(tenant: Tenant) -> None:
    with workspace_transaction(tenant.workspace_id):
        TriggeredAction.objects.of(tenant.workspace_id).update(next_attempt=datetime.now(UTC))


def test_a_webhook_is_called_again_with_the_same_key(alice, receiver):
    receiver.answers = [503, 200]
    block = make_webhook(alice, receiver.url)
    action = {"type": "call-webhook", "block_document_id": str(block), "payload": {"who": "{{ event.resource.id }}"}}
    event = make_event({"prefect.resource.id": "shop.cart"})
    row = act(alice, action, triggering_event=event)
    assert (row.done, row.dead, row.answer) == (None, None, "Webhook call failed: 503")
    due_now(alice)
    executing.carry_out_due_actions()
    (row,) = actions_of(alice)
    assert (row.done is not None, row.attempts, [one["is_done"] for one in row.tries]) == (True, 2, [False, True])
    assert [json.loads(body) for _, _, body in receiver.calls] == [{"who": "shop.cart"}] * 2
    assert [headers["webhook-id"] for _, headers, _ in receiver.calls] == [row.key] * 2
    assert {(method, headers["x-team"]) for method, headers, _ in receiver.calls} == {("PUT", "data")}
    ended = outcome(alice, row)
    assert (ended["status_code"], ended["response_body"]) == (200, "answer")
    assert [one["prefect.resource.role"] for one in ended["related"]][:2] == ["block", "block-type"]


@pytest.mark.parametrize("status", [302, 400, 404])
def test_a_webhook_that_is_refused_for_good_is_not_called_again(alice, receiver, status):
    receiver.answers = [status]
    block = make_webhook(alice, receiver.url)
    row = act(alice, {"type": "call-webhook", "block_document_id": str(block), "payload": "x"})
    assert (row.dead is not None, row.answer) == (True, f"Webhook call failed: {status}")
    assert len(receiver.calls) == 1


def test_a_webhook_inside_the_house_is_not_called(alice, receiver, settings):
    settings.EGRESS_ALLOW_CIDRS = []
    block = make_webhook(alice, receiver.url)
    row = act(alice, {"type": "call-webhook", "block_document_id": str(block), "payload": "x"})
    assert row.dead is not None
    assert "loopback" in row.answer
    assert receiver.calls == []


# -------------------------------------------------------------------------------------------------------- notifications


def test_a_notification_is_handed_over_once_in_rendered_words(alice):
    block = make_block(alice, "slack-webhook", ["url"], {"url": "https://hooks.slack.com/services/T/B/x"}, "notify")
    deployment = deploy(alice)
    run = make_run(alice, deployment)
    action = {
        "type": "send-notification",
        "block_document_id": str(block),
        "subject": "{{ flow.name }} failed",
        "body": "{{ flow_run.name }} of {{ deployment.name }}: {{ flow_run|ui_url }} {{ nothing.at.all }}",
    }
    row = act(alice, action, triggering_event=about("flow-run", run))
    assert row.done is not None, row.answer
    with workspace_transaction(alice.workspace_id):
        name = FlowRun.objects.of(alice.workspace_id).get(id=run).name
        (message,) = Outbox.objects.of(alice.workspace_id)
    page = f"{django_settings.PUBLIC_URL}/w/{alice.account.handle}/dev/runs/{run}"
    assert message.key == f"action:{row.key}"
    assert message.payload["subject"] == "train failed"
    assert message.payload["body"] == f"{name} of nightly: {page} "
    assert message.flow_run_id == run


def test_a_block_that_cannot_notify_is_refused(alice):
    block = make_block(alice, "postbox", ["url"], {"url": "x"})
    row = act(alice, {"type": "send-notification", "block_document_id": str(block), "body": "x"})
    assert row.answer == "Block 'my-postbox' is not a notification block"


def test_a_notification_may_go_to_a_channel_and_is_sent_from_there(alice, slack):
    with workspace_transaction(alice.workspace_id):
        channel = channels.create_channel(
            alice.workspace_id, kind="slack", name="data-alerts", settings={"url": slack.url}
        )
    action = {"type": "send-notification", "block_document_id": str(channel.id), "subject": "It is red", "body": "now"}
    row = act(alice, action)
    assert row.done is not None, row.answer
    assert outcome(alice, row)["related"][0] == {
        "prefect.resource.id": f"signalbox.notification-channel.{channel.id}",
        "prefect.resource.role": "channel",
    }
    with workspace_transaction(alice.workspace_id):
        (message,) = Outbox.objects.of(alice.workspace_id)
    assert (message.channel_id, message.payload["subject"], message.payload["body"]) == (channel.id, "It is red", "now")
