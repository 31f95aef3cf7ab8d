"""Secrets that single runs were given, to be recognised in the log lines of those runs and of their sub-flows."""

import logging
import math
import time
from collections.abc import Collection
from uuid import UUID

from msgspec import Struct, json

from blocks.services.freshness import is_fresh
from blocks.services.known_secrets import KnownSecrets, knowing
from blocks.services.sealed_parts import open_parts
from controlplane.errors import Problem
from controlplane.schema_forms.secret_places import texts_in
from runs import queries
from runs.services.secrecy import TABLE

log = logging.getLogger(__name__)

LEVELS = 8
"""So many runs above a sub-flow are looked at."""
REMEMBERED = 1000


class Line(Struct):
    flow_run_id: UUID | None = None


runs_of_lines = json.Decoder(list[Line]).decode
remembered: dict[UUID, tuple[bool, float]] = {}
"""Whether a workspace has runs with secrets, and when that was read."""


def run_secrets(workspace: UUID, lines: bytes) -> KnownSecrets | None:
    """What to look for in a checked JSON list of lines, or None. In the workspace's transaction.

    A workspace without runs that have secrets pays one small statement in five seconds; others, one for a list.
    """
    if not has_sealed_runs(workspace):
        return None
    runs = {line.flow_run_id for line in runs_of_lines(lines) if line.flow_run_id is not None}
    rows = queries.read_secrets_known_to_runs(workspace=workspace, runs=list(runs), levels=LEVELS) if runs else []
    return knowing({text for row in rows for text in texts_of(workspace, row)})


def has_sealed_runs(workspace: UUID) -> bool:
    found, looked = remembered.get(workspace, (False, -math.inf))
    if is_fresh(workspace, looked):
        return found
    now = time.monotonic()
    if len(remembered) >= REMEMBERED:
        remembered.clear()
    found = bool(queries.has_sealed_runs(workspace=workspace))
    remembered[workspace] = (found, now)
    return found


def texts_of(workspace: UUID, row: queries.Sealed) -> Collection[str]:
    """Nothing where a customer's key is closed: that must not stop the lines."""
    try:
        parts = open_parts(workspace, TABLE, row.id, row.secrets)
    except Problem:
        log.warning("The secrets of a run cannot be read to mask them", extra={"workspace": str(workspace)})
        return set()
    return {text for _, value in parts for text in texts_in(value)}
