"""Channels as the management API has them: with their settings, of which what is secret never leaves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import IntegrityError

from blocks.services import sealing
from controlplane.errors import Conflict, TooOften
from controlplane.filters import page_limits
from controlplane.filters.bodies import Listing
from controlplane.sql.transactions import workspace_transaction
from controlplane.wire.invalid import InvalidBody, value_error
from controlplane.wire.structs import UNSET, present
from notifications.channels import KINDS, OFFERED, keeping, kind_of
from notifications.channels.contract import Settings, form_of
from notifications.models import Channel as Row
from notifications.services import channels, samples, testing_limits
from notifications.wire.channels import Channel, ChannelCreate, ChannelKind, ChannelTried, ChannelUpdate, KindField
from workspaces.services import audit

TAKEN = "There is a channel with this name already."


def list_kinds() -> list[ChannelKind]:
    """In the order in which a person is offered them."""
    return [
        ChannelKind(
            name=kind.name,
            title=kind.title,
            help=kind.help,
            can_edit=kind.can_edit,
            fields=[
                KindField(**{**msgspec.structs.asdict(field), "choices": list(field.choices)})
                for field in form_of(kind.settings)
            ],
        )
        for kind in OFFERED
    ]


def list_channels(workspace: UUID, body: Listing) -> list[Channel]:
    limits = page_limits(body)
    rows = Row.objects.of(workspace).order_by("name", "id")
    return [shown(row) for row in rows[limits.offset : limits.offset + limits.limit]]


def read_channel(workspace: UUID, channel_id: UUID) -> Channel:
    return shown(channels.read_channel(workspace, channel_id))


def create_channel(workspace: UUID, body: ChannelCreate, *, now: datetime) -> Channel:
    """Not inside a transaction: the name of a host may be resolved first. A fault is at its field of the body."""
    if body.kind not in KINDS:
        raise InvalidBody(
            [value_error(("body", "kind"), f"There is no kind of channel called {body.kind}.", None)], None
        )
    with at_settings():
        settings = keeping.read_settings(kind_of(body.kind), body.settings)
    with workspace_transaction(workspace):
        row = channels.create_channel(workspace, kind=body.kind, name=body.name, settings=settings)
        return read_channel(workspace, row.id)


def update_channel(workspace: UUID, channel_id: UUID, body: ChannelUpdate, *, now: datetime) -> Channel:
    """Not inside a transaction, as above. New settings are a new start for a channel that was failing."""
    with workspace_transaction(workspace):
        row = channels.read_channel(workspace, channel_id)
        before = open_settings(row)
    sent = present(body)
    with at_settings():
        given = body.settings if isinstance(body.settings, dict) else {}
        after = keeping.changed_settings(kind_of(row.kind), before, given) if given else before
    with workspace_transaction(workspace):
        row = channels.read_channel(workspace, channel_id)
        changes: dict[str, Any] = {}
        if body.name is not UNSET and body.name != row.name:
            changes["name"] = [row.name, body.name]
            row.name = channels.clean_name(body.name)
        if "settings" in sent and after != before:
            changes["settings"] = audit.CHANGED
            if removed := keeping.removed_secrets(before, after):
                changes["removed"] = [removed, []]
            channels.keep(row, after)
            row.status, row.status_reason, row.failing_since, row.owners_told = "OK", "", None, None
        if changes:
            row.updated = now
            try:
                row.save(force_update=True)
            except IntegrityError:
                raise Conflict(TAKEN) from None
            channels.tell(row, "updated", changes)
        return read_channel(workspace, channel_id)


def try_channel(workspace: UUID, channel_id: UUID, *, place: tuple[str, str], by: UUID) -> ChannelTried:
    """Send a test message. Not inside a transaction. `TooOften` after ten in a minute."""
    if testing_limits.is_too_often(by):
        raise TooOften(testing_limits.TOO_OFTEN, retry_after=60)
    message = samples.sample_message(workspace, account=place[0], handle=place[1])
    sent = channels.send_to_channel(workspace, channel_id, message, reason="test")
    return ChannelTried(is_delivered=sent.failure is None, answer=sent.answer, seconds=sent.seconds)


@contextmanager
def at_settings() -> Iterator[None]:
    """What is wrong with the settings, at its place in the body; what was sent is not repeated."""
    try:
        yield
    except keeping.BadSettings as error:
        place = ("body", "settings", error.field) if error.field else ("body", "settings")
        raise InvalidBody([value_error(place, error.detail, None)], None) from None


def open_settings(row: Row) -> Settings:
    """Joins the open transaction, or opens one: the key may still be in the database."""
    with workspace_transaction(row.workspace_id):
        opened = sealing.open_sealed(
            row.workspace_id, table="notification_channel", row=row.id, field="secret", sealed=row.secret
        )
    settings: Settings = keeping.from_bytes(kind_of(row.kind), opened)
    return settings


def shown(row: Row) -> Channel:
    return Channel(
        id=row.id, created=row.created, updated=row.updated, kind=row.kind, name=row.name, hint=row.hint,
        settings=keeping.shown(open_settings(row)), status=row.status,  # type: ignore[arg-type]
        status_reason=row.status_reason, failing_since=row.failing_since, last_delivery=row.last_delivery,
    )  # fmt: skip
