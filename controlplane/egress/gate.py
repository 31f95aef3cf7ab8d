"""The gate to the outside: which hosts may be reached, and at which checked address."""

import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

from django.conf import settings

from controlplane.egress.addresses import Address, Network, is_among, parse_address, parse_networks, why_denied
from controlplane.egress.errors import Forbidden, Unreachable

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
PUBLIC_PORTS = frozenset({80, 443})
LONGEST_URL = 2000
DEFAULT_PORTS = {"http": 80, "https": 443}
# A name in ASCII: digits of other scripts (①②⑦) and full-width dots are folded by resolvers, and so hide an address.
HOST_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)

LookUp = Callable[[str, int], list[str]]


def look_up(host: str, port: int) -> list[str]:
    """Every address of a name, from the system's resolver, which is waited for no longer than a connection."""
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put([str(answer[4][0]) for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except OSError as error:
            answers.put(error)
        except UnicodeError:  # a label that is too long or empty
            answers.put(OSError("not a name"))

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=CONNECT_SECONDS)
    except Empty:
        raise Unreachable(f"Could not resolve {host} from the server: no answer in {CONNECT_SECONDS:.0f} s.") from None
    if isinstance(answer, OSError):
        raise Unreachable(f"Could not resolve {host} from the server.")
    return answer


@dataclass(frozen=True)
class Gate:
    """Hosts are reached if all their addresses are public and the port is one of `ports`, or all lie in `allowed`."""

    allowed: tuple[Network, ...] = ()
    look_up: LookUp = field(default=look_up)
    connect_seconds: float = CONNECT_SECONDS
    total_seconds: float = TOTAL_SECONDS
    ports: frozenset[int] = PUBLIC_PORTS

    def check_host(self, host: str, port: int) -> list[Address]:
        """The addresses of a host, each of them allowed. Forbidden if one is not: a mixed answer is an attack.

        Connect to one of these and do not ask again: the next answer may be another.
        """
        addresses = [parse_address(text) for text in self.look_up(host, port)]
        if not addresses:
            raise Unreachable(f"Could not resolve {host} from the server.")
        if all(is_among(address, self.allowed) for address in addresses):
            return addresses
        for address in addresses:
            if words := why_denied(address):
                raise Forbidden(
                    f"{host} leads to {address}, {words}. Signalbox only sends to the public internet, "
                    "unless the operator lists the network in SIGNALBOX_EGRESS_ALLOW_CIDRS."
                )
        if port not in self.ports:
            ports = ", ".join(map(str, sorted(self.ports)))
            raise Forbidden(f"Port {port} is not allowed: Signalbox sends to ports {ports}.")
        return addresses

    def is_private_host(self, host: str, port: int) -> bool:
        """Whether all addresses of the host lie in the networks that the operator allows."""
        return all(is_among(parse_address(text), self.allowed) for text in self.look_up(host, port))


def gate() -> Gate:
    """The gate with this installation's allowed networks."""
    return Gate(parse_networks(settings.EGRESS_ALLOW_CIDRS))


def split_url(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address that is written without tricks. Forbidden says what is wrong with it."""
    if len(url) > LONGEST_URL:
        raise Forbidden(f"The address is longer than {LONGEST_URL} characters.")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise Forbidden("The address has characters that do not belong into one.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("That is not an address.") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise Forbidden("The address must begin with https://")
    if "@" in parts.netloc:
        raise Forbidden("The address must not hold a user name or password.")
    if not parts.netloc.startswith("[") and not HOST_NAME.fullmatch(parts.hostname):
        raise Forbidden(f"{parts.hostname} is not a host name.")
    if port == 0:
        raise Forbidden("Port 0 is not a port.")
    return parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme]
