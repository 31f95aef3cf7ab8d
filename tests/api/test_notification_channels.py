"""The management API of channels and deliveries over HTTP."""

import base64
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.fakes.receivers import Receivers, Reply, fake_receivers
from tests.world import make_member

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()


@pytest.fixture
def fake() -> Iterator[Receivers]:
    with fake_receivers() as fake:
        yield fake


def webhook(fake: Receivers, name: str = "hook", **settings) -> dict:
    given = {"url": f"{fake.url}/signed?k=hook-secret-1", "signing_secret": SECRET, **settings}
    return {"kind": "webhook", "name": name, "settings": given}


def make(tenant, fake, **fields) -> dict:
    return tenant.ok("POST", "/notification_channels", webhook(fake, **fields))


def deliveries(tenant, **wanted) -> list[dict]:
    return tenant.ok("POST", "/notification_deliveries/filter", wanted)


def until(condition, seconds: float = 10.0):
    """What the worker does in its own time."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    assert found
    return found


def test_a_channel_is_made_read_and_never_shows_its_secrets(tenant, fake):
    made = make(tenant, fake, headers={"X-Token": "header-secret-1"})
    assert (made["kind"], made["name"], made["status"], made["last_delivery"]) == ("webhook", "hook", "OK", None)
    assert made["hint"] == "127.0.0.1/…"
    assert made["settings"] == dict.fromkeys(("url", "signing_secret", "headers"), "********") | {"previous_secret": ""}
    assert tenant.ok("GET", f"/notification_channels/{made['id']}") == made
    assert tenant.ok("POST", "/notification_channels/filter", {}) == [made]
    assert tenant.ok("POST", "/notification_channels/filter", {"offset": 1}) == []


def test_the_kinds_say_what_they_need(tenant):
    kinds = {kind["name"]: kind for kind in tenant.ok("GET", "/notification_channel_kinds")}
    assert len(kinds) == 16
    assert [field["name"] for field in kinds["telegram"]["fields"]] == ["token", "chat_id", "thread_id", "api_url"]
    assert kinds["telegram"]["fields"][0] == {
        "name": "token", "label": "Bot token", "help": "From @BotFather, like 123456:ABC…", "control": "text",
        "is_secret": True, "is_required": True, "choices": [], "default": None,
    }  # fmt: skip
    assert kinds["pagerduty"]["fields"][1]["choices"] == ["eu", "us"]


@pytest.mark.parametrize(
    ("_case", "change", "field", "says"),
    [
        ("an address inside", {"url": "http://10.0.0.1/x"}, "url", "The address must begin with https://"),
        ("an address inside, over TLS", {"url": "https://10.0.0.1/x"}, "url", "a private network"),
        ("no address", {"url": "nothing"}, "url", "must begin with https://"),
        ("a weak secret", {"signing_secret": "whsec_YQ=="}, "signing_secret", "24 to 64 bytes"),
        ("an unknown field", {"colour": "red"}, "colour", "unknown field"),
    ],
)
def test_a_fault_in_the_settings_is_at_its_field_and_stores_nothing(tenant, fake, _case, change, field, says):
    answer = tenant.call("POST", "/notification_channels", webhook(fake, **change))
    assert answer.status_code == 422
    (finding,) = answer.json()["exception_detail"]
    assert finding["loc"] == ["body", "settings", field]
    assert says in finding["msg"]
    assert "hook-secret-1" not in answer.text
    assert SECRET not in answer.text
    assert tenant.ok("POST", "/notification_channels/filter", {}) == []


@pytest.mark.parametrize(
    ("_case", "body", "status"),
    [
        ("an unknown kind", {"kind": "pigeon", "name": "a", "settings": {}}, 422),
        ("no name", {"kind": "slack", "name": "", "settings": {}}, 422),
        ("no settings", {"kind": "slack", "name": "a"}, 422),
    ],
)
def test_a_channel_that_cannot_be_is_refused(tenant, _case, body, status):
    assert tenant.call("POST", "/notification_channels", body).status_code == status
    assert tenant.ok("POST", "/notification_channels/filter", {}) == []


def test_a_name_is_given_once(tenant, stranger, fake):
    make(tenant, fake)
    other = make(tenant, fake, name="other")
    assert tenant.call("POST", "/notification_channels", webhook(fake)).status_code == 409
    assert tenant.call("PATCH", f"/notification_channels/{other['id']}", {"name": "hook"}).status_code == 409
    assert [channel["name"] for channel in tenant.ok("POST", "/notification_channels/filter", {})] == ["hook", "other"]
    assert make(stranger, fake)["name"] == "hook"


def test_a_change_keeps_what_it_leaves_out_and_the_secrets_that_it_sends_back_masked(tenant, fake):
    made = make(tenant, fake)
    path = f"/notification_channels/{made['id']}"
    changed = tenant.ok("PATCH", path, {"name": "renamed", "settings": {**made["settings"], "headers": {"X-A": "1"}}})
    assert changed["name"] == "renamed"
    assert tenant.ok("POST", f"{path}/test", {})["is_delivered"]
    assert fake.complaints == []  # still signed with the first secret
    assert fake.got[0].headers["x-a"] == "1"
    assert tenant.call("PATCH", path, {"settings": {"url": "ftp://x"}}).status_code == 422
    assert tenant.ok("GET", path)["updated"] > changed["updated"]  # by the delivery
    assert tenant.ok("POST", f"{path}/test", {})["is_delivered"]


def test_a_test_message_is_sent_at_once_and_listed(tenant, fake):
    channel = make(tenant, fake)
    tried = tenant.ok("POST", f"/notification_channels/{channel['id']}/test", {})
    assert (tried["is_delivered"], tried["answer"]) == (True, "HTTP 204")
    assert fake.got[0].json["data"]["is_test"] is True
    (listed,) = deliveries(tenant, channel_id=channel["id"], status="DELIVERED")
    assert listed["key"] == fake.got[0].headers["webhook-id"]
    assert (listed["attempts"], listed["tries"][0]["is_delivered"]) == (1, True)
    assert deliveries(tenant, status="FAILED") == deliveries(tenant, channel_id=str(uuid4())) == []
    assert tenant.ok("GET", f"/notification_deliveries/{listed['id']}") == listed


def test_a_message_that_was_given_up_is_tried_again_with_its_key(tenant, fake):
    channel = make(tenant, fake)
    fake.replies = [Reply(410, "gone")]
    tried = tenant.ok("POST", f"/notification_channels/{channel['id']}/test", {})
    assert (tried["is_delivered"], tried["answer"][:30]) == (False, "The receiver answered HTTP 410")
    assert tenant.ok("GET", f"/notification_channels/{channel['id']}")["status"] == "DISABLED"
    (lost,) = deliveries(tenant, status="FAILED")
    path = f"/notification_deliveries/{lost['id']}"
    again = tenant.ok("POST", f"{path}/retry")
    assert (again["key"], again["given_up"]) == (lost["key"], None)
    until(lambda: deliveries(tenant, status="DELIVERED"))
    assert [request.headers["webhook-id"] for request in fake.got] == [lost["key"]] * 2
    assert tenant.ok("GET", f"/notification_channels/{channel['id']}")["status"] == "OK"
    assert tenant.call("POST", f"{path}/retry").status_code == 409


def test_new_settings_are_a_new_start(tenant, fake):
    channel = make(tenant, fake)
    fake.replies = [Reply(404, "")]
    tenant.ok("POST", f"/notification_channels/{channel['id']}/test", {})
    healed = tenant.ok("PATCH", f"/notification_channels/{channel['id']}", {"settings": {"headers": {"X-B": "2"}}})
    assert (healed["status"], healed["status_reason"], healed["failing_since"]) == ("OK", "", None)


def test_a_deleted_channel_takes_its_deliveries_along(tenant, fake):
    channel = make(tenant, fake)
    tenant.ok("POST", f"/notification_channels/{channel['id']}/test", {})
    assert tenant.call("DELETE", f"/notification_channels/{channel['id']}").status_code == 204
    assert deliveries(tenant) == []
    assert tenant.call("GET", f"/notification_channels/{channel['id']}").status_code == 404
    assert tenant.call("DELETE", f"/notification_channels/{channel['id']}").status_code == 404


def test_who_changes_channels_is_written_down_without_secrets(tenant, fake):
    channel = make(tenant, fake)
    tenant.ok("PATCH", f"/notification_channels/{channel['id']}", {"settings": {"headers": {"X-B": "audit-secret-1"}}})
    tenant.call("DELETE", f"/notification_channels/{channel['id']}")
    entries = [
        entry for entry in tenant.ok("POST", "/audit_log/filter", {}) if entry["target_kind"] == "notification-channel"
    ]
    assert sorted(entry["action"].rpartition(".")[2] for entry in entries) == ["created", "deleted", "updated"]
    assert "secret-1" not in str(entries)


def test_a_viewer_reads_and_changes_nothing(tenant, fake):
    channel = make(tenant, fake)
    viewer = make_member(tenant, "Viewer")
    assert viewer.ok("GET", f"/notification_channels/{channel['id']}") == channel
    for method, path in (("POST", "/test"), ("PATCH", ""), ("DELETE", "")):
        assert viewer.call(method, f"/notification_channels/{channel['id']}{path}", {}).status_code == 403
    assert fake.got == []
    assert viewer.ok("POST", "/notification_channels/filter", {}) == [channel]


def test_ten_test_messages_a_minute_are_enough(tenant, fake):
    channel = make(tenant, fake)
    answers = [tenant.call("POST", f"/notification_channels/{channel['id']}/test", {}) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert len(fake.got) == 10
