"""The base job template of `ecs:push` work pools: the variables a person sets, and the job that is made of them.

Names and shape are those of prefect-aws, so that `--provision-infra` and templates that people know fit here.
"""

from typing import Any

Json = dict[str, Any]


def variable(kind: str, title: str, description: str, **more: Any) -> Json:
    return {"type": kind, "title": title, "description": description, **more}


TEXTS = {"additionalProperties": {"type": "string"}}
VARIABLES: Json = {
    "aws_credentials": {
        "title": "AWS Credentials",
        "description": "The block with which Signalbox signs in to your AWS account.",
        "allOf": [{"$ref": "#/definitions/AwsCredentials"}],
    },
    "image": variable("string", "Image", "The container image: with Prefect, and your flow's code or a way to it."),
    "command": variable("string", "Command", "What starts the flow run. Empty: `prefect flow-run execute`."),
    "env": variable("object", "Environment Variables", "Environment variables of the container.", **TEXTS),
    "labels": variable("object", "Labels", "Tags of the ECS task.", **TEXTS),
    "name": variable("string", "Name", "What the infrastructure is called."),
    "cluster": variable("string", "Cluster", "Name or ARN of the ECS cluster; empty for the cluster `default`."),
    "family": variable("string", "Family", "What the names of task definitions begin with."),
    "launch_type": variable(
        "string", "Launch Type", "Where ECS runs the task.", default="FARGATE",
        enum=["FARGATE", "FARGATE_SPOT", "EC2", "EXTERNAL"],
    ),
    "cpu": variable("integer", "CPU", "CPU units of the task; 1024 are one core."),
    "memory": variable("integer", "Memory", "Memory of the task in MiB."),
    "container_name": variable("string", "Container Name", "The container in which the flow run is executed."),
    "execution_role_arn": variable(
        "string", "Execution Role ARN", "The role with which ECS pulls images, reads secrets and writes logs."
    ),
    "task_role_arn": variable("string", "Task Role ARN", "The role that the flow run itself has."),
    "vpc_id": variable("string", "VPC ID", "The network of the task; empty for the account's default VPC."),
    "network_configuration": variable(
        "object", "Network Configuration", "Subnets, security groups and public address, in place of a VPC."
    ),
    "capacity_provider_strategy": variable(
        "array", "Capacity Provider Strategy", "Capacity providers, in place of a launch type.",
        items={"type": "object"},
    ),
    "configure_cloudwatch_logs": variable(
        "boolean", "Configure CloudWatch Logs", "Send the container's output to CloudWatch. Needs an execution role."
    ),
    "cloudwatch_logs_options": variable(
        "object", "CloudWatch Logs Options", "Options of the awslogs driver.", **TEXTS
    ),
    "cloudwatch_logs_prefix": variable("string", "CloudWatch Logs Prefix", "What the names of log streams begin with."),
    "prefect_api_key_secret_arn": variable(
        "string", "API Key Secret ARN",
        "A secret in AWS Secrets Manager that holds an API key of yours. Without one the task gets a key of its pool.",
    ),
    "task_definition_arn": variable(
        "string", "Task Definition ARN", "A task definition of yours, in place of one that is made from the above."
    ),
    "task_start_timeout_seconds": variable(
        "integer", "Task Start Timeout Seconds", "How long the task may take to start before it counts as crashed.",
        default=300,
    ),
}  # fmt: skip
TEMPLATE: Json = {
    "job_configuration": {
        **{name: f"{{{{ {name} }}}}" for name in VARIABLES},
        "task_definition": {
            "containerDefinitions": [{"image": "{{ image }}", "name": "{{ container_name }}"}],
            "cpu": "{{ cpu }}",
            "memory": "{{ memory }}",
            "executionRoleArn": "{{ execution_role_arn }}",
        },
        "task_run_request": {
            "launchType": "{{ launch_type }}",
            "cluster": "{{ cluster }}",
            "overrides": {
                "containerOverrides": [{"name": "{{ container_name }}"}],
                "taskRoleArn": "{{ task_role_arn }}",
            },
        },
    },
    "variables": {
        "type": "object",
        "properties": VARIABLES,
        "definitions": {
            "AwsCredentials": {
                "title": "AwsCredentials",
                "type": "object",
                "description": "A block that holds an access key of AWS.",
                "block_type_slug": "aws-credentials",
                "properties": {},
            }
        },
    },
}
