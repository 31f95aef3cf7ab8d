"""Ports on loopback that are kept from one start to the next."""

import random
import socket

# Below the range from which Linux takes ports for outgoing connections, so that a stored port stays ours.
LOWEST, HIGHEST = 20_000, 32_000


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def keep_or_choose(kept: int | None) -> int:
    """The port of last time if it is still free, or another that is."""
    if kept and is_free(kept):
        return kept
    for _ in range(1000):
        port = random.randrange(LOWEST, HIGHEST)
        if is_free(port):
            return port
    raise RuntimeError("no free port on loopback")
