"""A real flow of 3.8 asks for input; a person answers it in Slack, over the whole of what `manage.py up` runs."""

from datetime import UTC, datetime
from uuid import UUID

from controlplane.sql.transactions import workspace_transaction
from notifications.channels import keeping, kind_of
from notifications.services import slack_people, slack_teams
from notifications.wire import Message
from tests.conftest import Servers
from tests.contract.client import Client, eventually
from tests.contract.test_pausing import run_named, states
from tests.fakes.slack_app import BOT, CHANNEL, TEAM, FakeSlackApp
from workspaces.models import AuditEntry


def test_a_paused_flow_goes_on_with_what_was_filled_in(
    client: Client, servers: Servers, slack_app: FakeSlackApp, settings
) -> None:
    slack_app.configure(settings)
    settings.KEY_FILE = servers.folder / "up" / "master.key"
    tenant = client.tenant
    with workspace_transaction(tenant.workspace_id):
        slack_teams.keep_team(tenant.workspace_id, slack_teams.Installed(BOT, TEAM, "Acme"))
    slack_people.link(tenant.user, slack_people.SlackUser(tenant.workspace_id, TEAM, "U0ANN"))
    with client.background("python", "asking.py") as log:
        run = run_named(client, "asking", "PAUSED")
        now = datetime.now(UTC)
        message = Message(
            state_type="PAUSED", state_name="Paused", occurred=now, received=now, flow_run_id=UUID(run["id"]),
            flow="asking", flow_run=run["name"], workspace_id=tenant.workspace_id,
        )  # fmt: skip
        kind = kind_of("slack-app")
        given = keeping.read_settings(kind, {"token": BOT, "channel": CHANNEL})
        ts = kind.deliver(given, message, "k", seconds=5).reference.partition(":")[2]
        opened = len(slack_app.of("views.open"))
        slack_app.deliver(slack_app.click(ts, "answer", "U0ANN"))
        slack_app.wait(lambda: len(slack_app.of("views.open")) > opened)
        view = slack_app.of("views.open")[-1].body["view"]
        fields = {block["block_id"]: block["element"] for block in view["blocks"] if block["type"] == "input"}
        assert {name: field["type"] for name, field in fields.items()} == {
            "reason": "plain_text_input", "amount": "number_input", "when": "datepicker", "size": "static_select",
            "sure": "static_select",
        }  # fmt: skip
        assert fields["amount"]["initial_value"] == "2"
        assert "**Shall we?**" in str(view["blocks"])
        filled = {
            "reason": {"type": "plain_text_input", "value": "it is time"},
            "amount": {"type": "number_input", "value": "3"},
            "when": {"type": "datepicker", "selected_date": "2026-11-23"},
            "size": {"type": "static_select", "selected_option": fields["size"]["options"][1]},
            "sure": {"type": "static_select", "selected_option": fields["sure"]["options"][1]},
        }
        slack_app.deliver(slack_app.submit(view, "U0ANN", filled))
        run = run_named(client, "asking", "COMPLETED")
        answered = eventually(
            lambda: (client.folder / "answered.txt").exists(), seconds=60, what=f"the answer, {log.read_text()}"
        )
    assert answered
    assert (client.folder / "answered.txt").read_text() == "it is time 3 2026-11-23 large False"
    assert states(client, run) == ["Pending", "Running", "Paused", "Running", "Completed"]
    entry = AuditEntry.objects.using("system").get(workspace_id=tenant.workspace_id, action="flow-run.resumed")
    assert (entry.actor_id, entry.via, entry.target_id) == (tenant.user.id, "slack", run["id"])
