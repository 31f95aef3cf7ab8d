"""Keys that were refused, remembered for a day: a worker whose key has expired says so only in its own log.

Remembered is what a key of the account does in one of its workspaces; an unknown key leaves nothing. One refusal of a
key and pool in `EVERY_SECONDS` is written, so a client that tries all the time costs a look into memory.
"""

import re
import time
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.conf import settings

from controlplane.sql.transactions import system_transaction
from workspaces import queries
from workspaces.queries import Refusal
from workspaces.tokens import hash_token

EVERY_SECONDS = 20.0
MOST_REMEMBERED = 5_000
OF_WORKERS = re.compile(r"/work_pools/([^/]+)/(?:workers/heartbeat|get_scheduled_flow_runs)/?")
WORDS = {
    "expired": "it has expired",
    "revoked": "it was revoked",
    "disabled": "its owner may not sign in any more",
    "workspace": "it has no access to this workspace",
    "role": "its role does not include the work of a worker",
}

noted: dict[tuple[bytes, UUID | None, str], float] = {}
"""When each was last written by this process; a memory, never the record."""


def remember(
    token: str, workspace: UUID | None, route: str, *, otherwise: Literal["workspace", "role"], address: str,
    client: str, now: datetime,
) -> None:  # fmt: skip
    """A known key was refused. `otherwise` is why, if the key itself is good."""
    digest, pool = hash_token(token, settings.SECRET_KEY), pool_of(route)
    mark = (digest, workspace, pool)
    if noted.get(mark, 0.0) > time.monotonic():
        return
    if len(noted) >= MOST_REMEMBERED:
        noted.clear()
    noted[mark] = time.monotonic() + EVERY_SECONDS
    with system_transaction():
        queries.remember_refusal(
            hash=digest, workspace=workspace, pool=pool, otherwise=otherwise, address=address, client=client[:200],
            now=now,
        )  # fmt: skip


def pool_of(route: str) -> str:
    """The pool of a worker's poll or heartbeat; empty for any other route."""
    found = OF_WORKERS.fullmatch(route)
    return found[1] if found else ""


def list_refusals(workspace: UUID, *, now: datetime, pool: str | None = None) -> list[Refusal]:
    """Those of the last day, the latest first; of one pool's workers if it is named."""
    return queries.list_refusals(workspace=workspace, pool=pool, now=now)


def forget_refusals(now: datetime) -> None:
    with system_transaction():
        queries.forget_refusals(now=now)
