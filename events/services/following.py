"""Events as they are committed."""

from functools import cached_property
from uuid import UUID

import msgspec

from controlplane.sql.transactions import workspace_transaction
from controlplane.streams.tail import Page
from events import queries
from events.rules.matching import Facts
from events.wire.events import ReceivedEvent, Resource

# More than this in one look (a burst, or a long pause) is read in steps.
STEP = 5_000

decode_resource = msgspec.json.Decoder(Resource).decode
decode_related = msgspec.json.Decoder(list[Resource]).decode
encoder = msgspec.json.Encoder()


class Live:
    """A stored event on its way to the followers: read for filters and written as JSON at most once for all of them."""

    def __init__(self, event: ReceivedEvent) -> None:
        self.event = event

    @cached_property
    def facts(self) -> Facts:
        event = self.event
        resource, related = decode_resource(event.resource), decode_related(event.related)
        return Facts(event.id, event.occurred, event.event, resource, related, lambda: self.text)

    @cached_property
    def text(self) -> str:
        event = self.event
        parts = (event.event.encode(), bytes(event.resource), bytes(event.related), bytes(event.payload))
        return b" ".join(parts).decode().lower()

    @cached_property
    def frame(self) -> str:
        return '{"type":"event","event":' + encoder.encode(self.event).decode() + "}"


def read_page(workspace: UUID, cursor: int | None) -> Page[Live]:
    """What was committed since `cursor`, up to the oldest transaction that is still open."""
    with workspace_transaction(workspace):
        edge = queries.read_edge()
        assert edge is not None
        if cursor is None or cursor >= edge.horizon:
            return Page([], max(cursor or 0, edge.horizon), edge.ahead, edge.life)
        rows = queries.tail_events(workspace=workspace, after=str(cursor), until=str(edge.horizon), limit=STEP)
    if len(rows) < STEP:
        return Page([live(row) for row in rows], edge.horizon, edge.ahead, edge.life)
    # The last transaction may be cut: it comes whole with the next page, unless it is all there is.
    last = rows[-1].tx
    whole = [row for row in rows if row.tx < last]
    if not whole:
        return Page([live(row) for row in rows], last + 1, edge.ahead, edge.life)
    return Page([live(row) for row in whole], last, edge.ahead, edge.life)


def live(row: queries.TailedEvent) -> Live:
    return Live(
        ReceivedEvent(
            id=row.id, occurred=row.occurred, received=row.received, event=row.event, resource=row.resource,
            related=row.related, payload=row.payload, follows=row.follows,
        )
    )  # fmt: skip
