"""Automations as an unmodified Prefect 3.8 makes, shows, pauses and deletes them."""

import json
import re
from html import unescape

import pytest

from tests.contract.client import Client
from tests.pages.test_automations import press, without_ids
from tests.visitor import visit_as, words_of

FILE = """\
automations:
  - name: late runs
    description: Say so.
    tags: [nightly]
    trigger:
      type: event
      posture: Reactive
      match: {prefect.resource.id: prefect.flow-run.*}
      expect: [prefect.flow-run.Late]
      within: 30
    actions:
      - type: cancel-flow-run
  - name: silence
    trigger:
      type: event
      posture: Proactive
      expect: [prefect.flow-run.heartbeat]
      for_each: [prefect.resource.id]
      within: 60
    actions:
      - type: change-flow-run-state
        state: CRASHED
        message: It fell silent.
  - name: both
    trigger:
      type: compound
      require: all
      within: 10
      triggers:
        - {type: event, posture: Reactive, expect: [a]}
        - {type: sequence, within: 5, triggers: [{type: event, posture: Reactive, expect: [b]}]}
    actions:
      - type: do-nothing
"""
PROGRAM = """\
import json
from datetime import timedelta
from prefect.automations import Automation
from prefect.events.actions import DoNothing, PauseWorkPool, RunDeployment
from prefect.events.schemas.automations import EventTrigger, MetricTrigger, MetricTriggerQuery
from prefect.exceptions import ObjectNotFound

made = Automation(
    name="by the SDK", trigger=EventTrigger(expect={"a.b"}, posture="Reactive", threshold=2), actions=[DoNothing()]
).create()
read = Automation.read(id=made.id)
read.name, read.actions = "changed", [PauseWorkPool(source="inferred")]
read.update()
changed = Automation.read(name="changed")
query = MetricTriggerQuery(
    name="successes", threshold=0.5, operator="<", range=timedelta(minutes=10), firing_for=timedelta(minutes=5)
)
metric = Automation(name="metric", trigger=MetricTrigger(metric=query), actions=[DoNothing()]).create()
seconds = Automation.read(id=metric.id).trigger.metric.range.total_seconds()
found = [made.id == changed.id, changed.trigger.threshold, changed.actions[0].type, seconds]
changed.delete(), metric.delete()
try:
    Automation.read(id=made.id)
except (ObjectNotFound, ValueError):
    found.append("gone")
print("found", json.dumps(found))
"""
DEPLOYMENT = """\
name: triggered
deployments:
  - name: triggered
    entrypoint: flows.py:main
    work_pool:
      name: triggered-pool
    triggers:
      - type: event
        match: {prefect.resource.id: my.resource}
        expect: [my.event]
        parameters: {n: 5}
      - type: compound
        name: named
        require: any
        within: 20
        triggers:
          - {type: event, expect: [one]}
          - {type: event, expect: [two]}
"""


@pytest.fixture(scope="module")
def created(client: Client) -> dict:
    """The automations of the file, made by the CLI, by name."""
    (client.folder / "automations.yaml").write_text(FILE)
    client.run("prefect", "automation", "create", "-f", "automations.yaml")
    return {automation["name"]: automation for automation in client.tenant.ok("POST", "/automations/filter", {})}


def test_a_file_of_automations_is_stored_as_it_was_written(created):
    assert sorted(created) == ["both", "late runs", "silence"]
    late = created["late runs"]
    assert (late["description"], late["tags"], late["enabled"]) == ("Say so.", ["nightly"], True)
    assert late["trigger"]["match"] == {"prefect.resource.id": "prefect.flow-run.*"}
    assert (late["trigger"]["expect"], late["trigger"]["within"]) == (["prefect.flow-run.Late"], 30)
    assert created["silence"]["trigger"]["within"] == 60
    assert created["silence"]["actions"] == [
        {
            "type": "change-flow-run-state", "name": None, "state": "CRASHED", "message": "It fell silent.",
            "force": False,
        }
    ]  # fmt: skip
    inner = created["both"]["trigger"]["triggers"][1]
    assert (inner["type"], inner["within"], inner["triggers"][0]["expect"]) == ("sequence", 5, ["b"])


def test_the_cli_lists_and_shows_them(client, created):
    listed = client.run("prefect", "automation", "ls")
    assert [name for name in created if name in listed] == list(created)
    shown = client.run("prefect", "automation", "inspect", "silence", "--json")
    assert [automation["id"] for automation in json.loads(shown)] == [created["silence"]["id"]]
    assert created["both"]["id"] in client.run("prefect", "automation", "inspect", "--id", created["both"]["id"])


def test_what_the_page_shows_is_a_file_and_what_inspect_prints_can_be_pasted(client, created):
    """From our page through the CLI's files, and from the CLI's words through our builder: nothing changes."""
    tenant = client.tenant
    visitor, pages = visit_as(tenant), f"{tenant.ui_url}/automations"
    made = tenant.ok("GET", f"/automations/{created['both']['id']}")
    page = visitor.get(f"{pages}/{made['id']}").text
    for language, name in (("JSON", "by json"), ("YAML", "by yaml")):
        text = unescape(re.search(rf'aria-label="{language}"><code>(.*?)</code>', page, re.DOTALL)[1])
        file = client.folder / f"file.{language.lower()}"
        file.write_text(text.replace("both", name, 1))
        client.run("prefect", "automation", "create", "--from-file", str(file))
    for language, name in (("--json", "by json"), ("--yaml", "by yaml")):
        printed = client.run("prefect", "automation", "inspect", name, language)
        filled = press(visitor, f"{pages}/new", "paste", pasted=printed.replace(name, f"{name}, pasted", 1))
        assert filled.status_code == 200, words_of(filled)
        assert press(visitor, f"{pages}/new", "save", filled.text).status_code == 302
    made_again = {one["name"]: one for one in tenant.ok("POST", "/automations/filter", {})}
    for name in ("by json", "by yaml", "by json, pasted", "by yaml, pasted"):
        again = made_again[name]
        assert without_ids(again["trigger"]) == without_ids(made["trigger"]), name
        told = ("description", "enabled", "tags", "actions", "actions_on_trigger", "actions_on_resolve")
        assert [again[field] for field in told] == [made[field] for field in told], name
        tenant.ok("DELETE", f"/automations/{again['id']}")


def test_the_cli_pauses_resumes_and_deletes_them(client, created):
    path = f"/automations/{created['late runs']['id']}"
    client.run("prefect", "automation", "pause", "late runs")
    assert client.tenant.ok("GET", path)["enabled"] is False
    client.run("prefect", "automation", "resume", "--id", created["late runs"]["id"])
    assert client.tenant.ok("GET", path)["enabled"] is True
    client.run("prefect", "--no-prompt", "automation", "delete", "late runs")
    assert client.tenant.call("GET", path).status_code == 404


def test_the_sdk_makes_reads_changes_and_deletes_them(client):
    (line,) = (line for line in client.run("python", "-c", PROGRAM).splitlines() if line.startswith("found "))
    assert json.loads(line.removeprefix("found ")) == [True, 2, "pause-work-pool", 600.0, "gone"]


def test_a_deployments_triggers_are_replaced_by_a_redeploy(client):
    (client.folder / "triggered.yaml").write_text(DEPLOYMENT)
    client.tenant.ok("POST", "/work_pools/", {"name": "triggered-pool", "type": "process"})
    seen = []
    for _ in range(2):
        client.run("prefect", "--no-prompt", "deploy", "--prefect-file", "triggered.yaml", "--name", "triggered")
        deployment = client.tenant.ok("GET", "/deployments/name/main/triggered")
        owner = f"/automations/related-to/prefect.deployment.{deployment['id']}"
        automations = client.tenant.ok("GET", owner)
        assert [automation["name"] for automation in automations] == ["named", "triggered__automation_1"]
        assert automations[1]["actions"] == [
            {
                "type": "run-deployment", "source": "selected", "deployment_id": deployment["id"],
                "parameters": {"n": 5}, "job_variables": None, "schedule_after": 0,
            }
        ]  # fmt: skip
        seen.append({automation["id"] for automation in automations})
    assert seen[0] & seen[1] == set()
