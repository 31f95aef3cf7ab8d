from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from controlplane.ui.context import THEMES
from controlplane.ui.zones import CHOSEN, COOKIE

YEAR_SECONDS = 365 * 86400


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember `theme` (system, light, dark) and go back to where the person was. Works without JavaScript."""
    response = go_back(request)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        remember(response, "theme", theme)
    return response


@require_POST
def choose_zone(request: HttpRequest) -> HttpResponse:
    """Remember `zone`: UTC, or local (the zone that the browser tells). Works without JavaScript, but for local."""
    response = go_back(request)
    if request.POST.get("zone") == CHOSEN:
        remember(response, COOKIE, CHOSEN)
    else:
        response.delete_cookie(COOKIE)
    return response


def remember(response: HttpResponse, cookie: str, value: str) -> None:
    """Not HttpOnly: theme.js and zone.js write the same cookies."""
    response.set_cookie(cookie, value, max_age=YEAR_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)


def go_back(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "/")
