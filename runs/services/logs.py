"""Log lines: kept as they come, read by filter, downloaded whole."""

import csv
import io
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Raw, json

from blocks.services.known_secrets import known_secrets
from controlplane.filters import compile_filter, order_by, page_limits
from controlplane.ids import uuid7
from controlplane.sql.transactions import after_commit
from controlplane.streams.doorbell import ring
from runs import queries
from runs.services.flow_runs import read_flow_run
from runs.services.run_secrets import run_secrets
from runs.wire.logs import Log
from workspaces.services.data_boundary import boundary_of

MOST_LINES = 250_000
HEADER = ("timestamp", "level", "flow_run_id", "task_run_id", "message")


def store_logs(workspace: UUID, lines: bytes, *, now: datetime) -> None:
    """Store a checked JSON list of lines. The runs that they speak of need not exist."""
    kept = lines_to_store(workspace, lines)
    if kept is None:
        return
    lines = kept
    prefix = uuid7().hex[:20]
    queries.insert_logs(workspace=workspace, lines=Raw(lines), prefix=prefix, now=now)
    after_commit(lambda: ring(workspace, "log"))


def lines_to_store(workspace: UUID, lines: bytes) -> bytes | None:
    """What of the lines the data boundary lets in. Lines in which nothing is secret are not even read."""
    boundary = boundary_of(workspace)
    if boundary.logs == "drop":
        return None
    known = [known_secrets(workspace), run_secrets(workspace, lines)] if boundary.mask_secrets_in_logs else []
    found = [secrets for secrets in known if secrets is not None and secrets.may_be_in(lines)]
    if not found and not boundary.least_log_level:
        return lines
    read: list[dict[str, Any]] = json.decode(lines)
    kept = [line for line in read if line["level"] >= boundary.least_log_level]
    for secrets in found:
        for line in kept:
            line["message"] = secrets.mask(line["message"])
    return json.encode(kept) if kept else None


def list_logs(workspace: UUID, body: Any) -> list[Log]:
    limits, where = page_limits(body), compile_filter("logs", body)
    extra = {"where": where.text, "order": order_by("logs", body.sort)}
    return queries.read_logs(extra=extra, workspace=workspace, limit=limits.limit, offset=limits.offset, **where.params)


def download(workspace: UUID, flow_run_id: UUID, *, now: datetime) -> tuple[str, bytes]:
    """A file name and the CSV of a run's lines, oldest first."""
    run = read_flow_run(workspace, flow_run_id, now=now)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for line in queries.read_log_lines(workspace=workspace, run=flow_run_id, limit=MOST_LINES):
        writer.writerow((line.timestamp, line.level, line.flow_run_id, line.task_run_id or "", line.message))
    return f"{run.name}-logs.csv", out.getvalue().encode()
