"""A server in KMS's place that refuses: moto opens with keys that are disabled, which AWS does not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.fakes.listening import Listening


@contextmanager
def refusing_kms(code: str) -> Iterator[str]:
    """The address of a KMS that answers every call with this error."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps({"__type": code, "message": "refused"}).encode()
            self.send_response(400)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    fake = Listening(Handler)
    try:
        yield fake.origin
    finally:
        fake.close()
