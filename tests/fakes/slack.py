"""A small Slack on loopback: keeps what is posted to it, and answers whatever a test asks for."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.fakes.listening import Listening


@dataclass(frozen=True)
class Post:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float = field(default_factory=time.time)

    @property
    def key(self) -> str:
        return self.headers["Webhook-Id"]


@dataclass(frozen=True)
class Reply:
    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """How long the answer is held back, unless the fake is closed before."""


class FakeSlack(Listening):
    """Answers `replies` in turn, then `Reply()` for ever. `posts` is everything that arrived, answered or not."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.replies: list[Reply] = []
        self.arrived = threading.Condition()
        super().__init__(self.handler())

    @property
    def url(self) -> str:
        return f"{self.origin}/services/T00000000/B00000000/{'x' * 24}"

    def wait(self, count: int, seconds: float) -> list[Post]:
        """The posts once there are `count`; what there is when the time is up."""
        with self.arrived:
            self.arrived.wait_for(lambda: len(self.posts) >= count, seconds)
            return list(self.posts)

    def take(self, post: Post) -> Reply:
        with self.arrived:
            self.posts.append(post)
            self.arrived.notify_all()
            return self.replies.pop(0) if self.replies else Reply()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reply = fake.take(Post(self.path, dict(self.headers.items()), body))
                if reply.seconds:
                    fake.closing.wait(reply.seconds)
                # The sender may have stopped waiting, or been killed.
                with suppress(BrokenPipeError, ConnectionResetError):
                    self.answer(reply)

            def answer(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body.encode())))
                self.end_headers()
                self.wfile.write(reply.body.encode())

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def fake_slack() -> Iterator[FakeSlack]:
    fake = FakeSlack()
    try:
        yield fake
    finally:
        fake.close()
