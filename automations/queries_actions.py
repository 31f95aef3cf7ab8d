"""The statements of triggered actions, each bound to the row that it returns."""

from pathlib import Path
from uuid import UUID

from msgspec import Raw, Struct

from automations.wire.firings import TriggeredAction
from controlplane.sql.statements import Statements

actions = Statements(Path(__file__).parent / "sql" / "actions.sql")


class Inserted(Struct, frozen=True):
    id: UUID


class Claimed(Struct, frozen=True):
    """An action under lease: what its executor needs."""

    workspace_id: UUID
    id: UUID
    key: str
    kind: str
    action_index: int
    attempts: int
    lease_token: UUID
    action: Raw
    automation: Raw
    firing: Raw
    event: Raw | None
    account: str
    workspace: str


insert_actions = actions.all("insert_actions", Inserted)
claim_action = actions.one("claim_action", Claimed)
hold_action = actions.scalar("hold_action")
settle_action = actions.do("settle_action")
bury_exhausted = actions.all("bury_exhausted", Claimed)
list_actions = actions.all("list_actions", TriggeredAction)
revive_action = actions.do("revive_action")
discard_action = actions.do("discard_action")
find_action = actions.scalar("find_action")
forget_old_actions = actions.do("forget_old_actions")
