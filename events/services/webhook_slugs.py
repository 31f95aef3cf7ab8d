"""The secret part of a webhook's address: found by its hash, shown again from a sealed copy, stored nowhere else."""

import logging
import secrets
from uuid import UUID

from django.conf import settings

from controlplane import sealer
from controlplane.errors import Problem
from controlplane.sql.transactions import system_transaction, workspace_transaction
from events.models import Webhook
from workspaces.tokens import hash_token

log = logging.getLogger(__name__)
SLUG_BYTES = 24
BATCH = 200
FIELDS = ("slug_hash", "sealed_slug", "slug")
PLACE = {"table": "webhook", "field": "sealed_slug"}


def new_slug() -> str:
    return secrets.token_urlsafe(SLUG_BYTES)


def hash_of(slug: str) -> bytes:
    """Like an API key's: a random slug needs no slow hash, and without our secret nobody can try any."""
    return hash_token(slug, settings.SECRET_KEY)


def keep(row: Webhook, slug: str) -> None:
    """Put the slug into the row, which is still to be saved."""
    row.slug_hash = hash_of(slug)
    row.sealed_slug = sealer.seal(row.workspace_id, row=row.id, plaintext=slug.encode(), **PLACE)
    row.slug = None


def read(row: Webhook) -> str:
    if row.sealed_slug is None:
        return row.slug or ""
    return sealer.open_sealed(row.workspace_id, row=row.id, sealed=bytes(row.sealed_slug), **PLACE).decode()


def seal_plain_slugs() -> int:
    """Seal what older releases wrote plainly; how many there were. A workspace whose key is closed waits."""
    with system_transaction():
        plain = Webhook.objects.using("system").filter(slug__isnull=False)
        workspaces = list(plain.values_list("workspace_id", flat=True).distinct()[:BATCH])
    return sum(seal_in(workspace) for workspace in workspaces)


def seal_in(workspace: UUID) -> int:
    try:
        with workspace_transaction(workspace):
            rows = Webhook.objects.of(workspace).filter(slug__isnull=False).select_for_update(skip_locked=True)[:BATCH]
            for row in rows:
                keep(row, row.slug)
                row.save(update_fields=FIELDS)
            return len(rows)
    except Problem:
        log.warning("Plain slugs of webhooks cannot be sealed yet", extra={"workspace": str(workspace)})
        return 0
