"""New events on their way to the triggers: read as far as they may concern one, in order, without repetitions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Raw

from automations import queries_evaluation as queries
from automations.queries_evaluation import Body, Head, Place
from automations.rules.arrivals import PATIENCE, may_wait, moment_of, order
from automations.rules.watching import Happening, Leaf
from automations.services.sight import sight
from events.wire.events import Resource

REACH = timedelta(minutes=30)
"""Repetitions and leaders are looked for this far round the events."""

encode = msgspec.json.encode
decode_resource = msgspec.json.Decoder(Resource).decode
decode_related = msgspec.json.Decoder(list[Resource]).decode


def read_happenings(heads: Sequence[Head], *, end: int, now: datetime) -> list[tuple[Leaf, Happening]]:
    """Events with the triggers whose names they bear. Those whose leader has not come are put aside."""
    wanted = {
        (head.workspace_id, head.id): head
        for head in heads
        if any(leaf.watched.since <= head.received for leaf in sight.index.interested(head.workspace_id, head.event))
    }
    released = queries.release_events(end=str(end), now=now)
    places: list[Head | Place] = [*wanted.values(), *released]
    if not places:
        return []
    bodies = read_bodies(places)
    free = {(one.workspace_id, one.id) for one in released}
    waiting = find_waiting([one for one in bodies if (one.workspace_id, one.id) not in free], heads, end=end, now=now)
    park(waiting, now=now)
    aside = {one.id for one in waiting}
    return arrange([one for one in bodies if one.id not in aside])


def read_bodies(places: Sequence[Head | Place]) -> list[Body]:
    moments = [place.occurred for place in places]
    rows = queries.read_bodies(
        workspaces=[place.workspace_id for place in places], ids=[place.id for place in places], moments=moments,
        since=min(moments) - REACH, until=max(moments) + REACH,
    )  # fmt: skip
    return [row for row in rows if not row.is_repeated]


def find_waiting(bodies: Sequence[Body], heads: Sequence[Head], *, end: int, now: datetime) -> list[Body]:
    followers = [one for one in bodies if one.follows and may_wait(one.event, one.received, now=now)]
    if not followers:
        return []
    seen = {(head.workspace_id, head.id) for head in heads}
    missing = [one for one in followers if (one.workspace_id, one.follows) not in seen]
    if not missing:
        return []
    moments = [one.occurred for one in missing]
    seen |= {
        (row.workspace_id, row.id)
        for row in queries.find_leaders(
            workspaces=[one.workspace_id for one in missing], ids=[one.follows for one in missing],
            since=min(moments) - REACH, until=max(moments) + REACH, end=str(end),
        )
    }  # fmt: skip
    return [one for one in missing if (one.workspace_id, one.follows) not in seen]


def park(waiting: Sequence[Body], *, now: datetime) -> None:
    if not waiting:
        return
    rows = [
        {
            "id": one.id, "workspace_id": one.workspace_id, "occurred": one.occurred, "follows": one.follows,
            "until": one.received + PATIENCE,
        }
        for one in waiting
    ]  # fmt: skip
    queries.park_events(rows=Raw(encode(rows)))


def arrange(bodies: Sequence[Body]) -> list[tuple[Leaf, Happening]]:
    moments: dict[UUID, datetime] = {one.id: moment_of(one.occurred, one.received) for one in bodies}
    placed = order(moments, {one.id: one.follows for one in bodies if one.follows})
    return [
        (leaf, happening)
        for one in bodies
        for happening in [to_happening(one, placed[one.id])]
        for leaf in sight.index.interested(one.workspace_id, one.event)
        if leaf.watched.since <= one.received
    ]


def to_happening(body: Body, at: datetime) -> Happening:
    return Happening(
        id=body.id, at=at, occurred=body.occurred, received=body.received, event=body.event,
        resource=decode_resource(body.resource), related=decode_related(body.related),
    )  # fmt: skip
