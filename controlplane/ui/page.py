"""One view, two answers: a visit gets the page, an htmx swap gets the part that moves."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    fragment: str | None = None,
    status: int = 200,
) -> HttpResponse:
    """Render `template`, or `fragment` when htmx asks for a swap; both from the same context.

    A boosted link and a restored history entry replace the whole body, so they get the page.
    """
    wanted = fragment if fragment and asks_for_fragment(request) else template
    response = render(request, wanted, dict(context or {}), status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def asks_for_fragment(request: HttpRequest) -> bool:
    htmx = getattr(request, "htmx", None)
    if not htmx:
        return False
    return not htmx.boosted and not htmx.history_restore_request
