"""Whatever else Apprise speaks, as one kind: an Apprise URL. It is sent from a process of its own, under guard."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
from django.conf import settings as installation

from controlplane.egress.http import Reply
from controlplane.wire.structs import BadField
from notifications.channels.apprise.schemas import ALLOWED
from notifications.channels.contract import Answer, DeliveryFailed, Kind, Settings, secret
from notifications.channels.drafts import draft
from notifications.channels.posting import BLOCKED, failure
from notifications.wire import Message

ROOT = Path(__file__).parents[3]
PROGRAM = Path(__file__).parent / "sender.py"
UNREAD = "Apprise cannot read this address. See its documentation for what belongs into it."


class AppriseSettings(Settings):
    url: Annotated[str, secret("Apprise URL", "Like ntfys://ntfy.sh/topic or gotify://host/token.", max_length=2000)]

    def __post_init__(self) -> None:
        if not self.url.isprintable():
            raise BadField("url", "The address has characters that do not belong into one.")
        if schema_of(self.url) not in ALLOWED:
            raise BadField("url", f"{schema_of(self.url)[:40] or 'That'}:// is not among the services sent to.")


class Report(msgspec.Struct, frozen=True):
    """What the sender says. `status` 0: there was no answer over HTTP."""

    is_delivered: bool = False
    is_read: bool = True
    status: int = 0
    headers: dict[str, str] = {}
    forbidden: str = ""
    unreachable: str = ""


class Apprise(Kind[AppriseSettings]):
    name = "apprise"
    title = "Another service (Apprise)"
    help = "Apprise's documentation lists the addresses of a hundred services."
    settings = AppriseSettings

    def hint(self, settings: AppriseSettings) -> str:
        return f"{schema_of(settings.url)}://…"

    def deliver(self, settings: AppriseSettings, message: Message, key: str, *, seconds: float) -> Answer:
        parts = draft(message)
        order = {
            "url": settings.url,
            "title": parts.headline,
            "body": parts.as_text(),
            "type": "success" if message.is_resolved else "failure" if parts.state in ("failed", "crashed") else "info",
            "key": key,
            "allowed": list(installation.EGRESS_ALLOW_CIDRS),
            "schemas": sorted(ALLOWED),
            "seconds": seconds,
        }
        report = run(order, seconds)
        if report.is_delivered and not report.forbidden:
            return Answer(f"HTTP {report.status}" if report.status else "accepted")
        raise explain(report, schema_of(settings.url))


def schema_of(url: str) -> str:
    return url.partition("://")[0].strip().lower()


def run(order: dict[str, Any], seconds: float) -> Report:
    """The sender's report. It gets nothing of our environment, and is killed when the time is up."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-P", str(PROGRAM)],
            input=msgspec.json.encode(order),
            capture_output=True,
            env=environment,
            cwd="/",
            timeout=seconds + 2.0,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DeliveryFailed(f"There was no complete answer in time. {BLOCKED}") from None
    if done.returncode != 0:
        raise DeliveryFailed(f"The sender stopped in the middle (exit {done.returncode}).")
    return msgspec.json.decode(done.stdout, type=Report)


def explain(report: Report, schema: str) -> DeliveryFailed:
    if not report.is_read:
        return DeliveryFailed(UNREAD, permanent="channel")
    if report.forbidden:
        return DeliveryFailed(report.forbidden, permanent="channel")
    if report.unreachable:
        return DeliveryFailed(f"{report.unreachable} {BLOCKED}")
    if report.status >= 300:
        return failure(f"{schema}://", Reply(report.status, report.headers, b""))
    return DeliveryFailed(f"{schema}:// did not take the message.")
