"""Celery doors."""

from celery import shared_task

from workspaces.services import audit_chain


@shared_task(name="workspaces.chain_audit")
def chain_audit() -> None:
    audit_chain.chain_entries()
