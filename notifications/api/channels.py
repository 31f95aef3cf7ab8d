"""REST doors of channels and deliveries. No transaction is open while a name is resolved or a receiver answers."""

from uuid import UUID

from controlplane.filters.bodies import Listing
from controlplane.wire.doors import Call, delete, get, patch, post
from notifications.services import channel_settings, channels, delivery_log
from notifications.wire.channels import (
    Channel,
    ChannelCreate,
    ChannelKind,
    ChannelTest,
    ChannelTried,
    ChannelUpdate,
    Delivery,
    DeliveryListing,
)
from workspaces.permissions import Permission

SEE, MANAGE = Permission.SEE_NOTIFICATIONS, Permission.MANAGE_NOTIFICATIONS


@get("notification_channel_kinds", needs=SEE)
def list_notification_channel_kinds(call: Call) -> list[ChannelKind]:
    return channel_settings.list_kinds()


@post("notification_channels", needs=MANAGE, status=201, transaction=False)
def create_notification_channel(call: Call, body: ChannelCreate) -> Channel:
    return channel_settings.create_channel(call.workspace, body, now=call.now)


@post("notification_channels/filter", needs=SEE)
def list_notification_channels(call: Call, body: Listing) -> list[Channel]:
    return channel_settings.list_channels(call.workspace, body)


@get("notification_channels/<uuid:id>", needs=SEE)
def read_notification_channel(call: Call, id: UUID) -> Channel:
    return channel_settings.read_channel(call.workspace, id)


@patch("notification_channels/<uuid:id>", needs=MANAGE, status=200, transaction=False)
def update_notification_channel(call: Call, id: UUID, body: ChannelUpdate) -> Channel:
    return channel_settings.update_channel(call.workspace, id, body, now=call.now)


@delete("notification_channels/<uuid:id>", needs=MANAGE)
def delete_notification_channel(call: Call, id: UUID) -> None:
    channels.delete_channel(call.workspace, id)


@post("notification_channels/<uuid:id>/test", needs=MANAGE, transaction=False)
def test_notification_channel(call: Call, id: UUID, body: ChannelTest) -> ChannelTried:
    place = (call.place.account_handle, call.place.workspace_handle)
    return channel_settings.try_channel(call.workspace, id, place=place, by=call.caller.actor_id)


@post("notification_deliveries/filter", needs=SEE)
def list_notification_deliveries(call: Call, body: DeliveryListing) -> list[Delivery]:
    return delivery_log.list_deliveries(call.workspace, body)


@get("notification_deliveries/<uuid:id>", needs=SEE)
def read_notification_delivery(call: Call, id: UUID) -> Delivery:
    return delivery_log.read_delivery(call.workspace, id)


@post("notification_deliveries/<uuid:id>/retry", needs=MANAGE)
def retry_notification_delivery(call: Call, id: UUID) -> Delivery:
    return delivery_log.retry_delivery(call.workspace, id, now=call.now)
