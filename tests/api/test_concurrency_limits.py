"""Global concurrency limits over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.world import make_member

LIMITS = "/v2/concurrency_limits"
LEASE_GONE = {"detail": "Lease not found - it may have expired or been revoked"}


def make_limit(tenant, name="db", limit=2, **fields):
    return tenant.ok("POST", f"{LIMITS}/", {"name": name, "limit": limit, **fields})


def take(tenant, *names, slots=1, lease=False, **fields):
    path = "increment-with-lease" if lease else "increment"
    return tenant.call("POST", f"{LIMITS}/{path}", {"names": list(names), "slots": slots, **fields})


def taken(tenant, name="db"):
    return tenant.ok("GET", f"{LIMITS}/{name}")["active_slots"]


def events(tenant, prefix):
    body = {"filter": {"event": {"prefix": [prefix]}, "order": "ASC"}}
    return [(event["event"], event["payload"]) for event in tenant.ok("POST", "/events/filter", body)["events"]]


def test_a_limit_is_created_and_read_by_id_and_by_name(tenant):
    made = make_limit(tenant)
    assert {key: made[key] for key in made if key not in ("id", "created", "updated")} == {
        "active": True,
        "name": "db",
        "limit": 2,
        "active_slots": 0,
        "denied_slots": 0,
        "slot_decay_per_second": 0.0,
        "avg_slot_occupancy_seconds": 2.0,
    }
    shown = {key: made[key] for key in made if key not in ("denied_slots", "avg_slot_occupancy_seconds")}
    assert tenant.ok("GET", f"{LIMITS}/{made['id']}") == shown
    assert tenant.ok("GET", f"{LIMITS}/db") == shown
    assert tenant.ok("POST", f"{LIMITS}/filter", {}) == [shown]


def test_a_name_is_taken_once(tenant, stranger):
    make_limit(tenant)
    assert tenant.call("POST", f"{LIMITS}/", {"name": "db", "limit": 1}).status_code == 409
    make_limit(stranger)


@pytest.mark.parametrize(
    ("_case", "body"),
    [
        ("no limit", {"name": "db"}),
        ("a negative limit", {"name": "db", "limit": -1}),
        ("a limit beyond an integer", {"name": "db", "limit": 2**31}),
        ("a slash in the name", {"name": "a/b", "limit": 1}),
        ("an unknown key", {"name": "db", "limit": 1, "bogus": 1}),
    ],
)
def test_a_bad_limit_is_422(tenant, _case, body):
    assert tenant.call("POST", f"{LIMITS}/", body).status_code == 422
    assert tenant.ok("POST", f"{LIMITS}/filter", {}) == []


def test_what_does_not_exist_is_404(tenant, stranger):
    foreign = make_limit(stranger, "theirs")
    for name in (uuid4(), "nothing", foreign["id"], "theirs"):
        for method, body in (("GET", None), ("PATCH", {"limit": 1}), ("DELETE", None)):
            answer = tenant.call(method, f"{LIMITS}/{name}", body)
            assert (answer.status_code, answer.json()) == (404, {"detail": "Concurrency Limit not found"})
    assert stranger.ok("GET", f"{LIMITS}/theirs")["limit"] == 2


def test_slots_are_taken_until_none_is_left(tenant):
    made = make_limit(tenant)
    for _ in range(2):
        answer = take(tenant, "db", "nothing")
        assert (answer.status_code, answer.json()) == (200, [{"id": made["id"], "name": "db", "limit": 2}])
    refused = take(tenant, "db")
    assert (refused.status_code, refused.json()) == (423, {"detail": "Locked"})
    assert 0 < float(refused.headers["Retry-After"]) < 30
    assert taken(tenant) == 2
    assert tenant.ok("POST", f"{LIMITS}/decrement", {"names": ["db"], "slots": 5, "occupancy_seconds": 1.5}) == [
        {"id": made["id"], "name": "db", "limit": 2}
    ]
    assert taken(tenant) == 0


def test_several_limits_are_taken_together_or_not_at_all(tenant):
    make_limit(tenant, "a")
    make_limit(tenant, "b", limit=1)
    assert take(tenant, "b").status_code == 200
    assert take(tenant, "a", "b").status_code == 423
    assert take(tenant, "a", "b", lease=True).status_code == 423
    assert (taken(tenant, "a"), taken(tenant, "b")) == (0, 1)


def test_waits_grow_with_what_is_denied(tenant):
    make_limit(tenant, limit=1)
    take(tenant, "db")
    waits = [float(take(tenant, "db").headers["Retry-After"]) for _ in range(8)]
    # The first waits about 2 seconds, the eighth about 16; both within 30 %.
    assert 1.5 < waits[0] < 2.6
    assert 11 < waits[7] < 21


@pytest.mark.parametrize(
    ("_case", "names", "fields", "detail"),
    [
        ("more than the limit", ["db"], {"slots": 3}, "Slots requested is greater than the limit"),
        (
            "a rate without decay",
            ["zoo", "db", "rate"],
            {"slots": 1, "mode": "rate_limit"},
            "Only concurrency limits with slot decay can be used for rate limiting. "
            "The following limits do not have a decay configured: 'db,zoo'",
        ),
    ],
)
def test_what_can_never_be_granted_is_422(tenant, _case, names, fields, detail):
    for name in ("db", "zoo"):
        make_limit(tenant, name)
    make_limit(tenant, "rate", slot_decay_per_second=1.0)
    answer = take(tenant, *names, **fields)
    assert (answer.status_code, answer.json()) == (422, {"detail": detail})


def test_a_lease_holds_slots_until_it_is_released(tenant):
    made = make_limit(tenant)
    answer = take(tenant, "db", slots=2, lease=True, lease_duration=60, holder={"type": "flow_run", "id": str(uuid4())})
    lease = answer.json()["lease_id"]
    assert answer.json() == {"lease_id": lease, "limits": [{"id": made["id"], "name": "db", "limit": 2}]}
    assert taken(tenant) == 2
    assert take(tenant, "db").status_code == 423
    assert tenant.call("POST", f"{LIMITS}/leases/{lease}/renew", {"lease_duration": 120}).status_code == 204
    for _ in range(2):
        assert tenant.call("POST", f"{LIMITS}/decrement-with-lease", {"lease_id": lease}).status_code == 204
    assert taken(tenant) == 0
    answer = tenant.call("POST", f"{LIMITS}/leases/{lease}/renew", {})
    assert (answer.status_code, answer.json()) == (410, LEASE_GONE)


@pytest.mark.parametrize("seconds", [59, 86_401])
def test_leases_are_neither_short_nor_endless(tenant, seconds):
    make_limit(tenant)
    assert take(tenant, "db", lease=True, lease_duration=seconds).status_code == 422
    assert taken(tenant) == 0


def test_a_lease_over_nothing_is_a_lease(tenant):
    answer = take(tenant, "nothing", lease=True)
    lease = answer.json()["lease_id"]
    assert answer.json() == {"lease_id": lease, "limits": []}
    assert tenant.call("POST", f"{LIMITS}/leases/{lease}/renew").status_code == 204
    assert tenant.call("POST", f"{LIMITS}/decrement-with-lease", {"lease_id": lease}).status_code == 204
    assert tenant.call("POST", f"{LIMITS}/leases/{lease}/renew").status_code == 410


def test_a_lease_outlives_its_limit(tenant):
    make_limit(tenant)
    lease = take(tenant, "db", lease=True).json()["lease_id"]
    assert tenant.call("DELETE", f"{LIMITS}/db").status_code == 204
    make_limit(tenant)
    assert taken(tenant) == 0
    assert tenant.call("POST", f"{LIMITS}/leases/{lease}/renew").status_code == 204
    assert tenant.call("POST", f"{LIMITS}/decrement-with-lease", {"lease_id": lease}).status_code == 204


def test_a_strangers_lease_is_out_of_reach(tenant, stranger):
    make_limit(tenant)
    lease = take(tenant, "db", lease=True).json()["lease_id"]
    assert stranger.call("POST", f"{LIMITS}/leases/{lease}/renew").status_code == 410
    assert stranger.call("POST", f"{LIMITS}/decrement-with-lease", {"lease_id": lease}).status_code == 204
    assert taken(tenant) == 1


def test_a_limit_that_is_switched_off_holds_nobody_up_and_counts_nothing(tenant):
    make_limit(tenant, active=False)
    assert take(tenant, "db", slots=50).status_code == 200
    lease = take(tenant, "db", slots=50, lease=True).json()
    assert [limit["name"] for limit in lease["limits"]] == ["db"]
    assert taken(tenant) == 0


def test_slots_that_decay_come_free_before_their_lease_ends(tenant):
    make_limit(tenant, limit=1, slot_decay_per_second=1000.0)
    leases = [take(tenant, "db", lease=True) for _ in range(3)]
    assert [answer.status_code for answer in leases] == [200, 200, 200]
    make_limit(tenant, "slow", limit=1, slot_decay_per_second=0.001)
    assert take(tenant, "slow", mode="rate_limit").status_code == 200
    refused = take(tenant, "slow", mode="rate_limit")
    assert refused.status_code == 423
    assert 700 < float(refused.headers["Retry-After"]) < 1300


def test_a_limit_is_changed(tenant):
    make_limit(tenant)
    body = {"name": "database", "limit": 5, "active": False, "active_slots": 4, "slot_decay_per_second": 0.0}
    assert tenant.call("PATCH", f"{LIMITS}/db", body).status_code == 204
    changed = tenant.ok("GET", f"{LIMITS}/database")
    assert {key: changed[key] for key in body} == body
    assert tenant.call("PATCH", f"{LIMITS}/database", {"limit": None}).status_code == 409
    assert tenant.call("PATCH", f"{LIMITS}/database", {"limit": -1}).status_code == 422


def test_slots_are_taken_away_from_the_oldest_leases(tenant):
    """How people free slots by hand; the leases go on, but hold nothing any more."""
    make_limit(tenant, limit=3)
    old, new = (take(tenant, "db", lease=True).json()["lease_id"] for _ in range(2))
    take(tenant, "db")
    assert taken(tenant) == 3
    assert tenant.call("PATCH", f"{LIMITS}/db", {"active_slots": 1}).status_code == 204
    assert taken(tenant) == 1
    assert tenant.call("POST", f"{LIMITS}/leases/{old}/renew").status_code == 204
    assert tenant.call("POST", f"{LIMITS}/decrement-with-lease", {"lease_id": old}).status_code == 204
    assert taken(tenant) == 1
    assert tenant.call("POST", f"{LIMITS}/decrement-with-lease", {"lease_id": new}).status_code == 204
    assert taken(tenant) == 0


def test_switching_decay_on_and_off_keeps_the_count(tenant):
    make_limit(tenant, limit=5)
    lease = take(tenant, "db", slots=2, lease=True).json()["lease_id"]
    take(tenant, "db")
    for decay in (0.0001, 0.0):
        assert tenant.call("PATCH", f"{LIMITS}/db", {"slot_decay_per_second": decay}).status_code == 204
        assert taken(tenant) == 3
    assert tenant.call("POST", f"{LIMITS}/decrement-with-lease", {"lease_id": lease}).status_code == 204
    assert taken(tenant) == 1


def test_a_crowd_never_takes_more_than_there_is(tenant):
    make_limit(tenant, "a", limit=3)
    make_limit(tenant, "b", limit=3)
    names = [("a", "b"), ("b", "a")]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: take(tenant, *names[n % 2], lease=n % 3 > 0), range(24)))
    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [423] * 21
    assert (taken(tenant, "a"), taken(tenant, "b")) == (3, 3)
    leases = [
        answer.json()["lease_id"] for answer in answers if answer.status_code == 200 and "lease_id" in answer.text
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda id: tenant.ok("POST", f"{LIMITS}/decrement-with-lease", {"lease_id": id}), leases))
    assert (taken(tenant, "a"), taken(tenant, "b")) == (3 - len(leases), 3 - len(leases))


@pytest.mark.parametrize(("role", "status"), [("Viewer", 403), ("Runner", 200), ("Worker", 200)])
def test_whoever_runs_flows_takes_slots(tenant, role, status):
    make_limit(tenant)
    assert take(make_member(tenant, role), "db").status_code == status
    assert taken(tenant) == (1 if status == 200 else 0)


def test_changes_are_told(tenant):
    make_limit(tenant)
    tenant.ok("PATCH", f"{LIMITS}/db", {"limit": 3})
    tenant.ok("DELETE", f"{LIMITS}/db")
    payload = {"name": "db", "limit": 3, "active": True, "slot_decay_per_second": 0.0}
    assert events(tenant, "prefect.concurrency-limit.") == [
        ("prefect.concurrency-limit.created", {**payload, "limit": 2}),
        ("prefect.concurrency-limit.updated", payload),
        ("prefect.concurrency-limit.deleted", payload),
    ]
