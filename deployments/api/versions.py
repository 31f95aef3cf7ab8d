"""REST doors of a deployment's versions and branches, as in Prefect Cloud."""

from uuid import UUID

from msgspec import to_builtins

from controlplane.wire.doors import Call, delete, get, post
from controlplane.wire.structs import Page
from deployments.services import branching, versions
from deployments.wire.makers import maker_of
from deployments.wire.versions import BranchCreate, Branched, ListVersions, Promotion, Version
from workspaces.permissions import Permission


@post("deployments/<uuid:id>/versions/paginate", needs=Permission.SEE_DEPLOYMENTS)
def list_versions(call: Call, id: UUID, body: ListVersions) -> Page:
    return versions.list_versions(call.workspace, id, body)


@get("deployments/<uuid:id>/versions/<uuid:version>", needs=Permission.SEE_DEPLOYMENTS)
def read_version(call: Call, id: UUID, version: UUID) -> Version:
    return versions.read_version(call.workspace, id, version)


@delete("deployments/<uuid:id>/versions/<uuid:version>", needs=Permission.MANAGE_DEPLOYMENTS)
def delete_version(call: Call, id: UUID, version: UUID) -> None:
    versions.delete_version(call.workspace, id, version)


@post("deployments/<uuid:id>/versions/<uuid:version>/promote", needs=Permission.WRITE_DEPLOYMENTS)
def promote_version(call: Call, id: UUID, version: UUID, body: Promotion) -> None:
    versions.promote_version(
        call.workspace, id, version, by=to_builtins(maker_of(call.caller, call.headers)), now=call.now
    )


@post("deployments/<uuid:id>/enable", needs=Permission.WRITE_DEPLOYMENTS)
def enable_deployment(call: Call, id: UUID) -> None:
    versions.set_disabled(call.workspace, id, False, by=to_builtins(maker_of(call.caller, call.headers)), now=call.now)


@post("deployments/<uuid:id>/disable", needs=Permission.WRITE_DEPLOYMENTS)
def disable_deployment(call: Call, id: UUID) -> None:
    versions.set_disabled(call.workspace, id, True, by=to_builtins(maker_of(call.caller, call.headers)), now=call.now)


@post("deployments/<uuid:id>/branch", needs=Permission.WRITE_DEPLOYMENTS)
def branch_deployment(call: Call, id: UUID, body: BranchCreate) -> Branched:
    made = branching.branch_deployment(
        call.workspace, id, body, now=call.now, maker=maker_of(call.caller, call.headers)
    )
    return Branched(id=made)
