"""What a person may start an automation from."""

from typing import NamedTuple

from automations.rules.sentences import Sentence


class StartingPoint(NamedTuple):
    """A template: the words of its link, a name for the automation, and its trigger."""

    key: str
    title: str
    name: str
    sentence: Sentence
    subject: str = "{{ event.resource.name }}: {{ event.event }}"
    body: str = "{{ event.resource.name }} ({{ event.event }}) at {{ event.occurred }}"


RUN_SUBJECT = "{{ flow.name }} / {{ flow_run.name }} is {{ flow_run.state.name }}"
RUN_BODY = (
    "Flow {{ flow.name }}, run {{ flow_run.name }}: {{ flow_run.state.name }}\n"
    "{{ flow_run.state.message }}\n{{ flow_run|ui_url }}"
)


def run(key: str, title: str, name: str, sentence: Sentence) -> StartingPoint:
    return StartingPoint(key, title, name, sentence, RUN_SUBJECT, RUN_BODY)


STARTING_POINTS = [
    run("failed", "Run fails", "A run failed or crashed",
        Sentence(kind="run", names=["Crashed", "Failed", "TimedOut"], each="each")),
    run("late", "Run is late", "A run is late", Sentence(kind="run", names=["Late"], each="each")),
    run("long", "Run takes long", "A run takes more than an hour",
        Sentence(kind="run", how="stays", names=["Running"], each="each", within=3600.0)),
    run("stuck", "Stuck pending", "A run is stuck pending",
        Sentence(kind="run", how="stays", names=["Pending"], each="each", within=900.0)),
    StartingPoint("no-worker", "Pool has no worker", "A pool has no worker",
        Sentence(kind="pool", names=["not-ready"], each="each")),
    StartingPoint("recovered", "Recovered", "A pool is ready again",
        Sentence(kind="pool", names=["ready"], each="each")),
    run("missing", "No success in time", "No success within a day",
        Sentence(kind="run", how="missing", names=["Completed"], within=86_400.0)),
    StartingPoint("event", "Custom event", "When an event comes", Sentence(kind="event", names=["my.event"])),
    StartingPoint("webhook", "Inbound webhook", "When a webhook is called",
        Sentence(kind="event", names=["prefect-cloud.webhook.received"], resource="prefect-cloud.webhook.*")),
    StartingPoint("metric", "Metric", "Runs start late",
        Sentence(kind="metric", metric="lateness", operator=">", number=60.0)),
    StartingPoint("queue", "Work queue", "A queue is not polled",
        Sentence(kind="queue", names=["not-ready"], each="each")),
    StartingPoint("deployment", "Deployment", "A deployment is not ready",
        Sentence(kind="deployment", names=["not-ready"], each="each")),
]  # fmt: skip
BY_KEY = {point.key: point for point in STARTING_POINTS}
