"""What a paused run asks for: the schema and the words that its keyset leads to."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from controlplane.errors import NotFound
from runs.services import flow_runs, inputs


def schema_of(workspace: UUID, run: UUID, now: datetime) -> dict[str, Any] | None:
    """What the run asks for; None if it only waits to be resumed."""
    read = read_part(workspace, run, "schema", now)
    return read if isinstance(read, dict) else None


def description_of(workspace: UUID, run: UUID, now: datetime) -> str:
    read = read_part(workspace, run, "description", now)
    return read if isinstance(read, str) else ""


def read_part(workspace: UUID, run: UUID, part: str, now: datetime) -> Any:
    key = keyset_of(workspace, run, now).get(part)
    if not key:
        return None
    try:
        return msgspec.json.decode(inputs.read_input(workspace, run, key))
    except (NotFound, msgspec.DecodeError):
        return None


def keyset_of(workspace: UUID, run: UUID, now: datetime) -> dict[str, str]:
    state = msgspec.json.decode(msgspec.json.encode(flow_runs.read_flow_run(workspace, run, now=now).state))
    keyset = state.get("state_details", {}).get("run_input_keyset") if isinstance(state, dict) else None
    return keyset if isinstance(keyset, dict) else {}
