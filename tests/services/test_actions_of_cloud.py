"""Actions that only Prefect Cloud has: incidents, e-mail to addresses, one schedule of a deployment."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from automations.services import executing, incidents
from automations.wire.automations import Automation
from automations.wire.incidents import Incident, IncidentCreate, IncidentsFilter
from controlplane.errors import Conflict
from controlplane.sql.transactions import workspace_transaction
from deployments.models import DeploymentSchedule
from deployments.services import schedules
from deployments.wire.schedules import DeploymentScheduleCreate
from notifications.models import Channel, Outbox
from notifications.tasks import notify
from tests.fakes.mail import fake_mail, make_certificate
from tests.services.test_automation_actions import (
    NOBODY,
    act,
    actions_of,
    deploy,
    events_of,
    fire,
    make_automation,
    make_event,
    make_firing,
    no_backlog,
    outcome,
)
from tests.world import Tenant
from workspaces.services.callers import caller_of_user

__all__ = ["no_backlog"]

DECLARE = {"type": "declare-incident"}
CART = {"prefect.resource.id": "shop.cart", "prefect.resource.name": "Cart"}


def listed(tenant: Tenant, **asked: Any) -> list[Incident]:
    with workspace_transaction(tenant.workspace_id):
        return incidents.list_incidents(tenant.workspace_id, IncidentsFilter(**asked))


def resolve(tenant: Tenant, id: UUID) -> Incident:
    caller = caller_of_user(tenant.user)
    with workspace_transaction(tenant.workspace_id):
        return incidents.resolve_incident(tenant.workspace_id, id, caller=caller, now=datetime.now(UTC))


def fire_about(tenant: Tenant, automation: Automation, resource: dict[str, str]) -> None:
    fire(tenant, automation, make_firing(automation, triggering_event=make_event(resource)))
    executing.carry_out_due_actions()


# ----------------------------------------------------------------------------------------------------------- incidents


def test_an_automation_declares_one_incident_for_a_resource_and_counts_up(alice):
    automation = make_automation(alice, actions=[DECLARE], name="shop watch")
    for resource in (CART, CART, {"prefect.resource.id": "shop.till"}, CART):
        fire_about(alice, automation, resource)
    assert sorted((one.name, one.resource_id, one.times, one.status) for one in listed(alice)) == [
        ("shop watch: Cart", "shop.cart", 3, "OPEN"),
        ("shop watch: shop.till", "shop.till", 1, "OPEN"),
    ]
    told = events_of(alice, "prefect-cloud.incident.")
    assert [event.event for event in told] == ["prefect-cloud.incident.declared"] * 2
    cart = next(one for one in listed(alice) if one.resource_id == "shop.cart")
    assert told[0].resource_id == f"prefect-cloud.incident.{cart.id}"
    assert [(one["prefect.resource.role"], one["prefect.resource.id"]) for one in told[0].related] == [
        ("subject", "shop.cart"), ("creator", f"prefect.automation.{automation.id}"),
    ]  # fmt: skip
    answers = [row.answer for row in actions_of(alice)]
    assert answers[0] == "Declared an incident"
    assert answers[3] == "Counted with the open incident: 3 times now"


def test_after_it_was_resolved_the_next_firing_declares_another(alice):
    automation = make_automation(alice, actions=[DECLARE])
    fire_about(alice, automation, CART)
    (first,) = listed(alice, status="OPEN")
    resolved = resolve(alice, first.id)
    assert (resolved.status, resolved.resolved_by.type, resolved.resolved_by.id) == (
        "RESOLVED", "USER", str(alice.user.pk),
    )  # fmt: skip
    with pytest.raises(Conflict):
        resolve(alice, first.id)
    fire_about(alice, automation, CART)
    (second,) = listed(alice, status="OPEN")
    assert second.id != first.id
    assert [event.event.rpartition(".")[2] for event in events_of(alice, "prefect-cloud.incident.")] == [
        "declared", "resolved", "declared",
    ]  # fmt: skip


def test_people_declare_incidents_too(alice):
    body = IncidentCreate(name="The cart is slow", severity="high", resource_id="shop.cart")
    caller = caller_of_user(alice.user)
    for _ in range(2):
        with workspace_transaction(alice.workspace_id):
            incidents.declare_incident(alice.workspace_id, body, caller=caller, now=datetime.now(UTC))
    assert [(one.name, one.severity, one.declared_by.type, one.times) for one in listed(alice)] == [
        ("The cart is slow", "high", "USER", 1)
    ] * 2


# -------------------------------------------------------------------------------------------------------------- e-mail


@pytest.fixture
def mail(settings, tmp_path):
    certificate = make_certificate(tmp_path)
    settings.SMTP_CA_FILE = str(certificate)
    with fake_mail(certificate) as mail:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", mail.port, True
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "bot", "letter-secret-1"
        settings.DEFAULT_FROM_EMAIL = "Signalbox <sb@example.com>"
        yield mail


def email(*to: str) -> dict[str, Any]:
    return {"type": "send-email-notification", "emails": list(to), "subject": "{{ event.resource.name }} is empty",
            "body": "Look at {{ event.resource.id }}."}  # fmt: skip


def channels_of(tenant: Tenant) -> list[tuple[str, str]]:
    with workspace_transaction(tenant.workspace_id):
        return list(Channel.objects.of(tenant.workspace_id).order_by("name").values_list("kind", "name"))


def test_a_letter_goes_to_the_addresses_and_every_letter_to_them_through_one_channel(alice, mail):
    for addresses in (["ops@example.com", "eve@example.com"], ["Eve@example.com", "ops@example.com"]):
        row = act(alice, email(*addresses), triggering_event=make_event(CART))
        assert (row.done is not None, row.answer) == (True, "Handed to notifications")
    notify()
    notify()
    assert [letter["Subject"] for letter in mail.letters] == ["Cart is empty"] * 2
    assert mail.receivers == ["ops@example.com", "eve@example.com"] * 2
    assert "Look at shop.cart." in mail.letters[0].get_body(("plain",)).get_content()
    assert channels_of(alice) == [("email", "E-mail to eve@example.com, ops@example.com")]
    with workspace_transaction(alice.workspace_id):
        assert sorted(Outbox.objects.of(alice.workspace_id).values_list("key", flat=True)) == sorted(
            f"action:{row.key}" for row in actions_of(alice)
        )


def test_where_no_mail_leaves_the_letter_is_given_up_with_the_reason(alice, settings):
    settings.EMAIL_HOST = ""
    row = act(alice, email("ops@example.com"))
    assert (row.dead is not None, row.answer) == (
        True, "This installation sends no mail of its own: give an SMTP server.",
    )  # fmt: skip
    assert outcome(alice, row)["event"] == "prefect.automation.action.failed"
    assert channels_of(alice) == []


# ----------------------------------------------------------------------------------------------------------- schedules


def test_one_schedule_is_paused_and_resumed_and_the_others_go_on(alice):
    deployment = deploy(alice)
    body = [DeploymentScheduleCreate(schedule={"interval": 3600.0}, parameters={"n": n}, slug=f"s{n}") for n in (1, 2)]
    with workspace_transaction(alice.workspace_id):
        made = schedules.create_schedules(alice.workspace_id, deployment, body, now=datetime.now(UTC))
    id = str(next(one.id for one in made if one.slug == "s1"))
    row = act(alice, {"type": "pause-schedule", "schedule_id": id})
    assert (row.done is not None, row.answer) == (True, "Paused the schedule")
    assert active(alice, deployment) == [("s1", False, {"n": 1}), ("s2", True, {"n": 2})]
    act(alice, {"type": "resume-schedule", "schedule_id": id})
    assert active(alice, deployment) == [("s1", True, {"n": 1}), ("s2", True, {"n": 2})]
    gone = act(alice, {"type": "pause-schedule", "schedule_id": NOBODY})
    assert (gone.dead is not None, gone.answer) == (True, "Schedule not found.")


def active(tenant: Tenant, deployment: UUID) -> list[tuple[str, bool, dict[str, Any]]]:
    with workspace_transaction(tenant.workspace_id):
        rows = DeploymentSchedule.objects.of(tenant.workspace_id).filter(deployment_id=deployment).order_by("slug")
        return [(row.slug, row.active, row.parameters) for row in rows]
