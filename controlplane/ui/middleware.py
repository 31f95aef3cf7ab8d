import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from controlplane.ids import uuid7
from controlplane.ui.zones import zone_of

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestId:
    """Gives every page request an id: shown on error pages, sent as `X-Request-Id`, found again in the log.

    The id of a proxy in front is kept when it is harmless to print.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if REQUEST_ID.fullmatch(given) else str(uuid7())
        request.request_id = request_id  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request_id
        return response


class LocalTime:
    """Pages tell times, and take them, as the clock beside the person's browser does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request.COOKIES)):
            return self.get_response(request)
