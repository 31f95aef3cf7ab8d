"""Celery doors."""

from celery import shared_task

from workspaces.services import audit_chain, metering


@shared_task(name="workspaces.chain_audit")
def chain_audit() -> None:
    audit_chain.chain_entries()


@shared_task(name="workspaces.count_stored")
def count_stored() -> None:
    for _ in range(20):
        if not metering.count_stored():
            return
