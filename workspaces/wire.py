"""Who and where, as Prefect Cloud's clients read it."""

from uuid import UUID

from controlplane.wire.structs import Out


class WorkspaceItem(Out):
    """A workspace that a key may enter. Clients reject the whole list if any field is null."""

    account_id: UUID
    account_name: str
    account_handle: str
    workspace_id: UUID
    workspace_name: str
    workspace_description: str
    workspace_handle: str


class Me(Out):
    """The caller itself; also answered for service accounts, since clients probe keys with it."""

    id: UUID
    handle: str
    first_name: str
    last_name: str
    email: str


class AccountItem(Out):
    account_id: UUID
    account_name: str
    account_handle: str


class Ready(Out):
    message: str


class ApiSettings(Out, kw_only=True):
    default_limit: int
    csrf_protection_enabled: bool = False


class ServerSettings(Out):
    api: ApiSettings


class Settings(Out):
    """A part of the tree of settings that clients know."""

    server: ServerSettings
