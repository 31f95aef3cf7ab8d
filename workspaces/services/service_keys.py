"""Keys of the control plane's own making: for what it starts on a customer's machines."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from workspaces.models import ServiceAccount, Workspace, WorkspaceAccess
from workspaces.services.keys import NewKey, create_key

# Shown in the list of service accounts like any other, and its access can be taken away like any other's.
NAME = "Signalbox push work pools"


def create_worker_key(workspace: UUID, *, name: str, expires: datetime) -> NewKey:
    """A key of the account's service account for push pools, for this workspace only, with the role Worker."""
    with transaction.atomic(using="system"):
        place = Workspace.objects.get(id=workspace)
        service_account, _ = ServiceAccount.objects.get_or_create(account_id=place.account_id, name=NAME)
        WorkspaceAccess.objects.get_or_create(
            workspace=place, service_account=service_account, defaults={"role": "Worker"}
        )
        return create_key(name=name[:200], service_account=service_account, workspace=place, expires=expires)
