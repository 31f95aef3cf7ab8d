"""From an event to what it does: service levels of a real deploy, automations that act, all through real clients."""

import json
import textwrap

from tests.contract.client import Client, eventually

FLOW = """\
from prefect import flow


@flow
def nightly(reason: str = "scheduled", count: int = 0):
    print(reason)
"""
PROJECT = """\
deployments:
  - name: watched
    entrypoint: nightly.py:nightly
    work_pool:
      name: pool
    parameters:
      reason: by hand
    sla:
      - name: quick
        duration: 3600
        severity: high
      - name: fresh
        stale_after: 7200
  - name: cleanup
    entrypoint: nightly.py:nightly
    work_pool:
      name: pool
    triggers:
      - type: event
        enabled: true
        expect: ["model.updated"]
        match:
          prefect.resource.id: product.*
        parameters:
          reason: "{{ event.resource.id }}"
          count: "{{ event.payload.n }}"
"""


def test_a_deploy_applies_its_service_levels_and_a_webhook_runs_a_deployment(client: Client):
    tenant = client.tenant
    (client.folder / "nightly.py").write_text(FLOW)
    (client.folder / "prefect.yaml").write_text(PROJECT)
    client.run("prefect", "work-pool", "create", "pool", "--type", "process")
    client.run("prefect", "--no-prompt", "deploy", "--all")
    deployments = {one["name"]: one for one in tenant.ok("POST", "/deployments/filter", {})}
    levels = tenant.ok("GET", f"/slas/by-owner/prefect.deployment.{deployments['watched']['id']}")
    assert [(level["name"], level["type"], level["severity"], level["details"]) for level in levels] == [
        ("fresh", "FrequencySla", "moderate", {"stale_after": 7200.0}),
        ("quick", "TimeToCompletionSla", "high", {"duration": 3600.0}),
    ]

    resource = '{"prefect.resource.id": "product.{{ body.id }}"}'
    template = '{"event": "model.updated", "payload": {{ body|tojson }}, "resource": ' + resource + "}"
    hook = tenant.ok("POST", "/webhooks/", {"name": "models", "template": template})
    script = textwrap.dedent(f"""
        import httpx
        print(httpx.post("{tenant.url}/hooks/{hook["slug"]}", json={{"id": "a", "n": 7}}).status_code)
    """)
    assert client.run("python", "-c", script).strip() == "204"
    runs = eventually(
        lambda: tenant.ok("POST", "/flow_runs/filter", {"deployments": {"name": {"any_": ["cleanup"]}}}),
        seconds=60,
        what="a run of the automation",
    )
    assert [run["parameters"] for run in runs] == [{"reason": "product.a", "count": 7}]
    assert runs[0]["created_by"]["type"] == "AUTOMATION"
    (action,) = eventually(
        lambda: tenant.ok("POST", "/automations/actions/filter", {"status": "DONE"}), seconds=15, what="the action"
    )
    assert (action["action_type"], action["attempts"]) == ("run-deployment", 1)
    filter = {"filter": {"event": {"prefix": ["prefect.automation."]}, "order": "ASC"}}
    told = [event["event"] for event in tenant.ok("POST", "/events/filter", filter)["events"]]
    assert sorted(told) == [
        "prefect.automation.action.executed",
        "prefect.automation.action.triggered",
        "prefect.automation.created",
        "prefect.automation.triggered",
    ]


def test_the_sdk_reads_its_answer_of_service_levels(client: Client):
    deployment = client.tenant.ok("POST", "/deployments/filter", {"deployments": {"name": {"any_": ["cleanup"]}}})[0][
        "id"
    ]
    script = textwrap.dedent(f"""
        import json, uuid
        from datetime import timedelta
        from prefect._experimental.sla.objects import FrequencySla, LatenessSla, TimeToCompletionSla
        from prefect.client.orchestration import get_client
        id = uuid.UUID("{deployment}")
        with get_client(sync_client=True) as client:
            first = client.apply_slas_for_deployment(id, [
                TimeToCompletionSla(name="a", duration=60),
                FrequencySla(name="b", stale_after=timedelta(hours=1)),
                LatenessSla(name="c", within=timedelta(minutes=10), severity="critical"),
            ])
            second = client.apply_slas_for_deployment(id, [LatenessSla(name="c", within=timedelta(minutes=5))])
        print(json.dumps([first.model_dump(), second.model_dump()]))
    """)
    first, second = json.loads(client.run("python", "-c", script).splitlines()[-1])
    assert first == {"created": ["a", "b", "c"], "updated": [], "deleted": []}
    assert second == {"created": [], "updated": ["c"], "deleted": ["a", "b"]}
