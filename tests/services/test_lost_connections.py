"""PostgreSQL ends a connection of a thread that lives on: the thread finds another one by itself."""

from contextlib import suppress

import psycopg
import pytest
from django.db import OperationalError

from controlplane.errors import Unavailable
from controlplane.sql.transactions import open_cursor, system_transaction
from workspaces.models import ApiKey


def end_connections(servers) -> None:
    with psycopg.connect(servers.stack.database_url, autocommit=True) as superuser:
        superuser.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'signalbox_system'"
        )


def test_what_is_read_outside_a_transaction_fails_once_and_then_goes_on(quiet, alice):
    key = ApiKey.objects.get(user=alice.user)
    end_connections(quiet)
    with pytest.raises(OperationalError):
        ApiKey.objects.get(id=key.id)
    for _ in range(3):
        assert ApiKey.objects.get(id=key.id) == key


def test_a_transaction_begins_on_a_new_connection_and_never_goes_on_with_one(quiet, alice):
    with system_transaction():
        open_cursor().execute("SELECT 1")
    end_connections(quiet)
    with system_transaction():
        assert open_cursor().execute("SELECT 1").fetchone() == (1,)
    ended = False
    with suppress(Unavailable), system_transaction():
        end_connections(quiet)
        with pytest.raises(psycopg.OperationalError):
            open_cursor().execute("SELECT 1")
        with pytest.raises(OperationalError):
            ApiKey.objects.count()
        ended = True
    assert ended
    assert ApiKey.objects.filter(user=alice.user).count() == 1
