"""A data key does not serve for ever: after `KEY_MAX_DAYS` the workspace gets the next one, with nobody asking."""

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from blocks.models import DataKey
from blocks.services import key_rotation, sealing
from controlplane.errors import Problem
from controlplane.sql.transactions import system_transaction, workspace_transaction

log = logging.getLogger(__name__)


def renew_old_keys(*, now: datetime, seconds: float = 20.0) -> int:
    """Start a rotation wherever the key in use is too old; how many were started. Safe in many processes."""
    if settings.KEY_MAX_DAYS <= 0:
        return 0
    until, before = time.monotonic() + seconds, now - timedelta(days=settings.KEY_MAX_DAYS)
    started = 0
    for workspace in find_workspaces(before):
        if time.monotonic() > until:
            break
        started += renew(workspace, before)
    return started


def find_workspaces(before: datetime) -> list[UUID]:
    """In any order: those whose keys cannot be made now must not hold the others up at every turn."""
    with system_transaction():
        old = DataKey.objects.using("system").filter(retired__isnull=True, created__lt=before)
        return list(old.order_by("?").values_list("workspace_id", flat=True))


def renew(workspace: UUID, before: datetime) -> bool:
    try:
        with workspace_transaction(workspace):
            # Whoever waited here looks again: the other process has just made a key that is not old.
            sealing.lock_keys(workspace)
            old = DataKey.objects.of(workspace).filter(retired__isnull=True, created__lt=before)
            if not old.exists() or key_rotation.under_way(workspace):
                return False
            key_rotation.start_rotation(workspace, "reseal")
            return True
    except Problem:
        # The customer's key is closed or out of reach: nothing has changed, the next sweep tries again.
        log.warning("An old data key cannot be renewed", extra={"workspace": str(workspace)})
        return False
