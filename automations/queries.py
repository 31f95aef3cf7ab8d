"""The statements of automations, each bound to the row that it returns."""

from pathlib import Path

from msgspec import Raw, Struct

from automations.wire.automations import Automation
from controlplane.sql.statements import Statements


class SecretActions(Struct, frozen=True):
    """The actions with masks, and what those hide."""

    actions: Raw
    actions_on_trigger: Raw
    actions_on_resolve: Raw
    secrets: bytes | None


automations = Statements(Path(__file__).parent / "sql" / "automations.sql")

create_automation = automations.one("create_automation", Automation)
lock_automation = automations.one("lock_automation", Automation)
lock_secrets_of_automation = automations.one("lock_secrets_of_automation", SecretActions)
read_secrets_of_automation = automations.one("read_secrets_of_automation", SecretActions)
read_automation = automations.one("read_automation", Automation)
read_automations = automations.all("read_automations", Automation)
read_related_automations = automations.all("read_related_automations", Automation)
count_automations = automations.scalar("count_automations")
replace_automation = automations.one("replace_automation", Automation)
enable_automation = automations.one("enable_automation", Automation)
delete_automation = automations.one("delete_automation", Automation)
delete_owned_automations = automations.all("delete_owned_automations", Automation)
forget_targets = automations.do("forget_targets")
relate_automation = automations.do("relate_automation")
