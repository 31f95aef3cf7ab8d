"""What may be reached from here: only the public internet, at the address that was checked."""

import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import cycle
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from controlplane.egress.addresses import parse_networks, why_denied
from controlplane.egress.errors import Forbidden, Unreachable
from controlplane.egress.gate import Gate, split_url
from controlplane.egress.opener import pinned_opener

LOOPBACK = parse_networks(["127.0.0.0/8"])
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("_case", "address", "kind"),
    [
        ("this host", "0.0.0.0", "this host"),
        ("this network", "0.1.2.3", "this host"),
        ("private 10", "10.0.0.1", "a private network"),
        ("private 10, last", "10.255.255.255", "a private network"),
        ("private 172", "172.16.0.1", "a private network"),
        ("private 172, last", "172.31.255.255", "a private network"),
        ("private 192", "192.168.1.1", "a private network"),
        ("loopback", "127.0.0.1", "this machine (loopback)"),
        ("loopback, not the first", "127.255.255.254", "this machine (loopback)"),
        ("CGNAT", "100.64.0.1", "a provider's internal network (CGNAT)"),
        ("CGNAT, last", "100.127.255.255", "a provider's internal network (CGNAT)"),
        ("Alibaba metadata", "100.100.100.200", "a provider's internal network (CGNAT)"),
        ("AWS, GCP and Azure metadata", "169.254.169.254", "a link-local network, where cloud metadata is served"),
        ("ECS credentials", "169.254.170.2", "a link-local network, where cloud metadata is served"),
        ("Azure wire server", "168.63.129.16", "a cloud provider's metadata service"),
        ("Oracle metadata", "192.0.0.192", "a protocol's own network"),
        ("TEST-NET-1", "192.0.2.1", "a documentation network"),
        ("TEST-NET-2", "198.51.100.7", "a documentation network"),
        ("TEST-NET-3", "203.0.113.9", "a documentation network"),
        ("AS112", "192.31.196.1", "a protocol's own network (AS112)"),
        ("AS112, direct delegation", "192.175.48.1", "a protocol's own network (AS112)"),
        ("AMT", "192.52.193.1", "a protocol's own network (AMT)"),
        ("6to4 relay", "192.88.99.1", "a 6to4 relay"),
        ("benchmark", "198.18.0.1", "a benchmark network"),
        ("benchmark, second half", "198.19.255.255", "a benchmark network"),
        ("multicast", "224.0.0.1", "a multicast address"),
        ("multicast, last", "239.255.255.255", "a multicast address"),
        ("reserved", "240.0.0.1", "a reserved network"),
        ("broadcast", "255.255.255.255", "a reserved network"),
        ("v6 unspecified", "::", "a local or special network"),
        ("v6 loopback", "::1", "a local or special network"),
        ("v4 in v6, mapped", "::ffff:127.0.0.1", "a local or special network"),
        ("public v4 in v6, mapped", "::ffff:8.8.8.8", "a local or special network"),
        ("v4 in v6, compatible", "::127.0.0.1", "a local or special network"),
        ("NAT64 of loopback", "64:ff9b::7f00:1", "a local or special network"),
        ("NAT64, local", "64:ff9b:1::a00:1", "a local or special network"),
        ("discard only", "100::1", "a local or special network"),
        ("6to4 of loopback", "2002:7f00:1::", "an IPv4 address in disguise (6to4)"),
        ("6to4 of 10/8", "2002:a00:1::1", "an IPv4 address in disguise (6to4)"),
        ("Teredo", "2001::1", "a protocol's own network (Teredo, ORCHID, benchmarks)"),
        ("ORCHID", "2001:20::1", "a protocol's own network (Teredo, ORCHID, benchmarks)"),
        ("v6 documentation", "2001:db8::1", "a documentation network"),
        ("v6 documentation, new", "3fff::1", "a documentation network"),
        ("AS112 v6", "2620:4f:8000::1", "a protocol's own network (AS112)"),
        ("segment routing", "5f00::1", "a local or special network"),
        ("unique local", "fd00::1", "a local or special network"),
        ("AWS metadata v6", "fd00:ec2::254", "a local or special network"),
        ("link-local v6", "fe80::1", "a local or special network"),
        ("site-local v6", "fec0::1", "a local or special network"),
        ("multicast v6", "ff02::1", "a local or special network"),
        ("Slack", "3.68.175.98", ""),
        ("public, before 10/8", "9.255.255.255", ""),
        ("public, after CGNAT", "100.128.0.1", ""),
        ("public, after 172.16/12", "172.32.0.1", ""),
        ("public, beside Azure's", "168.63.129.17", ""),
        ("public, below multicast", "223.255.255.255", ""),
        ("public v6", "2606:4700::6810:84e5", ""),
        ("public v6, last block", "3ffe::1", ""),
    ],
)
def test_only_the_public_internet_is_not_denied(_case, address, kind):
    assert why_denied(ip_address(address)) == kind


@pytest.mark.parametrize(
    ("_case", "url", "says"),
    [
        ("file", "file:///etc/passwd", "must begin with https://"),
        ("ftp", "ftp://example.com/x", "must begin with https://"),
        ("gopher", "gopher://127.0.0.1:6379/_INFO", "must begin with https://"),
        ("no scheme", "hooks.slack.com/services/T1/B1/x", "must begin with https://"),
        ("no host", "https:///services", "must begin with https://"),
        ("scheme only", "https://", "must begin with https://"),
        ("user name", "https://slack.com@127.0.0.1/", "user name"),
        ("password", "https://a:b@slack.com/", "user name"),
        ("backslash", "https://slack.com\\@127.0.0.1/", "characters"),
        ("blank inside", "https://slack.com /x", "characters"),
        ("new line", "https://slack.com/\r\nHost: x", "characters"),
        ("NUL", "https://slack.com/\x00", "characters"),
        ("tab", "https://sla\tck.com/", "characters"),
        ("digits in circles", "http://①②⑦.⓪.⓪.①/", "characters"),
        ("full-width dots", "http://127。0。0。1/", "characters"),
        ("cyrillic letter", "https://hооks.slack.com/", "characters"),
        ("percent in the host", "http://127.0.0.%31/", "not a host name"),
        ("port too large", "https://slack.com:99999/", "not an address"),
        ("port zero", "https://slack.com:0/", "Port 0"),
        ("port of letters", "https://slack.com:x/", "not an address"),
        ("open bracket", "https://[::1/", "not an address"),
        ("empty label", "https://slack..com/", "not a host name"),
        ("endless", "https://slack.com/" + "a" * 2000, "longer than"),
    ],
)
def test_an_address_written_with_tricks_is_refused(_case, url, says):
    with pytest.raises(Forbidden, match=says):
        split_url(url)


@pytest.mark.parametrize(
    ("_case", "host"),
    [
        ("one number", "2130706433"),
        ("hexadecimal", "0x7f000001"),
        ("hexadecimal with dots", "0x7f.1"),
        ("octal", "0177.0.0.1"),
        ("two parts", "127.1"),
        ("zero", "0"),
        ("all zeros", "0.0.0.0"),
        ("v6 loopback", "::1"),
        ("mapped", "::ffff:127.0.0.1"),
        ("metadata as a number", "2852039166"),
        ("link-local with a zone", "fe80::1%lo"),
        ("localhost", "localhost"),
    ],
)
def test_a_host_that_resolves_to_this_machine_is_refused(_case, host):
    with pytest.raises(Forbidden, match="leads to"):
        Gate().check_host(host, 443)


@pytest.mark.parametrize(
    ("_case", "answers", "port", "says"),
    [
        ("one of two is private", ["8.8.8.8", "10.0.0.1"], 443, "leads to 10.0.0.1, a private network"),
        ("public beside an allowed one does not allow it", ["8.8.8.8", "127.0.0.1"], 443, "leads to 127.0.0.1"),
        ("another port", ["8.8.8.8"], 6379, "Port 6379"),
    ],
)
def test_every_answer_and_the_port_must_be_allowed(_case, answers, port, says):
    with pytest.raises(Forbidden, match=says):
        Gate(LOOPBACK, lambda host, _: answers).check_host("example.com", port)


def test_an_allowed_network_may_be_reached_on_any_port():
    assert Gate(LOOPBACK).check_host("127.0.0.1", 8123) == [ip_address("127.0.0.1")]


@contextmanager
def listener(answer: Callable[[socket.socket], None]) -> Iterator[tuple[int, list[str]]]:
    """A server on loopback that hands each connection to `answer`, and the peers that came."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, peer = server.accept()
                except OSError:
                    return
                came.append(peer[0])
                with connection, suppress(OSError):
                    answer(connection)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], came
        server.shutdown(socket.SHUT_RDWR)


def say_ok(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(ANSWER)


def test_a_name_that_flips_between_answers_never_reaches_loopback(monkeypatch):
    """Check-then-connect with two look-ups loses this race; here there is only one."""
    answers = cycle([["8.8.8.8"], ["127.0.0.1"]])
    dialled: list[str] = []

    def refuse(address, timeout):
        dialled.append(address[0])
        raise ConnectionRefusedError(111, "Connection refused")

    with listener(say_ok) as (port, came):
        gate = Gate(look_up=lambda host, _: next(answers))
        monkeypatch.setattr(socket, "create_connection", refuse)
        outcomes = [outcome(gate, f"http://rebinding.example:{port if turn % 2 else 80}/") for turn in range(1000)]
    assert came == []
    assert set(dialled) == {"8.8.8.8"}
    assert outcomes.count(Unreachable) == len(dialled) == 500
    assert outcomes.count(Forbidden) == 500


def outcome(gate: Gate, url: str) -> type[BaseException]:
    with pytest.raises((Forbidden, Unreachable)) as caught:
        pinned_opener(gate).open(url)
    return caught.type


def test_one_request_asks_the_resolver_once():
    asked: list[str] = []

    def look_up(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with listener(say_ok) as (port, came):
        answer = pinned_opener(Gate(LOOPBACK, look_up)).open(f"http://slack.example:{port}/")
        assert (answer.status, answer.read()) == (200, b"ok")
    assert asked == ["slack.example"]
    assert came == ["127.0.0.1"]


def test_the_name_stays_in_the_host_header():
    heard: list[bytes] = []

    def hear(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))
        connection.sendall(ANSWER)

    with listener(hear) as (port, _):
        pinned_opener(Gate(LOOPBACK, lambda *_: ["127.0.0.1"])).open(f"http://slack.example:{port}/x").read()
    assert f"Host: slack.example:{port}".encode() in heard[0]


def test_a_redirect_is_not_followed():
    def redirect(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n"
        )

    with listener(redirect) as (port, came), pytest.raises(urllib.error.HTTPError) as refused:
        pinned_opener(Gate(LOOPBACK)).open(f"http://127.0.0.1:{port}/")
    assert refused.value.code == 302
    assert came == ["127.0.0.1"]


def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    with listener(say_ok) as (proxy, asked), listener(say_ok) as (port, came):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy}")
        pinned_opener(Gate(LOOPBACK)).open(f"http://127.0.0.1:{port}/").read()
    assert (asked, came) == ([], ["127.0.0.1"])


def test_an_answer_over_64_kilobytes_is_cut_off():
    def flood(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 200_000)

    with listener(flood) as (port, _), pytest.raises(Unreachable, match="longer than 64 kB"):
        pinned_opener(Gate(LOOPBACK)).open(f"http://127.0.0.1:{port}/").read()


def test_an_answer_that_trickles_ends_at_the_deadline():
    stop = threading.Event()

    def trickle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        while not stop.wait(0.05):
            connection.sendall(b"x")

    with listener(trickle) as (port, _):
        answer = pinned_opener(Gate(LOOPBACK, total_seconds=0.4)).open(f"http://127.0.0.1:{port}/")
        with pytest.raises(Unreachable, match="no complete answer in time"):
            answer.read()
        stop.set()


def test_tls_asks_for_the_name_and_checks_its_certificate(tmp_path):
    context = server_context(tmp_path, "slack.example")
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)

    def answer(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            say_ok(secured)

    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    gate = Gate(LOOPBACK, lambda *_: ["127.0.0.1"])
    with listener(answer) as (port, _):
        body = pinned_opener(gate, trusting).open(f"https://slack.example:{port}/").read()
        with pytest.raises(Unreachable, match=r"No secure connection to other\.example"):
            pinned_opener(gate, trusting).open(f"https://other.example:{port}/")
        with pytest.raises(Unreachable, match=r"No secure connection to slack\.example"):
            pinned_opener(gate).open(f"https://slack.example:{port}/")
    assert body == b"ok"
    assert asked[0] == "slack.example"


def server_context(folder: Path, name: str) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context
