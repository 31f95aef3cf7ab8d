"""Assets: known by the events of the runs that made or read them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.world import Tenant

BEGIN = datetime.now(UTC) - timedelta(hours=1)


def tell(tenant: Tenant, key: str, minute: int, name: str = "materialization.succeeded", **labels: str) -> str:
    """An event of an asset, so many minutes after the beginning; its id."""
    event = {
        "id": str(uuid4()),
        "occurred": (BEGIN + timedelta(minutes=minute)).isoformat(),
        "event": f"prefect.asset.{name}",
        "resource": {"prefect.resource.id": key, **labels},
        "related": [
            {"prefect.resource.id": f"prefect.flow-run.{RUN}", "prefect.resource.role": "flow-run"},
            {"prefect.resource.id": "dbt", "prefect.resource.role": "asset-materialized-by"},
        ],
        "payload": {"rows": minute},
    }
    tenant.ok("POST", "/events", [event])
    return event["id"]


RUN = str(uuid4())


@pytest.fixture
def lake(tenant: Tenant) -> Tenant:
    tell(tenant, "s3://lake/orders", 1)
    tell(tenant, "s3://lake/cust_omers", 2)
    tell(tenant, "pg://db/table", 3)
    tell(tenant, "s3://lake/orders", 4, "referenced")
    return tenant


def keys(page: dict[str, Any]) -> list[str]:
    return [asset["key"] for asset in page["assets"]]


@pytest.mark.parametrize(
    ("_case", "key", "found"),
    [
        ("all", {}, ["pg://db/table", "s3://lake/cust_omers", "s3://lake/orders"]),
        ("a prefix", {"prefix": ["s3://"]}, ["s3://lake/cust_omers", "s3://lake/orders"]),
        ("two prefixes", {"prefix": ["pg:", "s3://lake/o"]}, ["pg://db/table", "s3://lake/orders"]),
        ("a word in any case", {"search": ["ORDERS"]}, ["s3://lake/orders"]),
        ("an underscore is an underscore", {"search": ["t_o"]}, ["s3://lake/cust_omers"]),
        ("a percent sign is one", {"search": ["%"]}, []),
        ("both", {"prefix": ["s3"], "search": ["table"]}, []),
        ("empty lists", {"prefix": [], "search": []}, ["pg://db/table", "s3://lake/cust_omers", "s3://lake/orders"]),
    ],
)
def test_assets_are_found_by_their_keys(_case, key, found, lake):
    page = lake.ok("POST", "/assets/filter", {"filter": {"key": key}})
    assert (keys(page), page["total"], page["next_page"]) == (found, len(found), None)


def test_pages_follow_each_other(lake):
    first = lake.ok("POST", "/assets/filter", {"limit": 2})
    assert (keys(first), first["total"]) == (["pg://db/table", "s3://lake/cust_omers"], 3)
    assert first["next_page"].startswith(f"{lake.api_url}/assets/filter/next?page-token=")
    last = lake.ok("GET", first["next_page"].removeprefix(lake.api_url))
    assert (keys(last), last["total"], last["next_page"]) == (["s3://lake/orders"], 3, None)
    assert lake.call("GET", "/assets/filter/next?page-token=bm8").status_code == 403


def test_an_asset_shows_who_made_it_and_who_touched_it_last(tenant):
    labels = {
        "prefect.resource.name": "Orders", "prefect.asset.url": "https://lake/orders",
        "prefect.asset.description": "All of them.", "prefect.asset.owners": '["ann", "bob"]',
    }  # fmt: skip
    made = tell(tenant, "s3://lake/orders", 1, "materialization.failed")
    seen = tell(tenant, "s3://lake/orders", 2, "referenced", **labels)
    asset = tenant.ok("GET", "/assets/key?key=s3://lake/orders")
    assert asset["properties"] == {
        "name": "Orders", "url": "https://lake/orders", "description": "All of them.", "owners": ["ann", "bob"],
    }  # fmt: skip
    reference, materialization = asset["latest_reference"], asset["latest_materialization"]
    assert (reference["event_id"], reference["flow_run_id"], reference["metadata"]) == (seen, RUN, {"rows": 2})
    assert (materialization["event_id"], materialization["status"]) == (made, "failed")
    assert (materialization["by_tools"], materialization["metadata"]) == (["dbt"], {"rows": 1})
    assert asset["last_seen"] == reference["occurred"]


def test_a_deleted_asset_is_gone_until_its_next_event(lake, stranger):
    assert lake.call("DELETE", "/assets/key?key=s3://lake/orders").status_code == 204
    again = lake.call("DELETE", "/assets/key?key=s3://lake/orders")
    assert (again.status_code, again.json()) == (404, {"detail": "Asset not found"})
    assert keys(lake.ok("POST", "/assets/filter", {})) == ["pg://db/table", "s3://lake/cust_omers"]
    tell(lake, "s3://lake/orders", 90)
    assert keys(lake.ok("POST", "/assets/filter", {})) == ["pg://db/table", "s3://lake/cust_omers", "s3://lake/orders"]
    assert lake.call("DELETE", "/assets/key?key=s3://lake/orders").status_code == 204
    assert keys(stranger.ok("POST", "/assets/filter", {})) == []


@pytest.mark.parametrize(
    ("_case", "body"),
    [("no page", {"limit": 0}), ("too large a page", {"limit": 201}), ("an unknown key", {"filter": {"name": {}}})],
)
def test_a_wrong_filter_is_refused(_case, body, lake):
    assert lake.call("POST", "/assets/filter", body).status_code == 422
