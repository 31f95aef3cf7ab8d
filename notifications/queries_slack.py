"""The statements about clicks in Slack."""

from pathlib import Path
from uuid import UUID

from msgspec import Struct

from controlplane.sql.statements import Statements

slack = Statements(Path(__file__).parent / "sql" / "slack.sql")


class Claimed(Struct, frozen=True):
    workspace_id: UUID
    id: UUID


claim_click = slack.one("claim_click", Claimed)
forget_old_clicks = slack.do("forget_old_clicks")
