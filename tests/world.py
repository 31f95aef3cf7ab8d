"""The people of the tests, and plain functions that make things over the API.

Every test gets a tenant of its own: isolation between workspaces is what we sell, so the tests live on it.
"""

import logging
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from workspaces.models import Account, User, Workspace, WorkspaceAccess
from workspaces.services import accounts, keys

logging.getLogger("httpx").setLevel(logging.WARNING)
CLIENT = httpx.Client(timeout=30)


@dataclass
class Tenant:
    """A key in a workspace, and the person behind it."""

    url: str
    user: User
    account: Account
    workspace: Workspace
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def account_id(self) -> UUID:
        return self.account.id

    @property
    def workspace_id(self) -> UUID:
        return self.workspace.id

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/accounts/{self.account.id}/workspaces/{self.workspace.id}"

    @property
    def ws_url(self) -> str:
        return self.api_url.replace("http", "ws", 1)

    @property
    def ui_url(self) -> str:
        return f"{self.url}/w/{self.account.handle}/{self.workspace.handle}"

    def call(self, method: str, path: str, json: Any = None, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}", **self.headers, **options.pop("headers", {})}
        if json is not None:
            options["json"] = json
        return CLIENT.request(method, f"{self.api_url}{path}", headers=headers, **options)

    def ok(self, method: str, path: str, json: Any = None, **options: Any) -> Any:
        """The answer's JSON; anything but a 2xx is an error of the test."""
        response = self.call(method, path, json, **options)
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None


def make_user(name: str = "alice") -> User:
    return User.objects.create_user(email=f"{name}-{uuid4().hex[:12]}@example.com")


def make_tenant(url: str, name: str = "alice") -> Tenant:
    """A person with an account and a workspace of their own, and a key in it."""
    user = make_user(name)
    account = accounts.create_account_for(user)
    workspace = accounts.create_workspace(account, user, name="dev", handle="dev")
    return Tenant(url, user, account, workspace, keys.create_key(name="test", user=user, workspace=workspace).token)


def make_member(tenant: Tenant, role: str, name: str = "bob") -> Tenant:
    """Another person with a role in the same workspace."""
    user = make_user(name)
    WorkspaceAccess.objects.create(workspace=tenant.workspace, user=user, role=role)
    token = keys.create_key(name="test", user=user, workspace=tenant.workspace).token
    return Tenant(tenant.url, user, tenant.account, tenant.workspace, token)


def make_flow(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    return tenant.ok("POST", "/flows/", {"name": f"flow-{uuid4().hex[:8]}", **fields})


def make_flow_run(tenant: Tenant, state: str = "PENDING", **fields: Any) -> dict[str, Any]:
    """A flow run created in this state; `flow_id` is made when it is not given."""
    flow_id = fields.pop("flow_id", None) or make_flow(tenant)["id"]
    return tenant.ok("POST", "/flow_runs/", {"flow_id": flow_id, "state": {"type": state}, **fields})


def make_task_run(tenant: Tenant, flow_run_id: str | None = None, **fields: Any) -> dict[str, Any]:
    body = {"flow_run_id": flow_run_id, "task_key": "task", "dynamic_key": uuid4().hex, **fields}
    return tenant.ok("POST", "/task_runs/", body)


def set_state(
    tenant: Tenant, run_id: str, type: str, *, force: bool = False, kind: str = "flow_runs", **state: Any
) -> Any:
    return tenant.ok("POST", f"/{kind}/{run_id}/set_state", {"state": {"type": type, **state}, "force": force})
