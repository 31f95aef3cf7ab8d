"""Which role works on which table."""

from typing import Any

from django.db.models import Model

IDENTITY_APPS = {"auth", "contenttypes", "sessions", "account", "workspaces"}


class IdentityRouter:
    """People, keys and sessions are read before a workspace is known, so through the `system` role.

    The runtime role of tenant work has no grant on those tables: an injection there finds no keys.
    """

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return "system" if model._meta.app_label in IDENTITY_APPS else "default"

    db_for_write = db_for_read

    def allow_relation(self, left: Any, right: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
