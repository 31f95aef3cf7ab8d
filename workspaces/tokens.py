"""The text of an API key: `sbu_` (person) or `sbs_` (service account), 43 random characters, 6 of checksum.

The prefix lets secret scanners find it, the checksum refuses typing errors before any look-up, and the
database holds an HMAC only: a 256-bit random secret needs no slow hash.
"""

import hashlib
import hmac
import secrets
import zlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PERSON = "sbu_"
SERVICE = "sbs_"
LENGTH = 4 + 43 + 6


def base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def new_token(kind: str) -> str:
    body = kind + base62(int.from_bytes(secrets.token_bytes(32), "big"), 43)
    return body + checksum(body)


def checksum(body: str) -> str:
    return base62(zlib.crc32(body.encode()), 6)


def is_wellformed(token: str) -> bool:
    """Whether this could be one of our keys: length, prefix and checksum."""
    if len(token) != LENGTH or not token.isascii() or token[:4] not in (PERSON, SERVICE):
        return False
    return checksum(token[:-6]) == token[-6:]


def hash_token(token: str, pepper: str) -> bytes:
    return hmac.digest(pepper.encode(), token.encode(), hashlib.sha256)
