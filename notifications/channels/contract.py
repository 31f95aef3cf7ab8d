"""What every channel kind is made of: typed settings, and a way to deliver a message.

A kind is a folder: `settings.py` says what a person gives, `__init__.py` holds the `Kind`. The pages make their form
from the settings; the outbox stores them sealed, as JSON.
"""

from typing import Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from notifications.channels.drafts import draft
from notifications.wire import Message

SEND_SECONDS = 10.0


class Settings(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a channel needs to know. A rule about one field raises `BadField` in `__post_init__`.

    Every field is annotated with `told` or `secret`; only text, or a list or mapping of it, may be secret.
    """


def told(title: str, help: str = "", **limits: Any) -> Meta:
    """A field that those who may see channels see; `limits` are msgspec's."""
    return Meta(title=title, description=help, **limits)


def secret(title: str, help: str = "", **limits: Any) -> Meta:
    """A field that is written and never read."""
    return Meta(title=title, description=help, extra={"secret": True}, **limits)


class Answer(Struct, frozen=True):
    """Delivered; `words` are the receiver's."""

    words: str
    reference: str = ""
    """The receiver's own name of the message, by which it can be rewritten. Empty where it cannot."""


class Rendered(Struct, frozen=True):
    """A message as it leaves, for people to look at: what is posted as JSON, or the parts of a letter, or a text."""

    body: Any = None
    subject: str = ""
    text: str = ""
    html: str = ""


class DeliveryFailed(Exception):
    """The message did not arrive.

    `reason` is for people: the receiver's words and our advice. `permanent` says what can never work again: this
    `message`, the whole `channel`, or (empty) nothing, so that it is tried again. What the receiver may revoke
    counts as permanent only after `patience` attempts. `retry_after` is how many seconds the receiver asks for.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: Literal["", "message", "channel"] = "",
        retry_after: float | None = None,
        patience: int = 1,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.patience = patience


S = TypeVar("S", bound=Settings)


class Kind(Generic[S]):
    """One kind of channel."""

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str] = ""
    """How a person comes by the settings, in a sentence or two."""
    settings: type[S]
    can_edit: ClassVar[bool] = False
    """Whether a message that was sent can be rewritten."""
    closes_incidents: ClassVar[bool] = False
    """Whether a message that says it is resolved closes what the earlier ones have opened."""

    def clean(self, settings: S) -> S:
        """The settings without what a paste brings along. `BadField` or `Invalid` says what is wrong with them.

        For rules that need the installation's own settings; the others are in the Struct.
        """
        return settings

    def bind(self, settings: S, workspace: UUID) -> S:
        """The settings with what the workspace they belong to decides, and no person. When stored, and when sent."""
        return settings

    def hint(self, settings: S) -> str:
        """Where it goes, for a list: what a person may see."""
        raise NotImplementedError

    def deliver(self, settings: S, message: Message, key: str, *, seconds: float) -> Answer:
        """Send it, with `key` as its idempotency key. Raises `DeliveryFailed` for anything but success."""
        raise NotImplementedError

    def render(self, settings: S, message: Message, key: str) -> Rendered:
        """What `deliver` sends, to look at. The settings come from `without_secrets`: none can be in it."""
        parts = draft(message)
        return Rendered(text=f"{parts.headline}\n{parts.as_text()}")

    def edit(self, settings: S, reference: str, message: Message, key: str, *, seconds: float) -> Answer:
        """Rewrite the message with that reference; a kind that cannot sends another."""
        return self.deliver(settings, message, key, seconds=seconds)


class FormField(Struct, frozen=True):
    """One field of the form that sets a channel up."""

    name: str
    label: str
    help: str
    control: Literal["text", "number", "switch", "choice", "list", "pairs"]
    is_secret: bool
    is_required: bool
    choices: tuple[str, ...] = ()
    default: Any = None


CONTROLS: dict[type[msgspec.inspect.Type], Literal["text", "number", "switch", "choice", "list", "pairs"]] = {
    msgspec.inspect.StrType: "text",
    msgspec.inspect.IntType: "number",
    msgspec.inspect.BoolType: "switch",
    msgspec.inspect.LiteralType: "choice",
    msgspec.inspect.ListType: "list",
    msgspec.inspect.DictType: "pairs",
}


def form_of(settings: type[Settings]) -> list[FormField]:
    """The fields of the set-up form, in the order in which the settings declare them."""
    shape = msgspec.inspect.type_info(settings)
    assert isinstance(shape, msgspec.inspect.StructType)
    return [form_field(field) for field in shape.fields]


def form_field(field: msgspec.inspect.Field) -> FormField:
    assert isinstance(field.type, msgspec.inspect.Metadata), f"{field.name} is neither told nor secret"
    kind, schema, extra = field.type.type, field.type.extra_json_schema or {}, field.type.extra or {}
    default = field.default
    if field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    return FormField(
        name=field.name,
        label=schema.get("title", field.name),
        help=schema.get("description", ""),
        control=CONTROLS[type(kind)],
        is_secret=bool(extra.get("secret")),
        is_required=field.required,
        choices=tuple(str(value) for value in kind.values) if isinstance(kind, msgspec.inspect.LiteralType) else (),
        default=None if default is msgspec.NODEFAULT else default,
    )


def secret_fields(settings: type[Settings]) -> frozenset[str]:
    return frozenset(field.name for field in form_of(settings) if field.is_secret)
