"""Celery doors."""

from datetime import UTC, datetime

from celery import shared_task

from workspaces.services import audit_chain, metering, refusals


@shared_task(name="workspaces.forget_refusals")
def forget_refusals() -> None:
    refusals.forget_refusals(datetime.now(UTC))


@shared_task(name="workspaces.chain_audit")
def chain_audit() -> None:
    audit_chain.chain_entries()


@shared_task(name="workspaces.count_stored")
def count_stored() -> None:
    for _ in range(20):
        if not metering.count_stored():
            return
