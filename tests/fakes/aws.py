"""An AWS of our own (moto's server), and what a workspace needs to push runs to it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ecs.models import ecs_backends
from moto.moto_api import state_manager
from moto.server import ThreadedMotoServer

from tests.api.deploying import make_pool
from tests.world import Tenant

REGION = "eu-west-1"


@contextmanager
def start_aws() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    # Left to itself, moto ends a task when it is looked at.
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000})
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def client_of(aws: str, service: str) -> Any:
    return boto3.client(
        service, endpoint_url=aws, region_name=REGION, aws_access_key_id="AKIATEST", aws_secret_access_key="secret"
    )


def credentials_block(tenant: Tenant, aws: str, **data: Any) -> str:
    kind = tenant.ok("POST", "/block_types/", {"name": f"AWS {uuid4().hex[:6]}", "slug": f"aws-{uuid4().hex[:6]}"})
    fields = {
        "type": "object", "title": "AwsCredentials", "block_type_slug": "aws-credentials",
        "properties": {"aws_secret_access_key": {"type": "string", "format": "password", "writeOnly": True}},
        "secret_fields": ["aws_secret_access_key"],
    }  # fmt: skip
    schema = tenant.ok("POST", "/block_schemas/", {"fields": fields, "block_type_id": kind["id"]})
    body = {
        "name": "mine", "block_type_id": kind["id"], "block_schema_id": schema["id"],
        "data": {
            "aws_access_key_id": "AKIATEST", "aws_secret_access_key": "the-secret-of-the-block", "region_name": REGION,
            "aws_client_parameters": {"endpoint_url": aws}, **data,
        },
    }  # fmt: skip
    return str(tenant.ok("POST", "/block_documents/", body)["id"])


def push_pool(tenant: Tenant, aws: str, *, credentials: Any = "a block's", **variables: Any) -> dict[str, Any]:
    """A pool of the type's own template with these defaults; `credentials` stands in for the reference to a block."""
    template = tenant.ok("GET", "/collections/work_pool_types")["prefect-aws"]["ecs:push"][
        "default_base_job_configuration"
    ]
    if credentials == "a block's":
        variables["aws_credentials"] = {"$ref": {"block_document_id": credentials_block(tenant, aws)}}
    else:
        template["job_configuration"]["aws_credentials"] = credentials
    for name, value in variables.items():
        template["variables"]["properties"][name]["default"] = value
    return make_pool(tenant, type="ecs:push", base_job_template=template)


def tasks_of(cluster: str, flow_run_id: str) -> list[Any]:
    """moto's own tasks that were started for a run."""
    backend = ecs_backends[DEFAULT_ACCOUNT_ID][REGION]
    return [
        task
        for task in backend.tasks.get(cluster, {}).values()
        if {"key": "prefect.io/flow-run-id", "value": flow_run_id} in (task.tags or [])
    ]


def environment_of(task: Any) -> dict[str, str]:
    (container,) = task.overrides["containerOverrides"]
    return {item["name"]: item["value"] for item in container["environment"]}
