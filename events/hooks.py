"""The address of inbound webhooks, outside /api: whoever knows the slug may send, with any method."""

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from controlplane.errors import Problem
from events.services import receiving

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@csrf_exempt
@require_http_methods(METHODS)
def receive_hook(request: HttpRequest, slug: str) -> HttpResponse:
    """204 once the event is stored. An OPTIONS is CloudEvents asking whether it may send here."""
    assert request.method is not None
    if request.method == "OPTIONS":
        origin = request.headers.get("WebHook-Request-Origin", "*")
        return HttpResponse(headers={"WebHook-Allowed-Origin": origin, "Allow": ", ".join(METHODS)})
    incoming = receiving.Request(
        method=request.method, headers=dict(request.headers.items()), content=request.body, token=bearer(request)
    )
    try:
        answer = receiving.receive(slug, incoming, now=datetime.now(UTC))
    except Problem as problem:
        return JsonResponse({"detail": problem.detail}, status=problem.status, headers=problem.headers)
    return HttpResponse(status=204) if answer is None else JsonResponse(answer)


def bearer(request: HttpRequest) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
