"""Channels that fail: shown on every page, and told to the owners another way, once for each time."""

import logging
from smtplib import SMTPException
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage

from controlplane.ids import uuid7
from controlplane.sql.transactions import system_transaction, workspace_transaction
from notifications import queries_health as queries
from notifications.channels.drafts import tidy
from notifications.queries_health import Unhealthy, Untold
from notifications.services.matching import to_json

BANNER_SECONDS = 60.0
OWNERS_SECONDS = 900.0
LEASE_SECONDS = 120.0
log = logging.getLogger("signalbox.notifications")


def unhealthy_channels(workspace: UUID) -> list[Unhealthy]:
    """Those that are disabled, or have been failing for a minute. Joins the open transaction, or opens one."""
    with workspace_transaction(workspace):
        return queries.find_unhealthy_channels(workspace=workspace, patience=BANNER_SECONDS)


def tell_owners() -> int:
    """Tell of the channels that were disabled, or have failed for a quarter of an hour. Returns how many.

    By an event, and by e-mail to the owners after it. They count as told when the letter was taken: one that is not, or
    whose writer dies, is written again, with another event.
    """
    with system_transaction():
        untold = queries.claim_untold_channels(patience=OWNERS_SECONDS, lease=LEASE_SECONDS)
        if untold:
            queries.note_unhealthy_channels(rows=to_json([event_of(channel) for channel in untold]))
    for channel in untold:
        is_told = write_to_owners(channel) if settings.EMAIL_HOST and channel.owners else True
        with workspace_transaction(channel.workspace_id):
            queries.mark_owners_told(workspace=channel.workspace_id, channel=channel.id, is_told=is_told)
    return len(untold)


def event_of(channel: Untold) -> dict[str, object]:
    return {
        "workspace_id": channel.workspace_id,
        "id": uuid7(),
        "channel_id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "status": channel.status,
        "reason": channel.reason,
    }


def write_to_owners(channel: Untold) -> bool:
    """Whether a letter was taken, with nobody's address in another's sight."""
    name = tidy(channel.name)
    what = "was disabled" if channel.status == "DISABLED" else "has been failing for 15 minutes"
    body = (
        f"The notification channel {name} of {channel.account}/{channel.workspace} {what}.\n\n"
        f"{channel.reason}\n\n"
        "Until it works again, nobody is told through it.\n"
        f"{settings.PUBLIC_URL}/w/{channel.account}/{channel.workspace}/notifications\n"
    )
    letter = EmailMessage(
        f"Notifications to {name} do not arrive", body, headers={"Auto-Submitted": "auto-generated"}, bcc=channel.owners
    )
    try:
        letter.send()
    except (OSError, SMTPException):
        log.warning("A letter about a failing channel was not taken.", extra={"channel_id": str(channel.id)})
        return False
    return True
