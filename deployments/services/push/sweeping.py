"""The sweep of push work pools."""

from datetime import datetime, timedelta

from django.conf import settings

from controlplane.sql.transactions import system_transaction
from deployments import queries_push as queries
from deployments.services.push.claiming import claim_push_runs
from deployments.services.push.following import follow_submissions


def push_runs(now: datetime) -> None:
    """Claim what is due and take every submission a step further. Any number of these may run at once."""
    claim_push_runs(now)
    follow_submissions(now)


def forget_old_submissions(now: datetime) -> int:
    with system_transaction():
        return queries.forget_old_submissions(before=now - timedelta(days=settings.KEEP_PUSHES_DAYS))
