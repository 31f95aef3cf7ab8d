"""A program: send one message through Apprise, under guard, and report in JSON.

Apprise connects wherever a person's address says, through libraries of many kinds. Here a hook of the interpreter,
which nothing in the process can remove, lets through connections to addresses that the gate has checked, and no
others; no file is written, none but the interpreter's own is read, no program started. The order comes on standard
input. It is run by its path, so that it imports nothing of the rooms.
"""

import io
import logging
import os
import socket
import sys
import sysconfig
from pathlib import Path
from typing import Any

import msgspec

from controlplane.egress.addresses import parse_networks
from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import Gate

PORTS = frozenset({80, 443, 465, 587, 2525})
NEVER = (
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "os.kill",
    "subprocess.Popen", "pty.spawn", "socket.sendto", "socket.sendmsg", "socket.bind", "ctypes.dlopen", "syslog.syslog",
    "os.remove", "os.rename", "os.mkdir", "os.rmdir", "shutil.rmtree", "os.link", "os.symlink", "os.truncate",
)  # fmt: skip


class Order(msgspec.Struct):
    url: str
    title: str
    body: str
    type: str
    key: str
    allowed: list[str]
    schemas: list[str]
    seconds: float


class Guard:
    """What the sender may do, and what it tried."""

    def __init__(self, order: Order) -> None:
        networks = parse_networks(order.allowed)
        self.gate = Gate(networks, look_up=look_up, total_seconds=order.seconds, ports=PORTS)
        self.checked: set[tuple[str, int]] = set()
        self.is_on = False
        self.report: dict[str, Any] = {}

    def get_addresses(self, host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        """Stands in for `getaddrinfo`: answers with checked addresses only."""
        name = host.decode() if isinstance(host, bytes) else str(host)
        try:
            addresses = self.gate.check_host(name, int(port))
        except Forbidden as error:
            self.report["forbidden"] = error.detail
            raise OSError(error.detail) from None
        except Unreachable as error:
            self.report["unreachable"] = str(error)
            raise OSError(str(error)) from None
        self.checked |= {(str(address), int(port)) for address in addresses}
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            (families[address.version], socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(address), int(port)))
            for address in addresses
        ]

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_on:
            return
        if event == "socket.connect":
            self.check_connection(arguments[1])
        elif event in NEVER or (event == "open" and not is_own_file(*arguments)):
            raise PermissionError(f"{event} is not allowed here")

    def check_connection(self, address: Any) -> None:
        if not isinstance(address, tuple) or (str(address[0]), int(address[1])) not in self.checked:
            self.report["forbidden"] = "It leads to an address that was not checked."
            raise PermissionError("that address was not checked")


real_getaddrinfo = socket.getaddrinfo


def look_up(host: str, port: int) -> list[str]:
    try:
        return [str(answer[4][0]) for answer in real_getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Unreachable(f"Could not resolve {host} from the server.") from None


# A template or a picture that an address names may not be a file of the server.
OWN = tuple(
    f"{Path(folder).resolve()}/"
    for folder in {sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
)
PUBLIC = ("/etc/ssl/", "/usr/lib/ssl/", "/usr/share/zoneinfo/", "/usr/share/ca-certificates/")


def is_own_file(path: Any, mode: Any, flags: Any) -> bool:
    """Whether it is opened for reading, and is the interpreter's, a library's or a certificate."""
    if isinstance(mode, str) and set(mode) & set("wax+"):
        return False
    if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        return False
    if isinstance(path, int):
        return True
    return os.path.realpath(os.fsdecode(path)).startswith((*OWN, *PUBLIC))


def watch_requests(guard: Guard, key: str) -> None:
    """The last answer's status, no redirects, no proxies, and the key on every request."""
    import requests

    plain = requests.Session.send

    def send(session: Any, prepared: Any, **named: Any) -> Any:
        prepared.headers.setdefault("Webhook-Id", key)
        named |= {"proxies": {}, "allow_redirects": False, "verify": True}
        answer = plain(session, prepared, **named)
        guard.report["status"] = answer.status_code
        guard.report["headers"] = {name.lower(): value for name, value in answer.headers.items()}
        return answer

    requests.Session.send = send  # type: ignore[method-assign, assignment]


def main() -> None:
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    answers, sys.stdout = sys.stdout, io.StringIO()
    logging.disable(logging.CRITICAL)  # a log line may hold the address, which is the secret
    import apprise

    guard = Guard(order)
    socket.setdefaulttimeout(order.seconds)
    watch_requests(guard, order.key)
    asset = apprise.AppriseAsset(app_id="Signalbox", plugin_paths=[], storage_mode="memory", secure_logging=True)
    sys.addaudithook(guard.hook)
    socket.getaddrinfo = guard.get_addresses
    guard.is_on = True
    sender = apprise.Apprise(asset=asset)
    guard.report["is_read"] = bool(sender.add(order.url)) and len(sender) == 1
    if guard.report["is_read"]:
        # The schema is what Apprise makes of the address, not what it looks like.
        schemas = {schema for plugin in sender for schema in names_of(plugin)}
        if schemas & set(order.schemas):
            guard.report["is_delivered"] = bool(
                sender.notify(title=order.title, body=order.body, notify_type=order.type, body_format="text")
            )
        else:
            guard.report["forbidden"] = "That is not among the services sent to."
    guard.is_on = False
    answers.write(msgspec.json.encode(guard.report).decode())


def names_of(plugin: Any) -> set[str]:
    return {name for given in (plugin.protocol, plugin.secure_protocol) for name in as_tuple(given)}


def as_tuple(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given or ())


if __name__ == "__main__":
    main()
