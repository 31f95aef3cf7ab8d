"""The sweep of push work pools."""

from datetime import datetime

from deployments.services.push.claiming import claim_push_runs
from deployments.services.push.following import follow_submissions


def push_runs(now: datetime) -> None:
    """Claim what is due and take every submission a step further. Any number of these may run at once."""
    claim_push_runs(now)
    follow_submissions(now)
