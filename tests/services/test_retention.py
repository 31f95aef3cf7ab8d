"""What was over long ago goes, of every room; what is open stays, however old it is."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from automations.models import Evaluation, TriggeredAction
from automations.services import records
from automations.services.executing import forget_old_actions
from controlplane.sql.transactions import workspace_transaction
from deployments.models import PushSubmission
from deployments.services.push.sweeping import forget_old_submissions
from notifications.models import Alert, Outbox, Rule
from notifications.services.retention import forget_old_notifications
from tests.services.test_automation_actions import make_automation

NOW = datetime.now(UTC)
OLD, RECENT = NOW - timedelta(days=91), NOW - timedelta(days=29)


def ids(model, tenant) -> set[UUID]:
    with workspace_transaction(tenant.workspace_id):
        return set(model.objects.of(tenant.workspace_id).values_list("id", flat=True))


def add(model, tenant, **fields) -> UUID:
    with workspace_transaction(tenant.workspace_id):
        return model.objects.create(workspace_id=tenant.workspace_id, **fields).id


def alert(tenant, **fields) -> UUID:
    rule = add(Rule, tenant, name="failures")
    facts = {"rule_id": rule, "group_key": "k", "opened": OLD, "last_event": OLD, "first": {}, "last": {}}
    return add(Alert, tenant, **facts, **fields)


def message(tenant, **fields) -> UUID:
    return add(Outbox, tenant, key=str(uuid4()), block_document_id=uuid4(), payload={}, next_attempt=OLD, **fields)


def test_alerts_and_messages_that_are_over_are_forgotten_after_the_days_of_the_setting(alice, settings):
    gone_alert, open_alert = alert(alice, state="RESOLVED", resolved=OLD), alert(alice)
    recent_alert = alert(alice, state="RESOLVED", resolved=RECENT)
    gone = [message(alice, delivered=OLD), message(alice, dead=OLD), message(alice, delivered=OLD, alert_id=gone_alert)]
    kept = [message(alice), message(alice, delivered=RECENT), message(alice, delivered=OLD, alert_id=open_alert)]
    assert forget_old_notifications(NOW) == len(gone) + 1
    assert (ids(Outbox, alice), ids(Alert, alice)) == (set(kept), {open_alert, recent_alert})
    assert forget_old_notifications(NOW) == 0
    settings.KEEP_NOTIFICATIONS_DAYS = 28
    assert forget_old_notifications(NOW) == 2
    assert (ids(Outbox, alice), ids(Alert, alice)) == ({kept[0], kept[2]}, {open_alert})


def test_submissions_that_ended_are_forgotten(alice):
    facts = {"flow_run_id": uuid4(), "next_look": OLD}
    add(PushSubmission, alice, status="ENDED", ended=OLD, **facts)
    kept = {
        add(PushSubmission, alice, status="RUNNING", **facts),
        add(PushSubmission, alice, status="ENDED", ended=RECENT, **facts),
    }
    assert forget_old_submissions(NOW) == 1
    assert ids(PushSubmission, alice) == kept


def test_actions_and_records_of_automations_are_forgotten(alice):
    automation = make_automation(alice)
    fields = {
        "automation_id": automation.id, "firing_id": uuid4(), "action_index": 0, "kind": "do-nothing", "action": {},
        "firing": {}, "automation": {}, "next_attempt": OLD,
    }  # fmt: skip
    add(TriggeredAction, alice, key="done", done=OLD, **fields)
    add(TriggeredAction, alice, key="dead", dead=OLD, **fields)
    kept = {
        add(TriggeredAction, alice, key="recent", done=RECENT, **fields),
        add(TriggeredAction, alice, key="open", **fields),
    }
    assert forget_old_actions(NOW) == 2
    assert ids(TriggeredAction, alice) == kept
    seen = {"automation_id": automation.id, "trigger_id": uuid4(), "verdict": "fired"}
    old, recent = (add(Evaluation, alice, **seen) for _ in range(2))
    with workspace_transaction(alice.workspace_id):
        Evaluation.objects.of(alice.workspace_id).filter(id=old).update(created=OLD)
    records.prune()
    assert ids(Evaluation, alice) == {recent}
