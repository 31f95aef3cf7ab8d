"""SMS, through Twilio."""

import base64
import re
from typing import Annotated
from urllib.parse import urlencode

from controlplane.egress.http import Reply
from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, DeliveryFailed, Kind, Rendered, Settings, secret, told
from notifications.channels.drafts import cut, draft
from notifications.channels.posting import clean_url, failure, is_success, post, read_object
from notifications.wire import Message

API = "https://api.twilio.com"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
NUMBER = re.compile(r"\+[1-9]\d{6,14}")
SENDER = re.compile(r"\+[1-9]\d{6,14}|MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{1,11}|\d{3,8}")
LONGEST_SMS = 480  # three or four parts; Twilio takes 1600, and each part is paid for
# Twilio's own numbers: the sender is not this account's, or may not send there.
WRONG_SENDER = frozenset({21212, 21603, 21606, 21659, 21660})
WRONG_RECEIVER = frozenset({21211, 21214, 21408, 21610, 21612, 21614})
NO_RECEIVER = "Twilio cannot send to this number, or its owner does not want it."
NO_SENDER = "Twilio cannot send from this number. Put in one of your account's."


class TwilioSettings(Settings):
    account_sid: Annotated[str, told("Account SID", "AC and 32 hexadecimal digits.")]
    auth_token: Annotated[str, secret("Auth token", max_length=100)]
    sender: Annotated[str, told("From", "A number of yours like +15550100, a messaging service or a sender's name.")]
    to: Annotated[list[str], told("To", "Numbers like +15550101.", min_length=1, max_length=10)]
    api_url: Annotated[str, told("API address", "Of a proxy of yours; empty for Twilio's own.")] = ""

    def __post_init__(self) -> None:
        if not ACCOUNT.fullmatch(self.account_sid):
            raise BadField("account_sid", "An account SID is AC and 32 hexadecimal digits.")
        if not self.auth_token.isascii() or not self.auth_token.isalnum():
            raise BadField("auth_token", "An auth token is letters and digits.")
        if not SENDER.fullmatch(self.sender):
            raise BadField("sender", "A sender is a number like +15550100, a messaging service or a name.")
        if wrong := [number for number in self.to if not NUMBER.fullmatch(number)]:
            raise BadField("to", f"{wrong[0]!r} is not a number like +15550101.")


class Twilio(Kind[TwilioSettings]):
    name = "twilio"
    title = "SMS (Twilio)"
    help = "From the Twilio console: account SID, auth token, and a number to send from."
    settings = TwilioSettings

    def clean(self, settings: TwilioSettings) -> TwilioSettings:
        if settings.api_url:
            settings.api_url = clean_url("api_url", settings.api_url).rstrip("/")
        return settings

    def hint(self, settings: TwilioSettings) -> str:
        more = f" and {len(settings.to) - 1} more" if len(settings.to) > 1 else ""
        return f"SMS to {settings.to[0][:4]}•••{settings.to[0][-3:]}{more}"

    def render(self, settings: TwilioSettings, message: Message, key: str) -> Rendered:
        return Rendered(text=text_of(message))

    def deliver(self, settings: TwilioSettings, message: Message, key: str, *, seconds: float) -> Answer:
        """One SMS for each number. Once one has gone out, nothing is sent again: that one would arrive twice."""
        failures = []
        for number in settings.to:
            reply = send_one(settings, number, message, key, seconds / len(settings.to))
            if not is_success(reply):
                failures.append(explain(reply))
        if failures and len(failures) == len(settings.to):
            raise failures[0]
        sent = len(settings.to) - len(failures)
        if failures:
            return Answer(f"Sent to {sent} of {len(settings.to)} numbers. {failures[0].reason}")
        return Answer(f"HTTP 201, {sent} SMS")


def send_one(settings: TwilioSettings, number: str, message: Message, key: str, seconds: float) -> Reply:
    service = "MessagingServiceSid" if settings.sender.startswith("MG") else "From"
    form = {"To": number, service: settings.sender, "Body": text_of(message)}
    basic = base64.b64encode(f"{settings.account_sid}:{settings.auth_token}".encode()).decode()
    url = f"{settings.api_url or API}/2010-04-01/Accounts/{settings.account_sid}/Messages.json"
    headers = {**FORM, "Authorization": f"Basic {basic}", "I-Twilio-Idempotency-Token": key, "Webhook-Id": key}
    return post(url, urlencode(form).encode(), headers, seconds=seconds)


def text_of(message: Message) -> str:
    parts = draft(message)
    detail = cut(parts.detail, LONGEST_SMS - len(parts.headline) - len(parts.run_url) - 2)
    return "\n".join(filter(None, (parts.headline, detail, parts.run_url)))


def explain(reply: Reply) -> DeliveryFailed:
    code = read_object(reply).get("code")
    if code in WRONG_SENDER:
        return failure("Twilio", reply, advice=NO_SENDER, permanent="channel", code=code)
    if code in WRONG_RECEIVER:
        return failure("Twilio", reply, advice=NO_RECEIVER, permanent="channel", code=code)
    return failure("Twilio", reply, code=code)
