"""The address to which Slack sends clicks, where it can reach us; Socket Mode needs none."""

import json
import re
import time
from urllib.parse import parse_qs

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from slack_sdk.signature import SignatureVerifier

from notifications.services import slack_clicks

LARGEST_BODY = 1_000_000
FRESH_SECONDS = 300
TIMESTAMP = re.compile(r"\d{1,12}")


@csrf_exempt
@require_POST
def receive_interaction(request: HttpRequest) -> HttpResponse:
    """200 once the click is stored; what it does is done at once after that. 401 for what Slack has not signed."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        return HttpResponse(status=413)
    if not is_signed(request):
        return HttpResponse(status=401)
    try:
        (sent,) = parse_qs(request.body.decode(), strict_parsing=True, max_num_fields=10)["payload"]
        payload = json.loads(sent)
    except (ValueError, KeyError, RecursionError):
        return HttpResponse(status=400)
    slack_clicks.receive(payload)
    return HttpResponse(status=200)


def is_signed(request: HttpRequest) -> bool:
    """Over the raw bytes, in constant time, and not older than five minutes."""
    timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    if not settings.SLACK_SIGNING_SECRET or not TIMESTAMP.fullmatch(timestamp) or not signature.isascii():
        return False
    if abs(time.time() - int(timestamp)) > FRESH_SECONDS:
        return False
    verifier = SignatureVerifier(settings.SLACK_SIGNING_SECRET)
    return verifier.is_valid(request.body, timestamp, signature)
