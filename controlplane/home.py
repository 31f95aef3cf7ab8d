"""Home: is it OK, why not, and what do I do? Roof: the one page that reads every room."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST
from msgspec import Struct

from controlplane import home_facts as facts
from controlplane.frame import address
from controlplane.ui import charts, states
from controlplane.ui.page import page
from notifications import looks
from notifications.services import alerts
from notifications.wire.alerts import AlertFilter, AlertListing
from workspaces.doors import PageRequest, workspace_page
from workspaces.permissions import Permission
from workspaces.services import keys
from workspaces.services.connecting import describe_connection

YEAR_SECONDS = 365 * 86_400


class Period(Struct, frozen=True):
    """A choice of the period switch: how long a bar is, how many lie behind now and how many ahead."""

    name: str
    words: str
    step: timedelta
    step_words: str
    behind: int
    ahead: int


PERIODS = {
    period.name: period
    for period in (
        Period("1h", "1 hour", timedelta(minutes=2), "2 min", 30, 5),
        Period("24h", "24 hours", timedelta(hours=1), "1 h", 24, 6),
        Period("7d", "7 days", timedelta(hours=6), "6 h", 28, 4),
    )
}


class Sentence(Struct, frozen=True):
    """One statement of the strip on top, with where to look."""

    text: str
    url: str
    icon: str
    state: str


class Step(Struct, frozen=True):
    """One step of setting up."""

    name: str
    state: str


@workspace_page(needs=Permission.SEE_FLOWS)
def workspace_home(request: PageRequest) -> HttpResponse:
    period = PERIODS.get(request.GET.get("period", ""), PERIODS["24h"])
    tenant = request.place.workspace_id
    begin = floor(request.now, period.step) - period.step * (period.behind - 1)
    progress = facts.read_progress(workspace=tenant, since=begin)
    assert progress is not None
    pools = facts.read_pools(workspace=tenant, now=request.now)
    coming = facts.find_next(workspace=tenant)
    running = facts.find_running(workspace=tenant)
    is_new = not (progress.run_id or pools or coming or running)
    context: dict[str, Any] = {
        "period": period,
        "periods": PERIODS.values(),
        "is_new": is_new,
        "progress": progress,
        "setup": setup(request, progress),
        "pools": pools,
        "coming": coming,
        "running": running,
    }
    if not is_new:
        buckets = history(request, period, begin)
        context |= {
            "step": f"when they were due; a bar is {period.step_words}",
            "history": charts.histogram(buckets, now=period.behind),
            "summary": charts.summary(buckets[: period.behind]),
            "attention": facts.find_attention(workspace=tenant, since=begin, now=request.now),
            **alerts_of(request),
            "abandoned": [pool for pool in pools if pool.is_abandoned],
            "sentences": sentences(request, period, begin, buckets, pools, progress),
        }
    return page(request, "home/home.html", context)


def alerts_of(request: PageRequest) -> dict[str, Any]:
    """What is open, and how telling of it goes; nothing for those who may not see it."""
    if Permission.SEE_NOTIFICATIONS not in request.place.grants:
        return {}
    tenant = request.place.workspace_id
    wanted = AlertFilter(state=["OPEN", "ACKNOWLEDGED"])
    found = alerts.list_alerts(tenant, msgspec.convert({"alerts": {"state": wanted.state}, "limit": 5}, AlertListing))
    return {
        "alerts": [(alert, looks.alert_subject(alert), *looks.alert_status(alert)) for alert in found],
        "alerts_total": alerts.count_alerts(tenant, wanted) if found else 0,
        "deliveries": facts.count_deliveries(workspace=tenant, since=request.now - timedelta(hours=24)),
    }


def floor(moment: datetime, step: timedelta) -> datetime:
    """The beginning of the step, counted from midnight UTC."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // step * step


def history(request: PageRequest, period: Period, begin: datetime) -> list[charts.Bucket]:
    total = period.behind + period.ahead
    counts: list[dict[str, int]] = [{} for _ in range(total)]
    bars = facts.count_runs(
        workspace=request.place.workspace_id,
        since=begin,
        until=begin + total * period.step,
        step_seconds=period.step.total_seconds(),
    )
    for bar in bars:
        key = states.look(bar.state_type, "Late" if bar.is_late else None).key
        counts[bar.bucket][key] = counts[bar.bucket].get(key, 0) + bar.runs
    return [bucket(request, period, begin + index * period.step, index, counts[index]) for index in range(total)]


def bucket(request: PageRequest, period: Period, since: datetime, index: int, counts: dict[str, int]) -> charts.Bucket:
    until = since + period.step
    local, end = timezone.localtime(since), timezone.localtime(until)
    days = period.step >= timedelta(hours=6)
    title = f"{local:%a %d %b %H:%M} to {end:%H:%M}" if days else f"{local:%H:%M} to {end:%H:%M}"
    label = ""
    if index % max((period.behind + period.ahead) // 6, 1) == 0:
        label = f"{local:%a %d}" if days else f"{local:%H:%M}"
    return charts.Bucket(title, counts, runs_url(request, since=since, until=until), label)


def runs_url(
    request: PageRequest, *, state: str = "", since: datetime | None = None, until: datetime | None = None
) -> str:
    """The list of runs, narrowed; empty while there is no such page."""
    url = address("runs", request.place)
    given = {"state": state, "since": since and since.isoformat(), "until": until and until.isoformat()}
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{url}?{query}" if url and query else url


def sentences(
    request: PageRequest,
    period: Period,
    begin: datetime,
    buckets: list[charts.Bucket],
    pools: list[facts.Pool],
    progress: facts.Progress,
) -> list[Sentence]:
    def total(state: str) -> int:
        return sum(bucket.counts.get(state, 0) for bucket in buckets)

    found = []
    for state, icon in (("failed", "cross"), ("crashed", "bolt"), ("late", "clock-alert")):
        if count := total(state):
            text = f"{runs(count)} {state}"
            found.append(Sentence(text, runs_url(request, state=state, since=begin), icon, state))
    if not found:
        text = f"Nothing failed in the last {period.words}"
        found.append(Sentence(text, runs_url(request, since=begin), "check", "completed"))
    abandoned = [pool for pool in pools if pool.is_abandoned]
    if abandoned:
        text = f"{len(abandoned)} {'pool has' if len(abandoned) == 1 else 'pools have'} waiting runs and no worker"
        found.append(Sentence(text, address("work_pools", request.place), "alert", "late"))
    found.append(alerts_sentence(progress, address("notifications", request.place)))
    return found


def alerts_sentence(progress: facts.Progress, url: str) -> Sentence:
    if progress.failing_channels:
        words = "1 channel does" if progress.failing_channels == 1 else f"{progress.failing_channels} channels do"
        return Sentence(f"{words} not deliver", url, "cross", "failed")
    if progress.undelivered:
        words = "1 alert was" if progress.undelivered == 1 else f"{progress.undelivered} alerts were"
        return Sentence(f"{words} not delivered", url, "cross", "failed")
    if not progress.channels or not progress.rules:
        return Sentence("Nobody is told when runs fail", url, "bell", "late")
    text = f"Alerts deliver: {progress.delivered} sent" if progress.delivered else "Alerts are on"
    return Sentence(text, url, "check", "completed")


def runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def setup(request: PageRequest, progress: facts.Progress) -> dict[str, Any] | None:
    """The checklist, ticked by what has happened. None once all is done, or when the person has put it away, which
    one can do after the first run."""
    done = [progress.run_id is not None, progress.channels > 0, progress.first_alert is not None]
    is_away = progress.run_id is not None and request.COOKIES.get(cookie_of(request)) == "away"
    if all(done) or is_away:
        return None
    key = keys.first_used_key(request.place.workspace_id, request.user)
    done.insert(0, key is not None or done[0])
    names = ("connect", "run", "channel", "alert")
    current = done.index(False)
    marks = ["done" if is_done else "current" if at == current else "open" for at, is_done in enumerate(done)]
    return {
        "steps": {name: Step(name, mark) for name, mark in zip(names, marks, strict=True)},
        "key": key,
        "connection": describe_connection(request.place),
    }


@require_POST
@workspace_page(needs=Permission.SEE_FLOWS, transaction=False)
def put_setup_away(request: PageRequest) -> HttpResponse:
    response = redirect("workspace_home", request.place.account_handle, request.place.workspace_handle)
    response.set_cookie(
        cookie_of(request), "away", max_age=YEAR_SECONDS, samesite="Lax", httponly=True, secure=request.is_secure()
    )
    return response


def cookie_of(request: PageRequest) -> str:
    return f"setup-{request.place.workspace_id}"


urlpatterns = [
    path("", workspace_home, name="workspace_home"),
    path("setup/away", put_setup_away, name="put_setup_away"),
]
