"""What a machine needs to know to talk to a workspace."""

from django.conf import settings
from msgspec import Struct

from workspaces.services.callers import Place


class Connection(Struct, frozen=True):
    """Values of the client's settings. `cloud_ui_url` is empty where the client finds it by itself."""

    cloud_api_url: str
    cloud_ui_url: str
    api_url: str


def describe_connection(place: Place) -> Connection:
    root = str(settings.PUBLIC_URL)
    # The client takes `https://app…` for the pages of a server whose address begins with `https://api`.
    return Connection(
        cloud_api_url=f"{root}/api",
        cloud_ui_url=root if root.startswith("https://api") else "",
        api_url=f"{root}/api/accounts/{place.account_id}/workspaces/{place.workspace_id}",
    )
