"""Amazon SNS: a topic that its subscribers hear."""

import re
from typing import Annotated, Any

from controlplane.wire.structs import BadField
from notifications.channels import aws
from notifications.channels.contract import Answer, Rendered, told
from notifications.channels.drafts import cut, draft
from notifications.wire import Message

TOPIC = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}(?P<fifo>\.fifo)?")
LONGEST_SUBJECT = 99
LONGEST_KEY = 128


class SnsSettings(aws.AwsSettings, kw_only=True):
    topic_arn: Annotated[str, told("Topic", "Its ARN: arn:aws:sns:eu-central-1:123456789012:alerts.")]

    def __post_init__(self) -> None:
        super().__post_init__()
        topic = TOPIC.fullmatch(self.topic_arn)
        if topic is None:
            raise BadField("topic_arn", "A topic looks like arn:aws:sns:eu-central-1:123456789012:alerts.")
        if topic["region"] != self.region:
            raise BadField("region", f"The topic is in {topic['region']}.")


class Sns(aws.AwsKind[SnsSettings]):
    name = "sns"
    title = "Amazon SNS"
    help = "The topic's ARN, and an access key or role that may sns:Publish to it."
    settings = SnsSettings

    def hint(self, settings: SnsSettings) -> str:
        return f"SNS {settings.region} {settings.topic_arn.rpartition(':')[2]}"

    def render(self, settings: SnsSettings, message: Message, key: str) -> Rendered:
        return Rendered(body=publication(settings, message, key))

    def deliver(self, settings: SnsSettings, message: Message, key: str, *, seconds: float) -> Answer:
        answer = aws.call(settings, "sns", "publish", seconds=seconds, **publication(settings, message, key))
        return Answer(f"200 {answer['MessageId']}")


def publication(settings: SnsSettings, message: Message, key: str) -> dict[str, Any]:
    """A topic of the FIFO kind drops a second publication of the same key itself, for five minutes."""
    parts = draft(message)
    subject = parts.headline.encode("ascii", "ignore").decode().strip() or "Signalbox"
    facts = {"key": key, "state": message.state_type, "flow": message.flow, "deployment": message.deployment}
    ordered = {"MessageGroupId": "signalbox", "MessageDeduplicationId": key[:LONGEST_KEY]}
    return {
        "TopicArn": settings.topic_arn,
        "Subject": cut(subject, LONGEST_SUBJECT).replace("…", "."),
        "Message": f"{parts.headline}\n{parts.as_text()}",
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value} for name, value in facts.items() if value
        },
        **(ordered if settings.topic_arn.endswith(".fifo") else {}),
    }
