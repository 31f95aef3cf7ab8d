"""Settings as a person sends them, as they are sealed, and as they are shown."""

import copy
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from controlplane.errors import Invalid
from controlplane.wire.structs import BadField
from notifications.channels.contract import Kind, Settings, secret_fields

MASK = "********"
PLACE = re.compile(r"^(?P<words>.*?)(?: - at `\$\.(?P<field>\w+).*`)?$", re.DOTALL)
NAMED = re.compile(r"(?:missing required|unknown) field `(\w+)`")


class BadSettings(Invalid):
    """What a person gave is not what the kind needs. `field` is where; empty: anywhere."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def read_settings(kind: Kind[Any], given: Mapping[str, Any]) -> Any:
    """The settings of a kind. `BadSettings` names the field that cannot be."""
    try:
        return kind.clean(msgspec.convert(tidied(kind.settings, given), kind.settings))
    except msgspec.ValidationError as error:
        raise explained(error) from None
    except BadField as error:
        raise BadSettings(error.field, str(error)) from None


def tidied(settings: type[Settings], given: Mapping[str, Any]) -> dict[str, Any]:
    """Without the blanks round a text; an optional field that is empty is left out, as forms send it."""
    required = {field.name for field in msgspec.structs.fields(settings) if field.required}
    texts = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
    return {name: value for name, value in texts.items() if name in required or value not in ("", None)}


def explained(error: msgspec.ValidationError) -> BadSettings:
    if isinstance(error.__cause__, BadField):
        return BadSettings(error.__cause__.field, str(error.__cause__))
    found = PLACE.match(str(error))
    words, field = (found["words"], found["field"] or "") if found else (str(error), "")
    named = NAMED.search(words)
    return BadSettings(named[1] if named else field, words)


def changed_settings(kind: Kind[Any], before: Settings, given: Mapping[str, Any]) -> Any:
    """A PATCH: what is left out, and a secret that is sent as it was shown, stays as it is."""
    secrets = secret_fields(kind.settings)
    sent = {name: value for name, value in given.items() if not (name in secrets and value == MASK)}
    return read_settings(kind, {**msgspec.to_builtins(before), **sent})


def without_secrets(settings: Settings) -> Any:
    """The settings with a mask for each secret. They are not checked again: a mask is no working value."""
    masked = copy.copy(settings)
    for name in secret_fields(type(settings)):
        value = getattr(settings, name)
        if isinstance(value, dict):
            setattr(masked, name, dict.fromkeys(value, MASK))
        elif value:
            setattr(masked, name, [MASK] if isinstance(value, list) else MASK)
    return masked


def removed_secrets(before: Settings, after: Settings) -> list[str]:
    """The names of the secrets that are no longer there."""
    names = secret_fields(type(before))
    return sorted(name for name in names if getattr(before, name) and not getattr(after, name))


def to_bytes(settings: Settings) -> bytes:
    """As it is sealed."""
    return msgspec.json.encode(settings)


def from_bytes(kind: Kind[Any], opened: bytes) -> Any:
    """What was sealed. Rows of the first version hold the address of a Slack webhook and nothing else.

    It is not cleaned again: a network that the operator no longer allows is refused when the message is sent.
    """
    if not opened.startswith(b"{"):
        return kind.settings(url=opened.decode())
    return msgspec.json.decode(opened, type=kind.settings)


def shown(settings: Settings) -> dict[str, Any]:
    """Everything but the secrets, of which only is shown that they are there."""
    secrets = secret_fields(type(settings))
    values: dict[str, Any] = msgspec.to_builtins(settings)
    return {name: MASK if name in secrets and value else value for name, value in values.items()}
