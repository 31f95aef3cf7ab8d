"""The counts behind the entries of the navigation."""

import re
from datetime import UTC, datetime

from controlplane.sql.transactions import workspace_transaction
from notifications.models import Channel
from notifications.services import channels
from tests.visitor import visit_as
from tests.world import make_flow, make_flow_run, make_member, make_task_run


def badges(visitor, page: str) -> list[str]:
    return re.findall(r'class="count"[^>]* title="([^"]+)"', visitor.get(page).text)


def test_nothing_to_look_at_is_no_count(tenant):
    make_flow_run(tenant, "COMPLETED")
    assert badges(visit_as(tenant), f"{tenant.ui_url}/flows") == []


def test_runs_that_failed_count_until_the_person_was_there(tenant, viewer, stranger):
    parent = make_flow_run(tenant, "FAILED")
    make_flow_run(tenant, "CRASHED")
    make_flow_run(tenant, "FAILED", parent_task_run_id=make_task_run(tenant, parent["id"])["id"])
    ada, bob, flows, runs = visit_as(tenant), visit_as(viewer), f"{tenant.ui_url}/flows", f"{tenant.ui_url}/runs"
    assert badges(ada, flows) == ["2 runs failed since you were here"]
    assert (badges(ada, runs), badges(ada, flows)) == ([], [])
    make_flow_run(tenant, "FAILED")
    assert badges(ada, flows) == ["1 run failed since you were here"]
    assert badges(bob, flows) == ["3 runs failed since you were here"]
    assert badges(visit_as(stranger), f"{stranger.ui_url}/flows") == []


def test_more_than_a_hundred_are_not_counted(tenant):
    flow = make_flow(tenant)["id"]
    for _ in range(101):
        make_flow_run(tenant, "FAILED", flow_id=flow)
    assert badges(visit_as(tenant), f"{tenant.ui_url}/flows") == ["99+ runs failed since you were here"]


def test_what_else_needs_a_look_counts_for_those_who_may_see_it(tenant):
    tenant.ok("POST", "/work_pools/", {"name": "gpu", "type": "process"})
    make_flow_run(tenant, "SCHEDULED", work_pool_name="gpu", work_queue_name="default")
    tenant.ok("POST", "/incidents/", {"name": "slow"})
    ended = tenant.ok("POST", "/incidents/", {"name": "over"})
    tenant.ok("POST", f"/incidents/{ended['id']}/resolve")
    with workspace_transaction(tenant.workspace_id):
        channels.create_channel(tenant.workspace_id, kind="slack", name="c", settings={"url": "http://127.0.0.1:1/x"})
        Channel.objects.of(tenant.workspace_id).update(status="DISABLED", failing_since=datetime.now(UTC))
    page, pools = f"{tenant.ui_url}/flows", "1 pool with waiting runs and no worker"
    assert badges(visit_as(tenant), page) == [pools, "1 channel in trouble", "1 incident open"]
    assert badges(visit_as(make_member(tenant, "Worker")), page) == [pools]
    tenant.ok("POST", "/work_pools/gpu/workers/heartbeat", {"name": "ada"})
    assert badges(visit_as(tenant), page) == ["1 channel in trouble", "1 incident open"]
