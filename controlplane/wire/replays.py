"""A client that lost an answer sends the same request again. This is what tells such a replay from another request."""

from datetime import timedelta
from hashlib import blake2b

from controlplane.wire.doors import Call

ATTRIBUTION = (
    "X-Prefect-Worker-Id", "X-Prefect-Worker-Name", "X-Prefect-Flow-Id", "X-Prefect-Flow-Name",
    "X-Prefect-Deployment-Id", "X-Prefect-Deployment-Name",
)  # fmt: skip
REQUESTS, PATIENCE, PAUSES, JITTER = 6, 60, (2, 4, 8, 16, 32), 1.2
"""A client's requests, its patience with each and its pauses between them, in seconds."""
WINDOW = timedelta(seconds=REQUESTS * PATIENCE + sum(PAUSES) * JITTER)


def fingerprint(call: Call, raw: bytes, *, telling: bool) -> bytes | None:
    """Caller, attribution headers and body in 16 bytes; None if these could be another process's request as well.

    `telling`: the body or the client alone tells it from another's; otherwise the headers have to.
    """
    origin = [call.headers.get(name, "") for name in ATTRIBUTION]
    if not telling and not any(origin):
        return None
    digest = blake2b(raw, digest_size=16)
    digest.update("\0".join((str(call.caller.key_id or call.caller.actor_id), *origin)).encode())
    return digest.digest()
