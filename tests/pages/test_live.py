"""Live pages: what a browser hears on the stream of a run, over the live server."""

import re
import time
from collections.abc import Iterator

import httpx
import pytest
from django.contrib.sessions.models import Session

from tests.pages.test_runs import send_log
from tests.visitor import visit_as
from tests.world import make_flow_run, make_task_run, set_state

PATIENCE_SECONDS = 20


class Ear:
    """Reads events until a wanted one comes, or for `PATIENCE_SECONDS`: pings keep a silent stream open."""

    def __init__(self, response: httpx.Response) -> None:
        self.lines = response.iter_lines()
        self.heard: list[tuple[str, str, str]] = []

    def events(self) -> Iterator[tuple[str, str, str]]:
        event, data, id = "", [], ""
        deadline = time.monotonic() + PATIENCE_SECONDS
        for line in self.lines:
            if time.monotonic() > deadline:
                return
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                event = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                id = value
            elif line == "" and event:
                yield event, "\n".join(data), id
                event, data, id = "", [], ""

    def until(self, wanted: str, words: str = "") -> tuple[str, str, str]:
        for found in self.events():
            self.heard.append(found)
            if found[0] == wanted and words in found[1]:
                return found
        raise AssertionError(f"the stream ended without {wanted!r} {words!r}; heard {[each[0] for each in self.heard]}")


def lines_of(html: str) -> list[str]:
    return re.findall(r'id="(L\d+)"', html)


def follow(tenant, path: str, **headers: str):
    visitor = visit_as(tenant)
    return visitor.client.stream("GET", f"{tenant.ui_url}{path}", headers=headers, timeout=20)


def test_a_run_is_followed_from_its_start_to_its_end(tenant):
    run = make_flow_run(tenant)["id"]
    with follow(tenant, f"/runs/{run}/live?tab=logs&shown=0") as response:
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["x-accel-buffering"] == "no"
        ear = Ear(response)
        ear.until("run-state", "Pending")
        set_state(tenant, run, "RUNNING")
        ear.until("run-state", "Running")
        make_task_run(tenant, run, name="extract", state={"type": "RUNNING"})
        ear.until("run-timeline", "extract")
        send_log(tenant, run, (20, "hello"), (30, "careful"))
        assert lines_of(ear.until("run-log")[1]) == ["L1", "L2"]
        set_state(tenant, run, "COMPLETED")
        ear.until("run-state", "Completed")
        ear.until("end")


def test_a_browser_that_comes_back_gets_only_the_lines_it_missed(tenant):
    run = make_flow_run(tenant, "RUNNING")["id"]
    send_log(tenant, run, (20, "one"), (20, "two"))
    with follow(tenant, f"/runs/{run}/live?tab=logs&shown=0") as response:
        last = Ear(response).until("run-log")[2]
    send_log(tenant, run, *[(20, f"line {number}") for number in range(2)], (20, "three"))
    with follow(tenant, f"/runs/{run}/live?tab=logs&shown=0", **{"Last-Event-ID": last}) as response:
        # Two of the new lines are older than what was shown, so the log is drawn anew instead of continued wrongly.
        assert lines_of(Ear(response).until("run-tab")[1]) == ["L1", "L2", "L3", "L4", "L5"]


def test_a_list_counts_what_is_new_and_its_rows_stay(tenant):
    first = make_flow_run(tenant, "RUNNING", name="first")
    page = visit_as(tenant).get(f"{tenant.ui_url}/runs").text
    address = re.search(r'data-live="([^"]*)"', page)[1].replace("&amp;", "&")
    with visit_as(tenant).client.stream("GET", address, timeout=20) as response:
        ear = Ear(response)
        assert "first" in ear.until("run-rows")[1]
        make_flow_run(tenant, "RUNNING", name="second")
        ear.until("run-newer", "1 new run")
        set_state(tenant, first["id"], "COMPLETED")
        rows = ear.until("run-rows", "Completed")[1]
        assert "second" not in rows


@pytest.mark.parametrize(
    ("_case", "cookies", "status"),
    [("no session", {}, 401), ("a session that is none", {"session": "x" * 32}, 401)],
)
def test_a_stream_needs_a_session(tenant, _case, cookies, status):
    run = make_flow_run(tenant)["id"]
    answer = httpx.get(f"{tenant.ui_url}/runs/{run}/live", cookies=cookies)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_session_that_ended_opens_nothing(tenant):
    run = make_flow_run(tenant)["id"]
    visitor = visit_as(tenant)
    Session.objects.filter(session_key=visitor.client.cookies["session"]).delete()
    assert visitor.get(f"{tenant.ui_url}/runs/{run}/live").status_code == 401


def test_a_run_that_is_deleted_ends_its_stream(tenant):
    run = make_flow_run(tenant, "RUNNING")["id"]
    with follow(tenant, f"/runs/{run}/live?tab=none") as response:
        ear = Ear(response)
        ear.until("run-state")
        tenant.ok("DELETE", f"/flow_runs/{run}")
        ear.until("end")
