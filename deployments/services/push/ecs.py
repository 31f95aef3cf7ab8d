"""What is asked of ECS. No function here touches the database: they run in threads, outside any transaction."""

import threading
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from blocks.services.aws import Aws, AwsRefused
from deployments.rules import ecs as rules
from deployments.services.push.jobs import Plan

# Runs that are submitted at the same time share a definition, and so must its registration.
registering = threading.Lock()


class Started(Struct, frozen=True):
    arn: str
    cluster: str
    container: str


def start_task(plan: Plan, token: str) -> Started:
    """Start the run's task. Raises BadJob or AwsRefused."""
    aws, job = Aws(plan.aws), plan.job
    definition = job.task_definition_arn or define(aws, plan)
    network = network_of(aws, job)
    request = rules.run_request(
        job, definition=definition, network=network, environment=plan.environment, token=token, tags=plan.tags
    )
    answer = aws.call("ecs", "run_task", **request)
    if answer.get("tasks"):
        return started(job, answer["tasks"][0])
    failures = answer.get("failures") or [{}]
    reason = failures[0].get("reason") or "no reason given"
    # Capacity comes and goes: it is asked for again.
    raise AwsRefused(f"ECS could not place the task: {reason}", is_lasting=False)


def adopt_task(plan: Plan, token: str) -> Started | None:
    """The task that an earlier try with this token started, if it did. Raises AwsRefused."""
    aws, job = Aws(plan.aws), plan.job
    where = {"cluster": job.cluster} if job.cluster else {}
    for status in ("RUNNING", "STOPPED"):
        arns = aws.call("ecs", "list_tasks", startedBy=token, desiredStatus=status, **where).get("taskArns")
        tasks = aws.call("ecs", "describe_tasks", tasks=arns[:1], **where).get("tasks") if arns else None
        if tasks:
            return started(job, tasks[0])
    return None


def started(job: rules.Job, task: Mapping[str, Any]) -> Started:
    return Started(task["taskArn"], task["clusterArn"], job.container_name or rules.CONTAINER)


def define(aws: Aws, plan: Plan) -> str:
    """The task definition of the job, registered if ECS has none like it."""
    wanted = rules.task_definition(plan.job, region=aws.region)
    family = rules.family_of(plan.job, wanted, plan.pool_name)
    if there := find_definition(aws, family):
        return there
    with registering:
        there = find_definition(aws, family)
        if there is None:
            made = aws.call("ecs", "register_task_definition", family=family, **wanted)
            there = str(made["taskDefinition"]["taskDefinitionArn"])
    return there


def find_definition(aws: Aws, family: str) -> str | None:
    try:
        found = aws.call("ecs", "describe_task_definition", taskDefinition=family)["taskDefinition"]
    except AwsRefused as refused:
        if refused.code in ("ClientException", "InvalidParameterException"):
            return None
        raise
    return str(found["taskDefinitionArn"]) if found.get("status") == "ACTIVE" else None


def network_of(aws: Aws, job: rules.Job) -> dict[str, Any] | None:
    """None for tasks that share their host's network."""
    if not rules.is_fargate(job) and not job.network_configuration:
        return None
    if job.network_configuration:
        return rules.network_of(job, [])
    if job.vpc_id:
        vpc = job.vpc_id
    else:
        vpcs = aws.call("ec2", "describe_vpcs", Filters=[{"Name": "isDefault", "Values": ["true"]}])["Vpcs"]
        if not vpcs:
            raise rules.BadJob("The AWS account has no default VPC: set `vpc_id`.")
        vpc = vpcs[0]["VpcId"]
    subnets = aws.call("ec2", "describe_subnets", Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    return rules.network_of(job, [subnet["SubnetId"] for subnet in subnets])


def look_at_task(credentials: Mapping[str, Any], cluster: str, arn: str) -> dict[str, Any] | None:
    """The task as ECS describes it; None when it no longer knows it. Raises AwsRefused."""
    answer = Aws(credentials).call("ecs", "describe_tasks", cluster=cluster, tasks=[arn])
    tasks: list[dict[str, Any]] = answer.get("tasks") or []
    return tasks[0] if tasks else None


def stop_task(credentials: Mapping[str, Any], cluster: str, arn: str, reason: str) -> None:
    """Idempotent: a task that has stopped stays so. Raises AwsRefused."""
    Aws(credentials).call("ecs", "stop_task", cluster=cluster, task=arn, reason=reason[:255])
