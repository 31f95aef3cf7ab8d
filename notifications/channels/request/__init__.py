"""A request of one's own making: what Prefect's custom webhook block describes."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlencode, urlsplit

import msgspec
from msgspec import field

from controlplane.wire.structs import BadField
from notifications.channels.contract import Answer, Kind, Settings, secret, told
from notifications.channels.drafts import draft
from notifications.channels.headers import check_headers
from notifications.channels.posting import JSON, clean_url, failure, host_of, is_success, post
from notifications.wire import Message

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PLACEHOLDER = re.compile(r"\{\{\s*([\w.-]+)\s*\}\}")
UNSAFE = re.compile(r"[^\x20-\x7e]")


class RequestSettings(Settings):
    url: Annotated[str, secret("URL", "May name a secret, as {{name}}, behind the host.", max_length=2000)]
    method: Annotated[Literal["GET", "POST", "PUT", "PATCH", "DELETE"], told("Method")] = "POST"
    title: Annotated[str, told("Name", "What {{name}} stands for.", max_length=200)] = ""
    params: Annotated[dict[str, str], secret("Query parameters")] = field(default_factory=dict)
    json_text: Annotated[str, secret("JSON body", "May name {{subject}}, {{body}}, {{name}} and the secrets.")] = ""
    form: Annotated[dict[str, str], secret("Form fields", "Instead of a JSON body.")] = field(default_factory=dict)
    form_text: Annotated[str, secret("Raw body", "Instead of a JSON body.")] = ""
    headers: Annotated[dict[str, str], secret("Headers")] = field(default_factory=dict)
    cookies: Annotated[dict[str, str], secret("Cookies")] = field(default_factory=dict)
    secrets: Annotated[dict[str, str], secret("Secrets", "Filled in wherever they are named.")] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        check_headers(self.headers, taken=("webhook-id", "cookie"))
        check_headers(self.cookies, field="cookies")
        if sum(bool(body) for body in (self.json_text, self.form, self.form_text)) > 1:
            raise BadField("json_text", "Give either a JSON body or a form.")
        if self.json_text:
            try:
                msgspec.json.decode(self.json_text)
            except msgspec.DecodeError as error:
                raise BadField("json_text", f"That is not JSON: {error}") from None


class Request(Kind[RequestSettings]):
    name = "request"
    title = "Custom request"
    help = "Any HTTP request, with {{subject}} and {{body}} where you want them."
    settings = RequestSettings

    def clean(self, settings: RequestSettings) -> RequestSettings:
        if "{" in urlsplit(settings.url).netloc:
            raise BadField("url", "The host of the address must be written out.")
        clean_url("url", PLACEHOLDER.sub("x", settings.url))
        return settings

    def hint(self, settings: RequestSettings) -> str:
        return f"{settings.method} {host_of(PLACEHOLDER.sub('x', settings.url))}/…"

    def deliver(self, settings: RequestSettings, message: Message, key: str, *, seconds: float) -> Answer:
        """The address is checked as it is once everything is filled in."""
        parts = draft(message)
        words = {"subject": parts.headline, "body": parts.detail, "name": settings.title}
        filled = fill(msgspec.to_builtins(settings), {**settings.secrets, **words})
        url = clean_for_wire(filled["url"])
        if filled["params"]:
            url += ("&" if "?" in url else "?") + urlencode(filled["params"])
        body, headers = body_of(settings, filled, {**settings.secrets, **words})
        sent = {name: UNSAFE.sub(" ", value) for name, value in filled["headers"].items()}
        if filled["cookies"]:
            pairs = (f"{name}={UNSAFE.sub(' ', value).replace(';', ' ')}" for name, value in filled["cookies"].items())
            sent["Cookie"] = "; ".join(pairs)
        reply = post(url, body, {**headers, **sent, "Webhook-Id": key}, seconds=seconds, method=settings.method)
        if not is_success(reply):
            raise failure("The receiver", reply)
        return Answer(f"HTTP {reply.status}")


def clean_for_wire(url: str) -> str:
    """A run's words in an address are quoted."""
    return re.sub(r"[^\x21-\x7e]|[\"<>\\^`{|}]", lambda found: quoted(found[0]), url)


def quoted(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def body_of(
    settings: RequestSettings, filled: dict[str, Any], values: dict[str, str]
) -> tuple[bytes | None, dict[str, str]]:
    if settings.json_text:
        # Filled in after it is read: a quotation mark in a run's words stays a character of its text.
        return msgspec.json.encode(fill(msgspec.json.decode(settings.json_text), values)), dict(JSON)
    if settings.form:
        return urlencode(filled["form"]).encode(), dict(FORM)
    if settings.form_text:
        return filled["form_text"].encode(), dict(FORM)
    return None, {}


def fill(value: Any, values: dict[str, str]) -> Any:
    """The same with every {{name}} that is known filled in; nothing that is filled in is looked at again."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {fill(name, values): fill(inner, values) for name, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, values) for inner in value]
    return value
