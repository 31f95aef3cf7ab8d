"""The job of a push pool: what people may write into its template."""

import pytest

from deployments.rules.ecs import Job, task_definition


@pytest.mark.parametrize(
    ("_case", "memory", "mebibytes"), [("MiB", "512", 512), ("GB", "2 GB", 2048), ("gb", "1gb", 1024)]
)
def test_memory_is_said_in_mib_or_gb(_case: str, memory: str, mebibytes: int) -> None:
    definition = task_definition(
        Job(task_definition={"memory": memory, "containerDefinitions": None}), region="eu-west-1"
    )
    (container,) = definition["containerDefinitions"]
    assert (definition["memory"], container["memory"]) == (memory, mebibytes)
