"""The walls between tenants stand only for a role that they bind: looked at before the first request is served."""

import logging

from django.db import DatabaseError, connections

log = logging.getLogger(__name__)

UNBOUND = """
    SELECT rolname FROM pg_roles AS role
    WHERE rolname = current_user AND (rolsuper OR rolbypassrls OR EXISTS (
        SELECT 1 FROM pg_class WHERE relowner = role.oid AND relkind IN ('r', 'p')))
"""


class UnsafeRole(Exception):
    """The server must not run like this; the words say what to change."""


def refuse_unsafe_roles() -> None:
    """Raise UnsafeRole if a runtime role is a superuser, bypasses row-level security or owns tables.

    A database that does not answer yet says nothing about its roles: requests will be told to try again.
    """
    for alias in ("default", "system"):
        try:
            with connections[alias].cursor() as cursor:
                cursor.execute(UNBOUND)
                found = cursor.fetchone()
        except DatabaseError:
            log.warning("The database does not answer yet, so its roles could not be looked at")
            return
        finally:
            connections[alias].close()
        if found is not None:
            raise UnsafeRole(
                f"The database role {found[0]!r} is a superuser, bypasses row-level security or owns tables. "
                "Tenants would see each other. Let SIGNALBOX_DATABASE_APP_URL and SIGNALBOX_DATABASE_SYSTEM_URL "
                "name roles that own nothing."
            )
