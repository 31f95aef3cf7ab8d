"""The kinds of channels, one folder each, and how their settings are read, kept and shown."""

from typing import Any

from controlplane.errors import NotFound
from notifications.channels.contract import Kind
from notifications.channels.slack import Slack

KINDS: dict[str, Kind[Any]] = {kind.name: kind for kind in (Slack(),)}


def kind_of(name: str) -> Kind[Any]:
    if name not in KINDS:
        raise NotFound(f"There is no kind of channel called {name}.")
    return KINDS[name]
