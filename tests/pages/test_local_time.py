"""The time zone of the browser's clock: pages tell times in it, and take them in it."""

import re

import pytest

from tests.pages.parameters_made import make_parametrised
from tests.pages.test_live import Ear
from tests.pages.test_runs import send_log
from tests.pages.test_value_forms import custom, run_of, send
from tests.visitor import Visitor, visit_as, words_of
from tests.world import make_flow_run


def visitor_in(tenant, zone: str | None) -> Visitor:
    visitor = visit_as(tenant)
    if zone is not None:
        visitor.client.cookies.set("zone", zone)
    return visitor


@pytest.mark.parametrize(
    ("zone", "name", "winter", "summer"),
    [
        (None, "UTC", "2031-03-29T10:00:00Z", "2031-03-30T10:00:00Z"),
        ("Europe/Paris", "Europe/Paris", "2031-03-29T09:00:00Z", "2031-03-30T08:00:00Z"),
        ("America/New_York", "America/New_York", "2031-03-29T14:00:00Z", "2031-03-30T14:00:00Z"),
        ("Etc/UTC", "UTC", "2031-03-29T10:00:00Z", "2031-03-30T10:00:00Z"),
        ("UTC", "UTC", "2031-03-29T10:00:00Z", "2031-03-30T10:00:00Z"),
        ("Mars/Phobos", "UTC", "2031-03-29T10:00:00Z", "2031-03-30T10:00:00Z"),
        ("../../etc/passwd", "UTC", "2031-03-29T10:00:00Z", "2031-03-30T10:00:00Z"),
    ],
)
def test_a_run_starts_at_the_hour_on_the_person_s_clock(tenant, zone, name, winter, summer):
    """On both sides of the night in which Paris changes its clocks."""
    visitor, at = visitor_in(tenant, zone), custom(tenant, make_parametrised(tenant))
    shown = words_of(visitor.get(at))
    assert f"In {name}. Empty: as soon as possible." in shown
    assert re.search(r"Times in (\S+)", shown)[1] == name
    for day, starts in (("29", winter), ("30", summer)):
        answer = send(visitor, at, {"p/region": "us", "start": f"2031-03-{day}T10:00:00"})
        assert run_of(tenant, answer)["expected_start_time"] == starts


def test_an_hour_that_the_clocks_leave_out_is_refused(tenant):
    visitor, at = visitor_in(tenant, "Europe/Paris"), custom(tenant, make_parametrised(tenant))
    answer = send(visitor, at, {"p/region": "us", "start": "2031-03-30T02:30:00"})
    assert (answer.status_code, "may not exist" in words_of(answer)) == (422, True)
    assert tenant.ok("POST", "/flow_runs/count", {}) == 0


def test_a_page_and_its_live_parts_tell_the_same_time(tenant):
    run = make_flow_run(tenant, "RUNNING")["id"]
    send_log(tenant, run, (20, "hello"))
    page = f"{tenant.ui_url}/runs/{run}"
    for zone, clock in ((None, "10:00:00.000"), ("Europe/Paris", "11:00:00.000")):
        visitor = visitor_in(tenant, zone)
        assert clock in visitor.get(f"{page}/logs").text
        with visitor.client.stream("GET", f"{page}/live?tab=logs&shown=0", timeout=20) as response:
            assert clock in Ear(response).until("run-log", "hello")[1]


def test_a_person_may_stay_with_utc(tenant):
    visitor, page = visit_as(tenant), f"{tenant.ui_url}/runs"
    answer = visitor.post("/ui/zone", form_at=page, zone="UTC", next=page)
    assert (answer.status_code, answer.headers["location"], visitor.client.cookies["zone"]) == (302, page, "UTC")
    assert 'value="UTC" aria-pressed="true"' in visitor.get(page).text
    visitor.post("/ui/zone", form_at=page, zone="local")
    assert "zone" not in visitor.client.cookies
    assert 'value="local" aria-pressed="true"' in visitor.get(page).text
    assert visitor.post("/ui/zone", form_at=page, zone="UTC", next="https://evil.example").headers["location"] == "/"
