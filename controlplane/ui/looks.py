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
        # Not HttpOnly: theme.js writes the same cookie when it changes the theme without a reload.
        response.set_cookie("theme", theme, max_age=YEAR_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response


@require_POST
def choose_zone(request: HttpRequest) -> HttpResponse:
    """Remember `zone`: UTC, or local (the zone that the browser tells). Works without JavaScript, but for local."""
    response = go_back(request)
    if request.POST.get("zone") == CHOSEN:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(COOKIE, CHOSEN, max_age=YEAR_SECONDS, samesite="Lax", secure=secure)
    else:
        response.delete_cookie(COOKIE)
    return response


def go_back(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe else "/")
