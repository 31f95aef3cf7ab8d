"""Pools and deployments of the API tests."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from controlplane.sql.transactions import workspace_transaction
from deployments.services.scheduler import schedule_deployment
from tests.contract.client import eventually
from tests.world import Tenant, make_flow

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def make_pool(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    return tenant.ok("POST", "/work_pools/", {"name": f"pool-{uuid4().hex[:8]}", "type": "process", **fields})


def make_queue(tenant: Tenant, pool: dict[str, Any], name: str, **fields: Any) -> dict[str, Any]:
    return tenant.ok("POST", f"/work_pools/{pool['name']}/queues", {"name": name, **fields})


def make_deployment(tenant: Tenant, **fields: Any) -> dict[str, Any]:
    flow_id = fields.pop("flow_id", None) or make_flow(tenant)["id"]
    return tenant.ok("POST", "/deployments/", {"name": f"deployment-{uuid4().hex[:8]}", "flow_id": flow_id, **fields})


def run(tenant: Tenant, deployment: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return tenant.ok("POST", f"/deployments/{deployment['id']}/create_flow_run", fields)


def poll(tenant: Tenant, pool: dict[str, Any], **body: Any) -> list[str]:
    """The names of the runs that a worker would start, in order."""
    answer = tenant.ok("POST", f"/work_pools/{pool['name']}/get_scheduled_flow_runs", body)
    return [item["flow_run"]["name"] for item in answer]


def events_of(tenant: Tenant, prefix: str) -> list[str]:
    """What happened, oldest first."""
    body = {"filter": {"event": {"prefix": [prefix]}, "order": "ASC"}, "limit": 50}
    return [event["event"] for event in tenant.ok("POST", "/events/filter", body)["events"]]


def plan_runs(tenant: Tenant, *deployments: dict[str, Any]) -> None:
    """By us, or by the server's scheduler, which nobody waits for while it is at it."""

    def planned() -> int:
        for deployment in deployments:
            with workspace_transaction(tenant.workspace_id):
                schedule_deployment(tenant.workspace_id, UUID(deployment["id"]), now=datetime.now(UTC))
        count: int = tenant.ok("POST", "/flow_runs/count", {"flow_runs": {"tags": {"all_": ["auto-scheduled"]}}})
        return count

    eventually(planned, seconds=60, what="the planned runs")


def scheduled_runs(tenant: Tenant, deployment: dict[str, Any]) -> list[dict[str, Any]]:
    body = {
        "deployments": {"id": {"any_": [deployment["id"]]}},
        "flow_runs": {"tags": {"all_": ["auto-scheduled"]}},
        "sort": "EXPECTED_START_TIME_ASC",
    }
    return tenant.ok("POST", "/flow_runs/filter", body)
