"""`prefect cloud login` in a browser: a person approves, and the page hands a key to the command that waits.

The command listens on this person's own computer, so that only loopback addresses are accepted, and the browser
itself sends the key there: it never passes through an address or a redirect.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from csp.decorators import csp_update
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse

from controlplane.errors import Conflict
from controlplane.ids import uuid7
from controlplane.ui.errors import error_page
from controlplane.ui.page import page
from workspaces.doors import SignedInRequest
from workspaces.forms import AnswerForm
from workspaces.pages.api_keys import unstored
from workspaces.services import callers, keys

CALLBACK = re.compile(r"http://(?:localhost|127\.0\.0\.1):([1-9][0-9]{0,4})/?")
KEY_NAME = "prefect cloud login"
KEY_DAYS = 30


@login_required
def cli_login(request: SignedInRequest) -> HttpResponse:
    callback = accept_callback(request.GET.get("callback", ""))
    if callback is None:
        reason = "Only an address of this computer, such as http://localhost:4200, may ask for a key in this way."
        return error_page(request, 400, reason=reason)
    if request.method != "POST":
        places = callers.places_of_user(request.user.id).values()
        form = AnswerForm(initial={"key_id": uuid7()})
        context = {"callback": callback, "places": places, "form": form, "key_name": KEY_NAME, "days": KEY_DAYS}
        return unstored(page(request, "workspaces/cli_login.html", context))
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return error_page(request, 400)
    if form.cleaned_data["answer"] == "deny":
        return deny(request, callback)
    return approve(request, callback, form.cleaned_data["key_id"])


def accept_callback(given: str) -> str | None:
    """The callback without a trailing slash, or None unless it is a port of this person's own computer."""
    match = CALLBACK.fullmatch(given)
    return given.rstrip("/") if match and int(match[1]) < 65536 else None


def approve(request: SignedInRequest, callback: str, key_id: UUID) -> HttpResponse:
    expires = datetime.now(UTC) + timedelta(days=KEY_DAYS)
    try:
        new = keys.create_key(id=key_id, name=KEY_NAME, user=request.user, expires=expires)
    except Conflict:
        return unstored(page(request, "workspaces/cli_login_shown.html", status=409))
    return unstored(
        reaching(callback)(request, "workspaces/cli_login_approved.html", {"callback": callback, "token": new.token})
    )


def deny(request: SignedInRequest, callback: str) -> HttpResponse:
    return unstored(reaching(callback)(request, "workspaces/cli_login_denied.html", {"callback": callback}))


def reaching(callback: str) -> Callable[..., HttpResponse]:
    """`page`, with this one other address added to what its scripts may talk to."""
    draw: Any = page
    widen: Any = csp_update({"connect-src": [callback]})
    return cast("Callable[..., HttpResponse]", widen(draw))
