"""A policy in words."""

from uuid import UUID

import pytest

from notifications.rules.sentences import say, say_limits
from notifications.wire.policies import Digest, Escalation, Group, PolicyCreate, QuietHours, Watch

OPS, PAGER, NIGHTLY, ETL = (UUID(int=number) for number in range(1, 5))
NAMES = {OPS: "ops", PAGER: "pager", NIGHTLY: "nightly", ETL: "etl"}


def policy(**fields) -> PolicyCreate:
    return PolicyCreate(**{"name": "x", "watch": Watch(state_types=["FAILED"]), "channel_ids": [OPS], **fields})


@pytest.mark.parametrize(
    ("_case", "watch", "words"),
    [
        ("one state", Watch(state_types=["FAILED"]), "a run fails"),
        ("several, by type and name", Watch(state_types=["FAILED", "CRASHED"], state_names=["Late", "Odd"]),
         "a run fails, crashes, is late or enters Odd"),
        ("narrowed", Watch(state_types=["PAUSED"], deployment_ids=[NIGHTLY], flow_ids=[ETL], names=["a*", "b"],
                           work_pools=["gpu"], tags=["x", "y"], match_tags="all"),
         "a run of nightly of flow etl named a* or b in pool gpu tagged x and y is paused"),
        ("a deployment that is gone", Watch(state_types=["FAILED"], deployment_ids=[UUID(int=9)]),
         "a run of (gone) fails"),
        ("kinds", Watch(kinds=["run-too-long", "pool-not-ready"], longer_than_minutes=90),
         "a run takes more than 90 min or a work pool has no worker online"),
        ("kinds of some", Watch(kinds=["deployment-not-ready"], tags=["prod"]),
         "a deployment is not ready tagged prod"),
    ],
)  # fmt: skip
def test_what_it_waits_for(_case, watch, words):
    assert say(policy(watch=watch), NAMES) == f"When {words}, tell ops."


@pytest.mark.parametrize(
    ("_case", "fields", "said"),
    [
        ("as it comes", {}, [
            "One message for each deployment, then silent for 15 min.", "At most 60 an hour; the rest as one message.",
            "The end is shown in the first message, where that can be edited."]),
        ("each", {"group": Group(by="none"), "most_per_hour": None, "resolve": "none"},
         ["Each event is a message.", "The end is not told."]),
        ("a digest, quiet hours", {
            "group": Group(by="tag", window_seconds=0), "digest": Digest(daily_at="08:00", time_zone="Asia/Tokyo"),
            "resolve": "message", "quiet_hours": QuietHours(start="22:00", end="07:00", days=[6, 7])},
         ["Told together for each tag.", "All of it in one message a day at 08:00 (Asia/Tokyo).",
          "The end is a message of its own.", "Quiet from 22:00 to 07:00 (UTC) on Sat, Sun, unless critical."]),
        ("others", {
            "most_per_hour": None, "digest": Digest(every_minutes=30), "reminder_minutes": 60,
            "escalation": Escalation(after_minutes=30, channel_id=PAGER), "fallback_channel_id": UUID(int=9)},
         ["One message for each deployment, then silent for 15 min.", "All of it in one message every 30 min.",
          "Reminds every 1 h until it is over.", "The end is shown in the first message, where that can be edited.",
          "If nobody has reacted after 30 min, tells pager too.",
          "Through (gone) while a channel does not deliver."]),
    ],
)  # fmt: skip
def test_what_keeps_it_from_being_loud(_case, fields, said):
    assert say_limits(policy(**fields), NAMES) == said
