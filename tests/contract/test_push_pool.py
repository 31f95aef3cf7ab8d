"""An ECS push pool with the real client: the control plane starts the task, and what it starts runs the flow."""

import json
import subprocess

from tests.contract.client import eventually
from tests.fakes.aws import client_of, environment_of, push_pool, start_aws, tasks_of


def test_a_flow_runs_in_a_task_that_no_worker_started(client) -> None:
    tenant = client.tenant
    with start_aws() as aws:
        client_of(aws, "ecs").create_cluster(clusterName="pushed")
        template = push_pool(tenant, aws, cluster="pushed")["base_job_template"]
        (client.folder / "template.json").write_text(json.dumps(template))
        create = ("prefect", "work-pool", "create", "pushed", "--type", "ecs:push", "--base-job-template")
        assert "Created work pool 'pushed'!" in client.run(*create, "template.json")
        client.run("prefect", "--no-prompt", "deploy", "flows.py:main", "--name", "by-push", "--pool", "pushed")
        refused = client.run("prefect", "worker", "start", "--pool", "pushed", check=False)
        assert "push work pool" in refused.lower() or "not support" in refused.lower(), refused

        deployment = tenant.ok("GET", "/deployments/name/main/by-push")
        flow_run = tenant.ok("POST", f"/deployments/{deployment['id']}/create_flow_run", {})
        (task,) = eventually(lambda: tasks_of("pushed", flow_run["id"]), seconds=60, what="the task")
        (container,) = task.overrides["containerOverrides"]
        # The container, but for its walls: its command with its environment, and nothing else of Prefect's.
        alone = {name: value for name, value in client.environment.items() if not name.startswith("PREFECT_")}
        done = subprocess.run(
            [client.bin / container["command"][0], *container["command"][1:]], cwd=client.home,
            env=alone | {"HOME": str(client.home)} | environment_of(task), capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        state = tenant.ok("GET", f"/flow_runs/{flow_run['id']}")["state"]
        assert state["type"] == "COMPLETED", (state["message"], done.stdout, done.stderr)
