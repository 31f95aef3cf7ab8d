"""What kinds of work pools there are, as clients ask for it when they make one."""

from typing import Any

from blocks.services import ecs_template
from controlplane.errors import NotFound

DOCS = "https://docs.prefect.io/"
LOGO = None  # clients take an absolute address or none
EMPTY_VIEWS = frozenset({"aggregate-block-metadata", "aggregate-flow-metadata", "demo-flows"})

Json = dict[str, Any]


def variable(kind: str, title: str, description: str, **more: Any) -> Json:
    return {"type": kind, "title": title, "description": description, **more}


STRINGS = {"additionalProperties": {"type": "string"}}
PROCESS_VARIABLES = {
    "name": variable("string", "Name", "What the process is called."),
    "env": variable(
        "object", "Environment Variables", "Environment variables that the flow run starts with.", **STRINGS
    ),
    "labels": variable("object", "Labels", "Labels of the process, for people and tools to find it.", **STRINGS),
    "command": variable("string", "Command", "What starts the flow run. Leave it empty: the worker knows."),
    "stream_output": variable("boolean", "Stream Output", "Show the flow run's output in the worker's.", default=True),
    "working_dir": variable(
        "string", "Working Directory", "The folder to run in; without one, a temporary folder.", format="path"
    ),
}
PROCESS_TEMPLATE = {
    "job_configuration": {name: f"{{{{ {name} }}}}" for name in sorted(PROCESS_VARIABLES)},
    "variables": {"type": "object", "properties": PROCESS_VARIABLES},
}
# A worker whose pool has an empty template writes its own there when it starts, which always fits its version.
WRITTEN_BY_THE_WORKER: Json = {}


def pool_type(type: str, name: str, description: str, package: str, template: Json = WRITTEN_BY_THE_WORKER) -> Json:
    return {
        "type": type,
        "display_name": name,
        "description": description,
        "logo_url": LOGO,
        "documentation_url": DOCS,
        "install_command": f"pip install {package}",
        "is_beta": False,
        "default_base_job_configuration": template,
    }


PACKAGES = {
    "prefect": (
        pool_type("process", "Process", "Runs flows as processes next to the worker.", "prefect", PROCESS_TEMPLATE),
    ),
    "prefect-docker": (pool_type("docker", "Docker", "Runs each flow in a Docker container.", "prefect-docker"),),
    "prefect-kubernetes": (
        pool_type("kubernetes", "Kubernetes", "Runs each flow as a Kubernetes job.", "prefect-kubernetes"),
    ),
    "prefect-aws": (
        pool_type("ecs", "AWS Elastic Container Service", "Runs each flow as an ECS task.", "prefect-aws"),
        pool_type(
            "ecs:push",
            "AWS Elastic Container Service - Push",
            "Signalbox itself starts each flow as a task of your ECS cluster: no worker is needed.",
            "prefect-aws",
            ecs_template.TEMPLATE,
        ),
    ),
    "prefect-azure": (
        pool_type(
            "azure-container-instance",
            "Azure Container Instances",
            "Runs each flow as a container group.",
            "prefect-azure",
        ),
    ),
    "prefect-gcp": (
        pool_type("cloud-run", "Google Cloud Run", "Runs each flow as a Cloud Run job.", "prefect-gcp"),
        pool_type("cloud-run-v2", "Google Cloud Run V2", "Runs each flow as a Cloud Run job.", "prefect-gcp"),
        pool_type("vertex-ai", "Google Vertex AI", "Runs each flow as a Vertex AI job.", "prefect-gcp"),
    ),
}
POOL_TYPES = {name: {kind["type"]: kind for kind in kinds} for name, kinds in PACKAGES.items()}


def read_pool_types() -> dict[str, dict[str, Json]]:
    """Pool types by the package that brings their worker."""
    return POOL_TYPES


def read_view(view: str) -> dict[str, Any]:
    if view == "aggregate-worker-metadata":
        return POOL_TYPES
    if view in EMPTY_VIEWS:
        return {}
    raise NotFound(f"View {view} not found in registry")
