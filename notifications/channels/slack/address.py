"""The shape of an incoming webhook's address."""

import re
from urllib.parse import urlsplit

from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import gate, split_url
from controlplane.wire.structs import BadField

HOSTS = frozenset({"hooks.slack.com", "hooks.slack-gov.com"})
SERVICE = re.compile(r"/services/T[A-Za-z0-9]+/B[A-Za-z0-9]+/[A-Za-z0-9]+")
SHAPE = "A Slack webhook address looks like https://hooks.slack.com/services/T…/B…/…"


def clean(text: str) -> str:
    """The address without blanks and quotes. `BadField` unless it is Slack's or lies in a network that is allowed."""
    url = text.strip().strip("\"'`<>").strip()
    try:
        scheme, host, port = split_url(url)
    except Forbidden as error:
        raise BadField("url", error.detail) from None
    if host in HOSTS:
        if scheme != "https" or port != 443 or not SERVICE.fullmatch(urlsplit(url).path):
            raise BadField("url", f"{SHAPE}. This one is incomplete or not a webhook.")
        return url
    try:
        is_allowed = gate().is_private_host(host, port)
    except Unreachable:
        is_allowed = False
    if not is_allowed:
        raise BadField(
            "url",
            f"{SHAPE}. {host} is not Slack; a proxy of your own must be in a network that the operator lists in "
            "SIGNALBOX_EGRESS_ALLOW_CIDRS.",
        )
    return url


def hint(url: str) -> str:
    """Enough to recognise the address by, too little to use it."""
    parts = urlsplit(url)
    pieces = parts.path.strip("/").split("/")
    shown = f"services/{pieces[1][:3]}…/" if parts.hostname in HOSTS else "…/"
    return f"{parts.netloc}/{shown}•••{pieces[-1][-3:]}"
