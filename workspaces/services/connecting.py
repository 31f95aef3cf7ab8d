"""What a machine needs to know to talk to a workspace."""

from uuid import UUID

from django.conf import settings
from msgspec import Struct

from workspaces.models import Workspace
from workspaces.services.callers import Place


class Connection(Struct, frozen=True):
    """Values of the client's settings. `cloud_ui_url` is empty where the client finds it by itself."""

    cloud_api_url: str
    cloud_ui_url: str
    api_url: str


def describe_connection(place: Place) -> Connection:
    return connect(place.account_id, place.workspace_id)


def describe_connection_of(workspace: UUID) -> Connection:
    """For what the control plane itself starts, where nobody has called."""
    account = Workspace.objects.values_list("account_id", flat=True).get(id=workspace)
    return connect(account, workspace)


def connect(account: UUID, workspace: UUID) -> Connection:
    root = str(settings.PUBLIC_URL)
    # The client takes `https://app…` for the pages of a server whose address begins with `https://api`.
    return Connection(
        cloud_api_url=f"{root}/api",
        cloud_ui_url=root if root.startswith("https://api") else "",
        api_url=f"{root}/api/accounts/{account}/workspaces/{workspace}",
    )
