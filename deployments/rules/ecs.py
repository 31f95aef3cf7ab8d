"""A flow run as an ECS task: what is asked of ECS, and what its answers mean."""

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

CONTAINER = "prefect"
IMAGE = "prefecthq/prefect:3-latest"
CPU, MEMORY = "1024", "2048"
COMMAND = ("prefect", "flow-run", "execute")
LOG_GROUP = "prefect"
MOST_TAGS = 50
UNFIT = re.compile(r"[^\w .:/=+\-@]")
AMOUNT = re.compile(r"(\d{1,9})|(\d{1,4}) ?GB", re.IGNORECASE)
MOST_START_SECONDS = 3600
START_SECONDS = 300
OUT_OF_MEMORY = 137


class BadJob(Exception):
    """The job cannot be submitted as it is configured. The text is shown to people."""


class Job(Struct, kw_only=True):
    """What the rendered job configuration of an `ecs:push` pool says. Names are those of prefect-aws."""

    aws_credentials: Any = None
    task_definition_arn: str | None = None
    task_definition: dict[str, Any] = {}
    task_run_request: dict[str, Any] = {}
    command: str | None = None
    env: dict[str, str | None] = {}
    labels: dict[str, str] = {}
    cluster: str | None = None
    family: str | None = None
    container_name: str | None = None
    execution_role_arn: str | None = None
    task_role_arn: str | None = None
    image: str | None = None
    cpu: int | str | None = None
    memory: int | str | None = None
    launch_type: str | None = None
    capacity_provider_strategy: list[dict[str, Any]] = []
    vpc_id: str | None = None
    network_configuration: dict[str, Any] = {}
    configure_cloudwatch_logs: bool | None = None
    cloudwatch_logs_options: dict[str, str] = {}
    cloudwatch_logs_prefix: str | None = None
    prefect_api_key_secret_arn: str | None = None
    task_start_timeout_seconds: int | None = None


class Outcome(Struct, frozen=True):
    """What a task that has stopped came to. `words` says it to a person."""

    words: str
    exit_code: int | None = None

    @property
    def is_good(self) -> bool:
        return self.exit_code == 0


def is_fargate(job: Job) -> bool:
    if job.capacity_provider_strategy or job.task_run_request.get("capacityProviderStrategy"):
        return True
    return (job.launch_type or "FARGATE").upper() in ("FARGATE", "FARGATE_SPOT")


def start_seconds(job: Job) -> int:
    return min(max(job.task_start_timeout_seconds or START_SECONDS, 10), MOST_START_SECONDS)


def task_definition(job: Job, *, region: str) -> dict[str, Any]:
    """What `RegisterTaskDefinition` is asked, without a family. Two equal jobs get equal definitions."""
    definition = json.loads(json.dumps(job.task_definition))
    container = container_of(objects_at(definition, "containerDefinitions"), job.container_name or CONTAINER)
    container["image"] = job.image or container.get("image") or IMAGE
    container.setdefault("essential", True)
    # What differs from run to run comes with the run.
    container.pop("command", None)
    container.pop("environment", None)
    if job.prefect_api_key_secret_arn:
        secrets = [item for item in objects_at(container, "secrets") if item.get("name") != "PREFECT_API_KEY"]
        container["secrets"] = [*secrets, {"name": "PREFECT_API_KEY", "valueFrom": job.prefect_api_key_secret_arn}]
    definition.pop("family", None)
    definition["cpu"] = str(job.cpu or definition.get("cpu") or CPU)
    definition["memory"] = str(job.memory or definition.get("memory") or MEMORY)
    if job.execution_role_arn:
        definition["executionRoleArn"] = job.execution_role_arn
    if is_fargate(job):
        definition["requiresCompatibilities"] = ["FARGATE"]
        definition["networkMode"] = "awsvpc"
    else:
        definition.setdefault("networkMode", "bridge")
    container.setdefault("memory", mebibytes(definition["memory"]))
    if job.configure_cloudwatch_logs:
        add_logs(definition, container, job, region)
    if container.get("secrets") and not definition.get("executionRoleArn"):
        raise BadJob("An execution role is needed to read secrets: set `execution_role_arn`.")
    kept: dict[str, Any] = drop_empty(definition)
    return kept


def add_logs(definition: dict[str, Any], container: dict[str, Any], job: Job, region: str) -> None:
    if not definition.get("executionRoleArn"):
        raise BadJob("An execution role is needed to write CloudWatch logs: set `execution_role_arn`.")
    options = {
        "awslogs-group": LOG_GROUP, "awslogs-region": region, "awslogs-create-group": "true",
        "awslogs-stream-prefix": job.cloudwatch_logs_prefix or job.family or LOG_GROUP,
    }  # fmt: skip
    container["logConfiguration"] = {"logDriver": "awslogs", "options": {**options, **job.cloudwatch_logs_options}}


def family_of(job: Job, definition: Mapping[str, Any], pool: str) -> str:
    """A family of its own for each distinct definition: its latest revision is the one that is wanted."""
    digest = hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:12]
    stem = re.sub(r"[^\w-]", "-", job.family or f"signalbox-{pool}")[:200]
    return f"{stem}-{digest}"


def run_request(
    job: Job, *, definition: str, network: Mapping[str, Any] | None, environment: Mapping[str, str], token: str,
    tags: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """What `RunTask` is asked. Asked again with the same token it starts nothing new."""
    request = json.loads(json.dumps(job.task_run_request))
    request["taskDefinition"] = definition
    request["count"] = 1
    request["startedBy"] = token
    request["clientToken"] = token
    if job.cluster:
        request["cluster"] = job.cluster
    strategy = job.capacity_provider_strategy or request.get("capacityProviderStrategy")
    if strategy:
        request["capacityProviderStrategy"] = strategy
        request.pop("launchType", None)
    else:
        request["launchType"] = (job.launch_type or "FARGATE").upper()
        if request["launchType"] == "FARGATE_SPOT":
            request.pop("launchType")
            request["capacityProviderStrategy"] = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    overrides = request["overrides"] = request.get("overrides") or {}
    if not isinstance(overrides, dict):
        raise BadJob("The job configuration does not fit ECS: `overrides` has to be an object.")
    if job.task_role_arn:
        overrides["taskRoleArn"] = job.task_role_arn
    container = container_of(objects_at(overrides, "containerOverrides"), job.container_name or CONTAINER)
    container["command"] = words_of(job.command) if job.command else list(COMMAND)
    given = {name: value for name, value in job.env.items() if value is not None}
    container["environment"] = [{"name": name, "value": value} for name, value in {**given, **environment}.items()]
    if network:
        request["networkConfiguration"] = network
    request["tags"] = [{"key": clean(key, 128), "value": clean(value, 256)} for key, value in tags.items()][:MOST_TAGS]
    kept: dict[str, Any] = drop_empty(request)
    return kept


def network_of(job: Job, subnets: list[str]) -> dict[str, Any]:
    """The network that was configured, or these subnets with public addresses, to reach the image and us."""
    if job.network_configuration:
        given = job.network_configuration
        return given if "awsvpcConfiguration" in given else {"awsvpcConfiguration": given}
    if not subnets:
        raise BadJob(
            f"There is no subnet in {job.vpc_id or 'the default VPC'}: set `vpc_id` or `network_configuration`."
        )
    return {"awsvpcConfiguration": {"subnets": subnets[:16], "assignPublicIp": "ENABLED", "securityGroups": []}}


def objects_at(holder: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The list of objects that stands there, made if there is none. BadJob if it is something else."""
    found = holder[key] = holder.get(key) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise BadJob(f"The job configuration does not fit ECS: `{key}` has to be a list of objects.")
    return found


def words_of(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError as error:
        raise BadJob(f"The command cannot be taken apart into words: {error}.") from None


def mebibytes(memory: str) -> int:
    """ECS takes a task's memory in MiB or, as a text, in GB; that of a container in MiB only."""
    found = AMOUNT.fullmatch(memory.strip())
    if found is None:
        raise BadJob("The memory of a task is a number of MiB, such as 2048, or of GB, such as 2 GB.")
    return int(found[1]) if found[1] else int(found[2]) * 1024


def container_of(containers: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The run's own container among the others of the task; a single one without a name is it too."""
    for container in containers:
        if container.get("name", name) == name:
            container["name"] = name
            return container
    containers.append({"name": name})
    return containers[-1]


def drop_empty(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    kept = {key: drop_empty(item) for key, item in value.items()}
    return {key: item for key, item in kept.items() if item not in (None, {}, "")}


def clean(text: str, most: int) -> str:
    return UNFIT.sub("-", str(text))[:most]


def outcome_of(task: Mapping[str, Any], container_name: str) -> Outcome:
    """Why a task stopped: the container's exit code, or what ECS says where there is none."""
    containers = task.get("containers") or []
    own = next((item for item in containers if item.get("name") == container_name), containers[0] if containers else {})
    code = own.get("exitCode")
    reasons = [text for text in (own.get("reason"), task.get("stoppedReason")) if text]
    because = f": {'; '.join(dict.fromkeys(reasons))}" if reasons else ""
    if code is None:
        return Outcome(f"The ECS task stopped without an exit code{because}")
    memory = " (killed, most often for lack of memory)" if code == OUT_OF_MEMORY else ""
    return Outcome(f"The ECS task ended with exit code {code}{memory}{because}", code)
