"""Automations of an unmodified Prefect 3.8 start runs: triggers in `prefect.yaml`, and `prefect automation create`."""

import json

import pytest

from tests.contract.client import Client, eventually

DEPLOYMENTS = """\
name: triggered
deployments:
  - name: shipping
    entrypoint: flows.py:main
    work_pool: {name: paused-pool}
    triggers:
      - type: event
        enabled: true
        expect: [order.paid]
        match: {prefect.resource.id: "order.*"}
        parameters:
          n: "{{ event.payload.n }}"
"""
AUTOMATION = """\
name: after the source
trigger:
  type: event
  posture: Reactive
  expect: [prefect.flow-run.Completed]
  match: {prefect.resource.id: prefect.flow-run.*}
  match_related:
    prefect.resource.role: flow
    prefect.resource.name: source
actions:
  - type: run-deployment
    source: selected
    deployment_id: %s
    parameters: {n: 7}
"""
PAY = """\
from prefect.events import emit_event
for number, resource in ((3, "order.1"), (4, "invoice.1")):
    emit_event(event="order.paid", resource={"prefect.resource.id": resource}, payload={"n": number})
"""
SOURCE = """\
from prefect import flow

@flow(name="source")
def source():
    return 1

@flow(name="other")
def other():
    return 1

other()
source()
"""


@pytest.fixture(scope="module")
def deployment(client: Client) -> dict:
    client.run("prefect", "work-pool", "create", "paused-pool", "--type", "process")
    (client.folder / "triggered.yaml").write_text(DEPLOYMENTS)
    client.run("prefect", "--no-prompt", "deploy", "--all", "--prefect-file", "triggered.yaml")
    return client.tenant.ok("GET", "/deployments/name/main/shipping")


def runs_of(client: Client, deployment: dict) -> list[dict]:
    asked = {"flow_runs": {"deployment_id": {"any_": [deployment["id"]]}}}
    return client.tenant.ok("POST", "/flow_runs/filter", asked)


def the_run(client: Client, deployment: dict, n: int) -> dict:
    def look():
        found = [run for run in runs_of(client, deployment) if run["parameters"] == {"n": n}]
        return found[0] if found else None

    return eventually(look, seconds=60, what=f"a run with n = {n}")


def test_an_event_of_the_sdk_starts_the_deployment_whose_trigger_expects_it(client, deployment):
    [automation] = client.tenant.ok("POST", "/automations/filter", {})
    assert automation["name"] == "shipping__automation_1"
    client.run("python", "-c", PAY)
    run = the_run(client, deployment, 3)
    assert run["created_by"] == {
        "id": automation["id"], "type": "AUTOMATION", "display_value": "shipping__automation_1",
    }  # fmt: skip
    assert run["state_type"] == "SCHEDULED"
    assert [one["parameters"] for one in runs_of(client, deployment)] == [{"n": 3}]


def test_the_end_of_a_real_flow_starts_the_deployment_that_a_file_names(client, deployment):
    file = client.folder / "automation.yaml"
    file.write_text(AUTOMATION % deployment["id"])
    client.run("prefect", "automation", "create", "--from-file", str(file))
    before = len(runs_of(client, deployment))
    client.run("python", "-c", SOURCE)
    assert the_run(client, deployment, 7)["created_by"]["display_value"] == "after the source"
    assert len(runs_of(client, deployment)) == before + 1
    [shown] = json.loads(client.run("prefect", "automation", "inspect", "after the source", "--json"))
    asked = {"resource": {"id": [f"prefect.automation.{shown['id']}"]}, "order": "ASC"}
    told = client.tenant.ok("POST", "/events/filter", {"filter": asked})["events"]
    assert [one["event"] for one in told] == [
        "prefect.automation.created", "prefect.automation.triggered", "prefect.automation.action.triggered",
        "prefect.automation.action.executed",
    ]  # fmt: skip
