from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from controlplane.ui.context import THEMES

YEAR_SECONDS = 365 * 86400


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember `theme` (system, light, dark) and go back to where the person was. Works without JavaScript."""
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    response = redirect(back if safe else "/")
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        # Not HttpOnly: theme.js writes the same cookie when it changes the theme without a reload.
        response.set_cookie("theme", theme, max_age=YEAR_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    return response
