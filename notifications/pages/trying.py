"""Test messages: what they say, how often, what is said of them, and the proof that one has arrived."""

import hashlib
from typing import Any

from django.contrib import messages
from django.core import signing

from notifications.services import samples, sending
from workspaces.doors import PageRequest

TESTED_SECONDS = 3600


def say(request: PageRequest, sent: sending.Sent, delivered: str) -> None:
    if sent.failure is None:
        messages.success(request, f"{delivered} in {sent.seconds:.1f} s.")
    else:
        messages.error(request, sent.answer)


def sample(request: PageRequest, *, is_test: bool = True) -> Any:
    place = request.place
    return samples.sample_message(
        place.workspace_id, account=place.account_handle, handle=place.workspace_handle, is_test=is_test
    )


def proof(request: PageRequest, what: bytes) -> str:
    """For the form: that a test of just this has worked, in this workspace."""
    return signing.dumps(mark_of(request, what), salt="notifications.tested")


def is_tested(request: PageRequest, what: bytes) -> bool:
    try:
        mark = signing.loads(request.POST.get("tested", ""), salt="notifications.tested", max_age=TESTED_SECONDS)
    except signing.BadSignature:
        return False
    return bool(mark == mark_of(request, what))


def mark_of(request: PageRequest, what: bytes) -> str:
    return hashlib.sha256(f"{request.place.workspace_id} ".encode() + what).hexdigest()
