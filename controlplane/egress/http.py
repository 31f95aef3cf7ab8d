"""One HTTP request to a checked address, and its answer, whatever the status."""

import urllib.request
from collections.abc import Iterable, Mapping
from http.client import HTTPException
from urllib.error import HTTPError, URLError

from msgspec import Struct

from controlplane.egress.errors import Unreachable
from controlplane.egress.gate import Gate, split_url
from controlplane.egress.opener import pinned_opener

USER_AGENT = "Signalbox"


class Reply(Struct, frozen=True):
    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


def request(gate: Gate, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str]) -> Reply:
    """Redirects are answers like any other. Raises `Forbidden`, or `Unreachable` if there is no complete answer."""
    split_url(url)
    call = urllib.request.Request(url, data=body, method=method, headers={"User-Agent": USER_AGENT, **headers})
    try:
        try:
            with pinned_opener(gate).open(call) as answer:
                return Reply(answer.status, lowered(answer.headers.items()), answer.read())
        except HTTPError as error:
            with error:
                return Reply(error.code, lowered(error.headers.items()), error.read())
    except (HTTPException, URLError, OSError, ValueError) as error:
        raise Unreachable(f"The answer could not be read ({type(error).__name__}).") from None


def lowered(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
