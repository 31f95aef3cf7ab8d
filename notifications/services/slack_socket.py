"""Socket Mode: clicks come in over a websocket that we open, so that Slack need not reach us.

slack-sdk says where to connect; the connection itself is ours, since the SDK's own would not pass the gate.
Each envelope is a stored row before it is acknowledged. One thread reads, another does what was clicked.
"""

import logging
import threading
from typing import Any

import msgspec
from django.conf import settings
from django.db import connections
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import gate
from controlplane.egress.websocket import open_websocket
from controlplane.errors import Unavailable
from notifications.channels.contract import DeliveryFailed
from notifications.channels.slack_app.client import call
from notifications.services import slack_acting, slack_clicks

log = logging.getLogger(__name__)
OPEN_SECONDS = 10.0
LOOK_SECONDS = 1.0
LONGEST_PAUSE = 30.0


class SocketMode:
    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.clicked = threading.Event()

    def run(self) -> None:
        """Until `stop`. A connection that ends is replaced at once; while Slack cannot be reached, ever more slowly."""
        worker = threading.Thread(target=self.act, name="slack-act", daemon=True)
        worker.start()
        failures = 0
        while not self.stopping.is_set():
            try:
                with self.connect() as socket:
                    log.info("Connected to Slack")
                    failures = 0
                    self.listen(socket)
            except (DeliveryFailed, Forbidden, Unreachable, ConnectionClosed, OSError) as error:
                failures += 1
                log.warning("No connection to Slack", extra={"reason": str(error)})
                asked = error.retry_after if isinstance(error, DeliveryFailed) and error.retry_after else 0.0
                self.stopping.wait(max(asked, min(2.0**failures / 2, LONGEST_PAUSE)))
        self.clicked.set()
        worker.join(LOOK_SECONDS * 3)

    def stop(self) -> None:
        self.stopping.set()

    def connect(self) -> ClientConnection:
        told = call(settings.SLACK_APP_TOKEN, "apps.connections.open", seconds=OPEN_SECONDS)
        url = told.get("url")
        if not isinstance(url, str):
            raise Unreachable("Slack gave no address for Socket Mode.")
        return open_websocket(gate(), url)

    def listen(self, socket: ClientConnection) -> None:
        """Until Slack asks for another connection. A line that is dead is closed by the pings that it leaves open."""
        while not self.stopping.is_set():
            try:
                message = socket.recv(timeout=LOOK_SECONDS)
            except TimeoutError:
                continue
            if not self.take(socket, read(message)):
                return

    def take(self, socket: ClientConnection, envelope: dict[str, Any]) -> bool:
        """Whether the connection goes on. What cannot be stored now is not acknowledged: Slack delivers it again."""
        if envelope.get("type") == "disconnect":
            return False
        id = envelope.get("envelope_id")
        if not isinstance(id, str):
            return True  # hello
        if envelope.get("type") == "interactive":
            try:
                is_new = slack_clicks.receive(envelope.get("payload"))
            except Unavailable:
                log.warning("A click could not be stored")
                return True
            if is_new:
                self.clicked.set()
        socket.send(msgspec.json.encode({"envelope_id": id}).decode())
        return True

    def act(self) -> None:
        """Do what is stored: also what another process left when it was killed."""
        while not self.stopping.is_set():
            self.clicked.clear()
            try:
                slack_acting.work()
            except Exception:
                log.exception("A click could not be done")
                self.stopping.wait(LOOK_SECONDS)
            self.clicked.wait(LOOK_SECONDS)
        connections.close_all()


def read(message: str | bytes) -> dict[str, Any]:
    try:
        envelope = msgspec.json.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return envelope if isinstance(envelope, dict) else {}
