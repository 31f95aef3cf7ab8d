"""Which automations tell a channel: asked by the channel's own pages."""

from uuid import UUID

from django.db.models import Q

from automations.models import Automation
from notifications.services import channel_uses
from notifications.services.channel_uses import Use

LISTS = ("actions", "actions_on_trigger", "actions_on_resolve")


@channel_uses.register
def find_automations(workspace: UUID, channel: UUID) -> list[Use]:
    """A channel stands where clients know blocks."""
    named, wanted = [{"block_document_id": str(channel)}], Q()
    for name in LISTS:
        wanted |= Q(**{f"{name}__contains": named})
    rows = Automation.objects.of(workspace).filter(wanted).order_by("name", "id")
    return [
        Use("Automation", name, "sends to it, and will fail", view="automation", id=id)
        for id, name in rows.values_list("id", "name")
    ]
