# ruff: noqa: E501 (a schema is a line a field)
"""A deployment whose parameters and job variables are of every kind, as a client deploys it."""

from typing import Any

from tests.world import Tenant, make_flow

WINDOW = {
    "title": "Window", "type": "object", "required": ["zeta"],
    "properties": {"zeta": {"title": "Zeta", "type": "integer", "minimum": 1}, "alpha": {"title": "Alpha", "type": "string", "default": "a"}},
}  # fmt: skip
PARAMETERS = {
    "title": "Parameters", "type": "object", "required": ["region", "limit"],
    "properties": {
        "region": {"title": "region", "position": 0, "enum": ["eu", "us", "asia"], "type": "string"},
        "limit": {"title": "limit", "position": 1, "type": "integer", "minimum": 1, "description": "How many at most."},
        "ratio": {"title": "ratio", "position": 2, "type": "number", "default": 0.5},
        "dry": {"title": "dry", "position": 3, "type": "boolean", "default": False},
        "since": {"title": "since", "position": 4, "type": "string", "format": "date-time"},
        "day": {"title": "day", "position": 5, "type": "string", "format": "date"},
        "names": {"title": "names", "position": 6, "type": "array", "items": {"type": "string"}},
        "windows": {"title": "windows", "position": 7, "type": "array", "items": {"$ref": "#/definitions/Window"}},
        "labels": {"title": "labels", "position": 8, "type": "object", "additionalProperties": {"type": "string"}},
        "source": {"title": "source", "position": 9, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        "token": {"title": "token", "position": 10, "type": "string", "format": "password", "writeOnly": True},
    },
    "definitions": {"Window": WINDOW},
}  # fmt: skip
TEMPLATE = {
    "job_configuration": {"image": "{{ image }}", "env": "{{ env }}", "cpu": "{{ cpu }}", "key": "{{ key }}"},
    "variables": {
        "type": "object",
        "properties": {
            "zone": {"title": "Zone", "type": "string", "default": "b"},
            "image": {"title": "Image", "type": "string", "default": "python:3.11"},
            "env": {"title": "Environment", "type": "object", "additionalProperties": {"type": "string"}},
            "cpu": {"title": "CPU", "type": "integer", "minimum": 1, "default": 2},
            "key": {"title": "Key", "type": "string", "format": "password", "writeOnly": True},
        },
    },
}  # fmt: skip
DEFAULTS = {"limit": 3, "token": "s3cret-token", "windows": [{"zeta": 2, "alpha": "x"}]}


def make_pool(tenant: Tenant, name: str = "gpu") -> None:
    tenant.ok("POST", "/work_pools/", {"name": name, "type": "process", "base_job_template": TEMPLATE})


def make_parametrised(tenant: Tenant, **fields: Any) -> str:
    make_pool(tenant)
    body = {
        "name": "nightly", "flow_id": make_flow(tenant, name="train")["id"], "work_pool_name": "gpu",
        "parameters": DEFAULTS, "parameter_openapi_schema": PARAMETERS, "enforce_parameter_schema": True,
        "job_variables": {"env": {"A": "1"}, "key": "s3cret-key"}, **fields,
    }  # fmt: skip
    return str(tenant.ok("POST", "/deployments/", body)["id"])
