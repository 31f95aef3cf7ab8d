"""REST doors of concurrency limits: the global ones (v2), and the view on tags (v1)."""

from uuid import UUID

from controlplane.filters import Listing
from controlplane.wire.doors import Call, Reply, delete, get, patch, post
from runs.services import limits, tag_limits
from runs.wire import concurrency as wire
from workspaces.permissions import Permission

SEE = Permission.SEE_CONCURRENCY_LIMITS
MANAGE = Permission.MANAGE_CONCURRENCY_LIMITS
USE = Permission.RUN_FLOWS  # whoever runs flows takes slots


@post("v2/concurrency_limits", needs=MANAGE, status=201)
def create_limit(call: Call, body: wire.LimitCreate) -> wire.Limit:
    return limits.create_limit(call.workspace, body, now=call.now)


@post("v2/concurrency_limits/filter", needs=SEE)
def filter_limits(call: Call, body: Listing) -> list[wire.GlobalLimit]:
    return limits.list_limits(call.workspace, body)


@get("v2/concurrency_limits/<str:id_or_name>", needs=SEE)
def read_limit(call: Call, id_or_name: str) -> wire.GlobalLimit:
    return limits.read_limit(call.workspace, id_or_name)


@patch("v2/concurrency_limits/<str:id_or_name>", needs=MANAGE)
def update_limit(call: Call, id_or_name: str, body: wire.LimitUpdate) -> None:
    limits.update_limit(call.workspace, id_or_name, body, now=call.now)


@delete("v2/concurrency_limits/<str:id_or_name>", needs=MANAGE)
def delete_limit(call: Call, id_or_name: str) -> None:
    limits.delete_limit(call.workspace, id_or_name, now=call.now)


# A refusal is remembered in a transaction of its own, so these two open theirs.
@post("v2/concurrency_limits/increment", needs=USE, transaction=False)
def increment(call: Call, body: wire.Increment) -> list[wire.MinimalLimit]:
    return limits.increment(call.workspace, body)


@post("v2/concurrency_limits/increment-with-lease", needs=USE, transaction=False)
def increment_with_lease(call: Call, body: wire.IncrementWithLease) -> wire.Leased:
    return limits.increment_with_lease(call.workspace, body)


@post("v2/concurrency_limits/leases/<uuid:lease_id>/renew", needs=USE, status=204)
def renew_lease(call: Call, lease_id: UUID, body: wire.RenewLease) -> None:
    limits.renew_lease(call.workspace, lease_id, body)


@post("v2/concurrency_limits/decrement", needs=USE)
def decrement(call: Call, body: wire.Decrement) -> list[wire.MinimalLimit]:
    return limits.decrement(call.workspace, body)


@post("v2/concurrency_limits/decrement-with-lease", needs=USE, status=204)
def decrement_with_lease(call: Call, body: wire.DecrementWithLease) -> None:
    limits.decrement_with_lease(call.workspace, body.lease_id)


@post("concurrency_limits", needs=MANAGE, status=201)
def set_tag_limit(call: Call, body: wire.TagLimitCreate) -> Reply[wire.TagLimit]:
    limit, created = tag_limits.set_limit(call.workspace, body, now=call.now)
    return Reply(limit, 201 if created else 200)


@post("concurrency_limits/filter", needs=SEE)
def filter_tag_limits(call: Call, body: Listing) -> list[wire.TagLimit]:
    return tag_limits.list_limits(call.workspace, body)


@get("concurrency_limits/<uuid:id>", needs=SEE)
def read_tag_limit(call: Call, id: UUID) -> wire.TagLimit:
    return tag_limits.read_limit(call.workspace, id)


@get("concurrency_limits/tag/<str:tag>", needs=SEE)
def read_tag_limit_by_tag(call: Call, tag: str) -> wire.TagLimit:
    return tag_limits.read_limit_by_tag(call.workspace, tag)


@post("concurrency_limits/tag/<str:tag>/reset", needs=MANAGE)
def reset_tag_limit(call: Call, tag: str, body: wire.ResetTagLimit) -> None:
    tag_limits.reset_limit(call.workspace, tag, body.slot_override or ())


@delete("concurrency_limits/<uuid:id>", needs=MANAGE, status=200)
def delete_tag_limit(call: Call, id: UUID) -> None:
    tag_limits.delete_limit(call.workspace, id, now=call.now)


@delete("concurrency_limits/tag/<str:tag>", needs=MANAGE, status=200)
def delete_tag_limit_by_tag(call: Call, tag: str) -> None:
    tag_limits.delete_limit_by_tag(call.workspace, tag, now=call.now)


@post("concurrency_limits/increment", needs=USE)
def increment_tags(call: Call, body: wire.TagSlots) -> list[wire.MinimalLimit]:
    return tag_limits.increment(call.workspace, body)


@post("concurrency_limits/decrement", needs=USE)
def decrement_tags(call: Call, body: wire.TagSlots) -> list[wire.MinimalLimit]:
    return tag_limits.decrement(call.workspace, body)
