"""REST doors: who am I, where may I go, and is the server well."""

from typing import Any
from uuid import UUID

from controlplane.errors import Invalid, NotFound, Refused
from controlplane.filters.bodies import PAGE_SIZE
from controlplane.wire.doors import OPEN, SIGNED_IN, Call, get, patch, post
from workspaces import wire
from workspaces.permissions import Permission
from workspaces.services import audit, callers, data_boundary, health, metering

API_VERSION = "0.8.4"
SERVER_VERSION = "3.8.8"


@get("health", needs=OPEN)
def read_health(call: Call) -> bool:
    return True


@get("ready", needs=OPEN)
def read_ready(call: Call) -> wire.Ready:
    health.check_database()
    return wire.Ready(message="OK")


@get("hello", needs=OPEN)
def read_hello(call: Call) -> str:
    return "👋"


@get("version", needs=OPEN)
def read_version(call: Call) -> str:
    return API_VERSION


@get("admin/version", needs=SIGNED_IN)
def read_server_version(call: Call) -> str:
    """The server that this wire equals."""
    return SERVER_VERSION


@get("admin/settings", needs=Permission.SEE_WORKSPACE_SETTINGS)
def read_settings(call: Call) -> wire.Settings:
    """Those of the server's settings that mean something here."""
    return wire.Settings(server=wire.ServerSettings(api=wire.ApiSettings(default_limit=PAGE_SIZE)))


@post("admin/database/clear", needs=SIGNED_IN, status=204)
@post("admin/database/create", needs=SIGNED_IN, status=204)
@post("admin/database/drop", needs=SIGNED_IN, status=204)
def refuse_database_administration(call: Call, body: Any = None) -> None:
    """`prefect server database` empties, drops and creates a whole server's database. Nobody does that through us."""
    raise Refused("The database is not administered through the API.")


@get("csrf-token", needs=OPEN)
def read_csrf_token(call: Call) -> None:
    raise Invalid("CSRF protection is disabled.")


@get("accounts/current/settings", needs=SIGNED_IN)
def read_account_settings(call: Call) -> wire.AccountSettings:
    """Without `enforce_ip_allowlist`: that tells clients that an account has no such list."""
    return wire.AccountSettings()


@get("me/workspaces", needs=SIGNED_IN)
def read_my_workspaces(call: Call) -> list[wire.WorkspaceItem]:
    return [workspace_item(place) for place in call.caller.places.values()]


@get("me", needs=SIGNED_IN)
def read_me(call: Call) -> wire.Me:
    caller: callers.Caller = call.caller
    return wire.Me(id=caller.actor_id, handle=caller.name, first_name=caller.name, last_name="", email=caller.email)


@get("me/accounts", needs=SIGNED_IN)
def read_my_accounts(call: Call) -> list[wire.AccountItem]:
    accounts = {place.account_id: place for place in call.caller.places.values()}
    return [
        wire.AccountItem(account_id=id, account_name=place.account_name, account_handle=place.account_handle)
        for id, place in accounts.items()
    ]


@get("workspaces/<uuid:id>", needs=SIGNED_IN)
def read_workspace(call: Call, id: UUID) -> wire.WorkspaceItem:
    place = call.caller.places.get(id)
    if place is None:
        raise NotFound("Workspace not found.")
    return workspace_item(place)


@post("audit_log/filter", needs=Permission.SEE_AUDIT_LOG, transaction=False)
def filter_audit_log(call: Call, body: wire.AuditFilter) -> list[wire.AuditEntry]:
    """Newest first; ask on with `before`. Whoever runs the account reads the account's own entries with them."""
    return audit.list_entries(audit.trails_of(call.caller, call.place), body)


@get("data_boundary", needs=Permission.SEE_WORKSPACE_SETTINGS)
def read_data_boundary(call: Call) -> wire.Boundary:
    return data_boundary.boundary_of(call.workspace)


@patch("data_boundary", needs=Permission.WRITE_WORKSPACE_SETTINGS, status=200)
def update_data_boundary(call: Call, body: wire.BoundaryUpdate) -> wire.Boundary:
    return data_boundary.set_boundary(call.workspace, body, now=call.now)


@get("data_boundary/stored", needs=Permission.SEE_WORKSPACE_SETTINGS)
def read_stored(call: Call) -> wire.StoredReport:
    """Which classes of data were stored this month, how much, and of which deployment."""
    return metering.read_stored(call.workspace, now=call.now)


def workspace_item(place: callers.Place) -> wire.WorkspaceItem:
    return wire.WorkspaceItem(**{name: getattr(place, name) for name in wire.WorkspaceItem.__struct_fields__})
