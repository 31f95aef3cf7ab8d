"""E-mail, through Amazon SES."""

import re
from typing import Annotated

from notifications.channels import aws
from notifications.channels.contract import Answer, Rendered, told
from notifications.channels.drafts import draft
from notifications.channels.email import message_id
from notifications.channels.email.letter import check_address, letter, rendered
from notifications.wire import Message

UNTAGGED = re.compile(r"[^A-Za-z0-9_.@-]")


class SesSettings(aws.AwsSettings, kw_only=True):
    sender: Annotated[str, told("From", "An address or domain that SES has verified.")]
    to: Annotated[list[str], told("To", "Addresses, at most 50.", min_length=1, max_length=50)]

    def __post_init__(self) -> None:
        super().__post_init__()
        check_address("sender", self.sender)
        for address in self.to:
            check_address("to", address)


class Ses(aws.AwsKind[SesSettings]):
    name = "ses"
    title = "E-mail (Amazon SES)"
    help = "A verified sender, and an access key or role that may ses:SendRawEmail."
    settings = SesSettings

    def hint(self, settings: SesSettings) -> str:
        return f"E-mail to {', '.join(settings.to)}"

    def render(self, settings: SesSettings, message: Message, key: str) -> Rendered:
        return rendered(message)

    def deliver(self, settings: SesSettings, message: Message, key: str, *, seconds: float) -> Answer:
        """SES gives the letter a Message-ID of its own; ours is in a header beside it, and in a tag."""
        mail = letter(
            draft(message), sender=settings.sender, to=settings.to, message_id=message_id(key, settings.sender)
        )
        mail["Webhook-Id"] = key
        answer = aws.call(
            settings,
            "sesv2",
            "send_email",
            seconds=seconds,
            FromEmailAddress=settings.sender,
            Destination={"ToAddresses": settings.to},
            Content={"Raw": {"Data": bytes(mail)}},
            EmailTags=[{"Name": "signalbox-key", "Value": UNTAGGED.sub("-", key)[:256]}],
        )
        return Answer(f"200 {answer['MessageId']}")
