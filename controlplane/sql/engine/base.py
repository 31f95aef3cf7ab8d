"""A dead connection is replaced, whoever asks next.

Django does so between requests, by signals that our API threads, sockets and Celery tasks do without. Otherwise a
thread whose connection died would answer "try again" for ever to whatever reads outside of a transaction of the kit.
"""

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def ensure_connection(self) -> None:
        """Inside a transaction a dead connection stays: what was begun is lost, and must not look as if it went on."""
        if self.connection is not None and self.connection.closed and not self.in_atomic_block:
            self.close()
        super().ensure_connection()
