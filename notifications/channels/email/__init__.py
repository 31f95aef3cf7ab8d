"""E-mail, through an SMTP server: a person's own, or the operator's."""

import hashlib
from email.utils import parseaddr
from typing import Annotated, Literal

from django.conf import settings as installation

from controlplane.egress.errors import Forbidden
from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, Kind, Rendered, Settings, secret, told
from notifications.channels.drafts import draft
from notifications.channels.email import smtp
from notifications.channels.email.letter import check_address, letter, rendered
from notifications.wire import Message

HOSTLESS = "This installation sends no mail of its own: give an SMTP server."


class EmailSettings(Settings):
    to: Annotated[list[str], told("To", "Addresses, at most 20.", min_length=1, max_length=20)]
    sender: Annotated[str, told("From", "Empty with the installation's own server.")] = ""
    host: Annotated[str, told("SMTP server", "Empty for the installation's own.", max_length=253)] = ""
    port: Annotated[int, told("Port", "587 for STARTTLS, 465 for TLS.", ge=1, le=65535)] = 587
    security: Annotated[Literal["starttls", "tls", "none"], told("Encryption")] = "starttls"
    username: Annotated[str, told("User", max_length=200)] = ""
    password: Annotated[str, secret("Password", max_length=500)] = ""

    def __post_init__(self) -> None:
        for address in self.to:
            check_address("to", address)
        if self.host:
            check_address("sender", self.sender)
        elif self.sender or self.username or self.password:
            raise BadField("host", "Give the SMTP server that this sender belongs to.")
        if self.password and self.security == "none":
            raise BadField("security", "A password is not sent over a connection that is not encrypted.")


class Email(Kind[EmailSettings]):
    name = "email"
    title = "E-mail"
    help = "Give addresses; with a server of your own also its name, and a user and password if it asks for them."
    settings = EmailSettings

    def clean(self, settings: EmailSettings) -> EmailSettings:
        if not settings.host and not installation.EMAIL_HOST:
            raise BadField("host", HOSTLESS)
        if settings.host:
            try:
                smtp.check_server(settings.host, settings.port)
            except Forbidden as error:
                raise BadField("host", error.detail) from None
        return settings

    def hint(self, settings: EmailSettings) -> str:
        return f"E-mail to {', '.join(settings.to)}"

    def render(self, settings: EmailSettings, message: Message, key: str) -> Rendered:
        return rendered(message)

    def deliver(self, settings: EmailSettings, message: Message, key: str, *, seconds: float) -> Answer:
        sender = settings.sender or parseaddr(installation.DEFAULT_FROM_EMAIL)[1]
        mail = letter(draft(message), sender=sender, to=settings.to, message_id=message_id(key, sender))
        return Answer(smtp.send(server_of(settings), mail, sender, settings.to, seconds=seconds))


def server_of(settings: EmailSettings) -> smtp.Server:
    if settings.host:
        return smtp.Server(
            host=settings.host,
            port=settings.port,
            security=settings.security,
            username=settings.username,
            password=settings.password,
        )
    return smtp.Server(
        host=installation.EMAIL_HOST,
        port=installation.EMAIL_PORT,
        security="starttls" if installation.EMAIL_USE_TLS else "none",
        username=installation.EMAIL_HOST_USER,
        password=installation.EMAIL_HOST_PASSWORD,
        is_ours=True,
    )


def message_id(key: str, sender: str) -> str:
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{sender.rpartition('@')[2]}>"
