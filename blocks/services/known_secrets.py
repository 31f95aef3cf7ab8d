"""The secrets of a workspace, to be recognised where they do not belong: in log lines that come in.

Known are those of blocks, and those that deployments and work pools give to all their runs. What is looked for is kept
in memory and made anew when one of them changes, which is looked at where something was sealed and each five seconds.
A workspace without secrets pays one small statement in that time, and nothing for a line.
"""

import logging
import time
from collections.abc import Collection
from urllib.parse import quote
from uuid import UUID

import re2
from msgspec import Struct, json

from blocks import queries
from blocks.rules.secrets import may_hold_secrets, secret_texts
from blocks.services.block_contents import open_data
from blocks.services.block_schemas import load_block_schemas
from blocks.services.freshness import is_fresh
from blocks.services.sealed_parts import open_parts
from controlplane.errors import Problem
from controlplane.schema_forms.fields import MASK
from controlplane.schema_forms.secret_places import texts_in

log = logging.getLogger(__name__)

# Shorter texts are words of their own: masking them would hide the log.
SHORTEST = 6
MOST_DOCUMENTS = 5000
REMEMBERED = 1000

OPTIONS = re2.Options()
OPTIONS.max_mem = 256 << 20
OPTIONS.log_errors = False
OPTIONS.longest_match = True


class KnownSecrets:
    """Finds the secrets of one workspace: all at once, in time that does not depend on how many there are."""

    def __init__(self, secrets: set[str]) -> None:
        written = {form for secret in secrets for form in forms_of(secret)}
        encoded = {json.encode(form)[1:-1].decode() for form in written}
        ascii_only = {form.encode("ascii", "backslashreplace").decode() for form in encoded}
        self.in_text = pattern_of(written)
        self.in_json = pattern_of(encoded | ascii_only | written)

    def may_be_in(self, raw: bytes) -> bool:
        """Whether a body of JSON holds one, in any way of writing it."""
        return self.in_json.search(raw) is not None

    def mask(self, text: str) -> str:
        return str(self.in_text.sub(MASK, text))


class Remembered(Struct):
    stamp: str
    secrets: KnownSecrets | None
    looked: float


memory: dict[UUID, Remembered] = {}


def forms_of(secret: str) -> set[str]:
    """How a secret gets into a line: as it is, in an address, as a line of several, in Python's or JSON's quotes."""
    lines = [line for line in secret.splitlines() if len(line) >= SHORTEST] if "\n" in secret else []
    return {secret, quote(secret, safe=""), repr(secret)[1:-1], json.encode(secret)[1:-1].decode(), *lines}


def pattern_of(texts: set[str]) -> "re2._Regexp":
    return re2.compile("|".join(re2.escape(text) for text in sorted(texts, key=len, reverse=True)), OPTIONS)


def known_secrets(workspace: UUID) -> KnownSecrets | None:
    """What to look for in this workspace's lines, or None. In the workspace's transaction."""
    found, now = memory.get(workspace), time.monotonic()
    if found is not None and is_fresh(workspace, found.looked):
        return found.secrets
    stamp = queries.read_documents_stamp(workspace=workspace)
    if found is None or found.stamp != stamp:
        if len(memory) >= REMEMBERED:
            memory.clear()
        found = memory[workspace] = Remembered(stamp, load(workspace, found), 0.0)
    found.looked = now
    return found.secrets


def load(workspace: UUID, before: Remembered | None) -> KnownSecrets | None:
    rows = queries.read_recent_documents(workspace=workspace, limit=MOST_DOCUMENTS)
    schemas = load_block_schemas(workspace, {row.block_schema_id for row in rows})
    secrets: set[str] = set()
    try:
        for row in rows:
            fields = schemas[row.block_schema_id].fields
            if may_hold_secrets(fields):
                secrets |= secret_texts(open_data(workspace, row), fields)
        for given in queries.read_secrets_given_to_runs(workspace=workspace, limit=MOST_DOCUMENTS):
            for _, value in open_parts(workspace, given.table, given.id, given.secrets):
                secrets |= texts_in(value)
    except Problem:
        # A customer's closed key must not stop the lines; what was known stays known.
        log.warning("The secrets of a workspace cannot be read to mask them", extra={"workspace": str(workspace)})
        return before.secrets if before else None
    return knowing(secrets)


def knowing(texts: Collection[str]) -> KnownSecrets | None:
    """None where nothing is left to look for: the shortest are words of their own."""
    secrets = {text for text in texts if len(text) >= SHORTEST}
    return KnownSecrets(secrets) if secrets else None
