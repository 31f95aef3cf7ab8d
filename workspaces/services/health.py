"""Whether the server can do its work."""

from django.db import connections
from django.db.utils import DatabaseError

from controlplane.errors import Unavailable


def check_database() -> None:
    """Unavailable if PostgreSQL does not answer."""
    try:
        with connections["system"].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        raise Unavailable("Database is not available") from error
