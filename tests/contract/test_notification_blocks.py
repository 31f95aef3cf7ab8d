"""Notification blocks that an unmodified Prefect 3.8 saves, and its automation that tells through them."""

from tests.contract.client import Client, eventually
from tests.fakes.receivers import fake_receivers

TELL = """\
import sys
from prefect.automations import Automation
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.events import emit_event
from prefect.events.actions import SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture

url, mark = sys.argv[1:]
resource = {"prefect.resource.id": f"order.{mark}"}
slack = SlackWebhook(url=f"{url}/services/T1/B1/{mark}").save("team-slack")
custom = CustomWebhookNotificationBlock(
    name="ops", url=f"{url}/custom?to={{{{to}}}}", headers={"X-Token": "{{token}}"},
    json_data={"title": "{{subject}}", "text": "{{body}}", "from": "{{name}}"},
    secrets={"to": mark, "token": "hidden-1"},
).save("own-webhook")
Automation(
    name="tell",
    trigger=EventTrigger(expect={"order.lost"}, match={}, posture=Posture.Reactive, threshold=1),
    actions=[
        SendNotification(block_document_id=id, subject="Lost: {{ event.resource.id }}", body="{{ event.payload.why }}")
        for id in (slack, custom)
    ],
).create()
emit_event(event="order.lost", resource=resource, payload={"why": "the owl \\"took\\" it"})
"""


def test_an_automation_tells_through_the_blocks_that_a_client_has_saved(client: Client):
    with fake_receivers() as fake:
        client.run("python", "-c", TELL, fake.url, "k7")
        eventually(lambda: len(fake.got) >= 2 or None, seconds=60, what="both messages")
        slack, custom = sorted(fake.got, key=lambda request: request.path, reverse=True)
        assert fake.complaints == []
        assert len(fake.got) == 2
    assert slack.path == "/services/T1/B1/k7"
    assert "Lost: order.k7" in slack.raw.decode()
    assert 'the owl "took" it' in str(slack.json)
    assert (custom.path, custom.headers["x-token"]) == ("/custom?to=k7", "hidden-1")
    assert custom.json == {"title": "Lost: order.k7", "text": 'the owl "took" it', "from": "ops"}
