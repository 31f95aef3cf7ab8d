"""Error pages in human words: what happened, why, what to do, and the id that finds it in the log.

They are drawn without context processors, so that a broken database cannot break the page that says so.
"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.csrf import requires_csrf_token

from controlplane.ui.context import chosen_theme


@dataclass(frozen=True)
class Words:
    title: str
    what: str
    next: str


WORDS = {
    400: Words(
        "This request could not be read",
        "Something in the address or the form was not what the server expects.",
        "Go back, reload the page and try once more.",
    ),
    403: Words(
        "You may not do this here",
        "You are signed in, but your role does not allow this, or the form on the page was too old.",
        "Reload the page and try again. If it stays, ask an owner of the workspace for a role that allows it.",
    ),
    404: Words(
        "There is nothing at this address",
        "The page was moved or deleted, or it belongs to a workspace you are not a member of.",
        "Check the address, or go to the start page and look for it there.",
    ),
    424: Words(
        "A key that protects this is closed",
        "The key in AWS KMS that this organisation brought does not let us read its secrets.",
        "Open the key to us again: nothing is lost meanwhile. The page Encryption says which key it is.",
    ),
    429: Words(
        "Too many requests",
        "You, or somebody at your address, asked more often than this server allows.",
        "Wait a minute, then try again.",
    ),
    500: Words(
        "The server failed to answer",
        "This is a fault of the server, not yours. Nothing you sent was half done.",
        "Try again. If it happens again, give the details below to whoever runs this server.",
    ),
    503: Words(
        "The server is busy or being updated",
        "It cannot answer right now.",
        "Try again in a minute.",
    ),
}


def error_page(request: HttpRequest, status: int, *, reason: str = "") -> HttpResponse:
    """The page for `status`; `reason` replaces the sentence that says what happened."""
    words = WORDS.get(status, WORDS[500])
    context = {
        "status": status,
        "title": words.title,
        "what": reason or words.what,
        "next": words.next,
        "request_id": getattr(request, "request_id", ""),
        "address": request.build_absolute_uri() if status != 400 else request.path,
        "method": request.method,
        "moment": timezone.now(),
        "theme": chosen_theme(request),
        "shortcuts": "off",
    }
    response = HttpResponse(render_to_string("ui/layouts/error.html", context), status=status)
    response["Cache-Control"] = "no-store"
    return response


def handler400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 400)


@requires_csrf_token
def handler403(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    # A PermissionDenied carries a sentence written for people; anything else has none.
    return error_page(request, 403, reason=str(exception or ""))


def handler404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 404)


def handler500(request: HttpRequest) -> HttpResponse:
    return error_page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For CSRF_FAILURE_VIEW."""
    return error_page(
        request, 403, reason="The form was too old, or your browser does not send cookies to this address."
    )
