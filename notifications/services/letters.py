"""E-mail to bare addresses: through the channel that tells exactly these, which is made when there is none.

So such letters have what every message has: retries, one key, a delivery log, and a channel that can be switched off.
"""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from notifications.models import Channel
from notifications.services import channels

HINT = "E-mail to "


def channel_to(workspace: UUID, addresses: Sequence[str]) -> UUID:
    """The id of the channel. `BadSettings` where no mail leaves the installation, or for what is no address."""
    wanted = {address.lower() for address in addresses}
    for id, hint in Channel.objects.of(workspace).filter(kind="email").order_by("id").values_list("id", "hint"):
        if {address.lower() for address in hint.removeprefix(HINT).split(", ")} == wanted:
            return UUID(str(id))
    settings = {"to": list(dict.fromkeys(addresses))}
    made = channels.create_channel(workspace, kind="email", name=name_of(sorted(wanted)), settings=settings)
    return UUID(str(made.id))


def name_of(addresses: Sequence[str]) -> str:
    name = HINT + ", ".join(addresses)
    if len(name) <= channels.LONGEST_NAME:
        return name
    return f"{name[:80]}… {hashlib.sha256(name.encode()).hexdigest()[:8]}"
