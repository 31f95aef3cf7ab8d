"""A request as people paste it: as it was on the wire, with headers only, or just its body."""

import json
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

REQUEST_LINE = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE) \S+( HTTP/[\d.]+)?")
HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*(.*)")
JSON = {"content-type": "application/json"}


class Sample(Struct, frozen=True):
    method: str
    headers: dict[str, str]
    content: bytes


def read_sample(text: str) -> Sample:
    """Headers end with an empty line. What does not begin like a request is the body of a POST of JSON."""
    head, _, body = text.replace("\r\n", "\n").lstrip("\n").partition("\n\n")
    lines = head.split("\n")
    first = REQUEST_LINE.fullmatch(lines[0].strip())
    headers = [HEADER.fullmatch(line.strip()) for line in (lines[1:] if first else lines)]
    if (first is None and not lines[0].strip()) or not all(headers) or (first is None and not headers):
        return Sample("POST", JSON, text.encode())
    found = {match[1].lower(): match[2] for match in headers if match is not None}
    return Sample(first[1] if first else "POST", found or JSON, body.encode())


def write_sample(request: Mapping[str, Any]) -> str:
    """The text of a request that an event shows (`webhook_requests.excerpt`)."""
    headers = "".join(f"{name}: {value}\n" for name, value in request.get("headers", {}).items())
    body = request.get("body", "")
    text = body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
    return f"{request.get('method', 'POST')} / HTTP/1.1\n{headers}\n{text}"
