"""Sending a letter over SMTP, through a connection to a checked address, with one deadline for all of it."""

import smtplib
import socket
import ssl
import threading
import time
from email.message import EmailMessage
from typing import Any

from django.conf import settings
from msgspec import Struct

from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import Gate, gate
from controlplane.egress.opener import dial
from notifications.channels.contract import DeliveryFailed
from notifications.channels.posting import BLOCKED

# Where letters are handed in. Not 25: that is for servers among themselves, and a favourite of spammers.
PORTS = frozenset({465, 587, 2525})
NO_PASSWORD = "It does not take this user and password. Put in new ones."
NO_SENDER = "It does not take this sender."
NOBODY = "It takes none of these addresses."


class Server(Struct, frozen=True):
    host: str
    port: int
    security: str
    username: str = ""
    password: str = ""
    is_ours: bool = False
    """The operator's own: it may stand anywhere."""


def smtp_gate(seconds: float = 10.0) -> Gate:
    return Gate(gate().allowed, total_seconds=seconds, ports=PORTS)


def check_server(host: str, port: int) -> None:
    """`Forbidden` if it may not be reached; a name that does not resolve just now is looked at again later."""
    try:
        smtp_gate().check_host(host, port)
    except Unreachable:
        return


def send(server: Server, mail: EmailMessage, sender: str, to: list[str], *, seconds: float) -> str:
    """The server's words. Raises `DeliveryFailed`."""
    try:
        return converse(server, mail, sender, to, seconds)
    except Forbidden as error:
        raise DeliveryFailed(error.detail, permanent="channel") from None
    except Unreachable as error:
        raise DeliveryFailed(f"{error} {BLOCKED}") from None
    except smtplib.SMTPAuthenticationError as error:
        lasting = error.smtp_code >= 500
        raise refused(error.smtp_code, NO_PASSWORD, "channel" if lasting else "") from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise refused(min(codes), NOBODY, "channel" if min(codes) >= 500 else "") from None
    except smtplib.SMTPSenderRefused as error:
        raise refused(error.smtp_code, NO_SENDER, "channel" if error.smtp_code >= 500 else "") from None
    except smtplib.SMTPResponseException as error:
        raise refused(error.smtp_code, "", "message" if error.smtp_code >= 500 else "") from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryFailed("The mail server offers no STARTTLS or no sign-in.", permanent="channel") from None
    except ssl.SSLError as error:
        reason = getattr(error, "verify_message", "") or error.reason or "TLS failed"
        raise DeliveryFailed(f"No secure connection to {server.host}: {reason}.") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise DeliveryFailed(f"The mail server stopped in the middle ({type(error).__name__}). {BLOCKED}") from None


def refused(code: int, advice: str, permanent: Any) -> DeliveryFailed:
    """Only the number of the answer is shown: its words may be of another server than the one that was meant."""
    return DeliveryFailed(f"The mail server answered {code}. {advice}".rstrip(), permanent=permanent)


def converse(server: Server, mail: EmailMessage, sender: str, to: list[str], seconds: float) -> str:
    deadline = time.monotonic() + seconds
    context = ssl.create_default_context()
    if settings.SMTP_CA_FILE:
        context.load_verify_locations(settings.SMTP_CA_FILE)
    connection = PinnedSmtp(server, context if server.security == "tls" else None, deadline)
    watchdog = threading.Timer(seconds, connection.give_up)
    watchdog.daemon = True
    watchdog.start()
    try:
        connection.connect(server.host, server.port)
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.username:
            connection.login(server.username, server.password)
        refusals = connection.send_message(mail, from_addr=sender, to_addrs=to)
        connection.docmd("QUIT")
    finally:
        watchdog.cancel()
        connection.close()
    if refusals:
        return f"250, but not for {len(refusals)} of {len(to)} addresses"
    return "250 accepted"


class PinnedSmtp(smtplib.SMTP):
    """smtplib on a connection of our gate. A server that sends a byte now and then is cut off at the deadline."""

    def __init__(self, server: Server, tls: ssl.SSLContext | None, deadline: float) -> None:
        super().__init__(local_hostname="signalbox.invalid")
        self.server = server
        self.tls = tls
        self.deadline = deadline
        # What smtplib checks a certificate by; it is set by its constructor only.
        self._host = server.host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        left = max(self.deadline - time.monotonic(), 0.1)
        if self.server.is_ours:
            plain = socket.create_connection((host, port), timeout=left)
        else:
            plain = dial(smtp_gate(left), host, port, self.deadline)
        plain.settimeout(left)
        return self.tls.wrap_socket(plain, server_hostname=host) if self.tls else plain

    def give_up(self) -> None:
        if self.sock is not None:
            try:
                self.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
