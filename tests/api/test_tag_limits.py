"""Limits on tags, as 2.x clients manage them: a view over the limits called `tag:<tag>`."""

from uuid import uuid4

import pytest

LIMITS = "/concurrency_limits"


def set_limit(tenant, tag="db", limit=1):
    return tenant.call("POST", f"{LIMITS}/", {"tag": tag, "concurrency_limit": limit})


def holders(tenant, tag="db"):
    return tenant.ok("GET", f"{LIMITS}/tag/{tag}")["active_slots"]


def take(tenant, *tags, task_run):
    return tenant.call("POST", f"{LIMITS}/increment", {"names": list(tags), "task_run_id": task_run})


def give(tenant, *tags, task_run):
    return tenant.ok("POST", f"{LIMITS}/decrement", {"names": list(tags), "task_run_id": task_run})


def test_a_limit_is_set_once_and_changed_afterwards(tenant):
    first, again = set_limit(tenant), set_limit(tenant, limit=2)
    assert (first.status_code, again.status_code) == (201, 200)
    made = first.json()
    assert {key: made[key] for key in ("tag", "concurrency_limit", "active_slots")} == {
        "tag": "db",
        "concurrency_limit": 1,
        "active_slots": [],
    }
    assert set(made) == {"id", "created", "updated", "tag", "concurrency_limit", "active_slots"}
    assert again.json() == {**made, "concurrency_limit": 2, "updated": again.json()["updated"]}
    assert tenant.ok("GET", f"{LIMITS}/{made['id']}") == again.json()
    assert tenant.ok("GET", f"{LIMITS}/tag/db") == again.json()
    assert tenant.ok("GET", "/v2/concurrency_limits/tag:db")["limit"] == 2


def test_only_tags_are_listed(tenant):
    tenant.ok("POST", "/v2/concurrency_limits/", {"name": "global", "limit": 1})
    for tag in ("b", "a"):
        set_limit(tenant, tag)
    assert [limit["tag"] for limit in tenant.ok("POST", f"{LIMITS}/filter", {})] == ["a", "b"]
    assert [limit["tag"] for limit in tenant.ok("POST", f"{LIMITS}/filter", {"limit": 1, "offset": 1})] == ["b"]


def test_missing_limits_are_404(tenant, stranger):
    foreign = set_limit(stranger).json()["id"]
    for method, path in (
        ("GET", str(uuid4())), ("GET", foreign), ("GET", "tag/db"), ("DELETE", foreign), ("DELETE", "tag/db"),
        ("POST", "tag/db/reset"),
    ):  # fmt: skip
        answer = tenant.call(method, f"{LIMITS}/{path}", {} if method == "POST" else None)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Concurrency limit not found"})


def test_task_runs_hold_slots(tenant):
    limit = set_limit(tenant).json()
    one, other = str(uuid4()), str(uuid4())
    answer = take(tenant, "db", "nothing", task_run=one)
    assert (answer.status_code, answer.json()) == (200, [{"id": limit["id"], "name": "db", "limit": 1}])
    refused = take(tenant, "db", task_run=other)
    assert (refused.status_code, refused.json()) == (
        423,
        {"detail": "Concurrency limit for the db tag has been reached"},
    )
    assert float(refused.headers["Retry-After"]) > 0
    assert holders(tenant) == [one]
    assert give(tenant, "db", task_run=other) == [{"id": limit["id"], "name": "tag:db", "limit": 1}]
    assert holders(tenant) == [one]
    give(tenant, "db", task_run=one)
    assert holders(tenant) == []
    assert take(tenant, "db", task_run=other).status_code == 200


def test_all_tags_or_none(tenant):
    set_limit(tenant, "a")
    set_limit(tenant, "b", 0)
    answer = take(tenant, "a", "b", task_run=str(uuid4()))
    assert (answer.status_code, answer.json()) == (
        423,
        {"detail": 'The concurrency limit on tag "b" is 0 and will deadlock if the task tries to run again.'},
    )
    assert (holders(tenant, "a"), holders(tenant, "b")) == ([], [])


@pytest.mark.parametrize("override", [[], [str(uuid4())], [str(uuid4()), str(uuid4())]], ids=len)
def test_a_reset_gives_the_slots_to_others(tenant, override):
    set_limit(tenant, limit=2)
    take(tenant, "db", task_run=str(uuid4()))
    answer = tenant.call("POST", f"{LIMITS}/tag/db/reset", {"slot_override": override} if override else {})
    assert (answer.status_code, answer.json()) == (200, None)
    assert sorted(holders(tenant)) == sorted(override)
    assert tenant.ok("GET", "/v2/concurrency_limits/tag:db")["active_slots"] == len(override)


def test_limits_are_deleted_by_id_and_by_tag(tenant):
    by_id = set_limit(tenant, "a").json()["id"]
    set_limit(tenant, "b")
    for path in (by_id, "tag/b"):
        answer = tenant.call("DELETE", f"{LIMITS}/{path}")
        assert (answer.status_code, answer.json()) == (200, None)
    assert tenant.ok("POST", f"{LIMITS}/filter", {}) == []
