"""Make a person, an account, a workspace and a key, for scripts and containers."""

import json

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from controlplane.errors import Problem
from workspaces.models import Account, AccountMember, User, Workspace
from workspaces.services import accounts, keys


class Command(BaseCommand):
    help = (
        "Idempotent: what exists is kept. Prints one JSON line with account_id, workspace_id, api_key, api_url, ui_url."
    )

    def add_arguments(self, parser):
        parser.add_argument("--email", required=True)
        parser.add_argument("--password", required=True, help="set when the person is new")
        parser.add_argument("--account", required=True, help="handle of the organisation")
        parser.add_argument("--workspace", required=True, help="handle of the workspace")
        parser.add_argument("--key-name", default="bootstrap")

    def handle(self, *, email, password, account, workspace, key_name, **options):
        try:
            place = self.prepare(email.lower(), password, account, workspace)
            key = keys.create_key(name=key_name, user=place[0], workspace=place[2])
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        _, account, workspace = place
        tenant = f"accounts/{account.id}/workspaces/{workspace.id}"
        self.stdout.write(
            json.dumps(
                {
                    "account_id": str(account.id),
                    "workspace_id": str(workspace.id),
                    "api_key": key.token,
                    "api_url": f"{settings.PUBLIC_URL}/api/{tenant}",
                    "ui_url": f"{settings.PUBLIC_URL}/w/{account.handle}/{workspace.handle}/",
                }
            )
        )

    def prepare(self, email: str, password: str, account_handle: str, workspace_handle: str):
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email=email, password=password)
            EmailAddress.objects.create(user=user, email=email, primary=True, verified=True)
        account = Account.objects.filter(handle=account_handle).first()
        if account is None:
            account = accounts.create_account(user, name=account_handle, handle=account_handle)
        elif not AccountMember.objects.filter(account=account, user=user, role__in=["Owner", "Admin"]).exists():
            raise CommandError(f"The account {account_handle!r} exists and {email} does not run it.")
        workspace = Workspace.objects.filter(account=account, handle=workspace_handle).first()
        if workspace is None:
            workspace = accounts.create_workspace(account, user, name=workspace_handle, handle=workspace_handle)
        return user, account, workspace
