"""A connection of the runtime role on the migrated database."""

from collections.abc import Iterator

import psycopg
import pytest


@pytest.fixture
def database(servers) -> Iterator[psycopg.Connection]:
    with psycopg.connect(servers.urls.app) as connection:
        yield connection


@pytest.fixture
def catalogue(servers) -> Iterator[psycopg.Connection]:
    """As the superuser: to read what is, never to test what may be done."""
    with psycopg.connect(f"{servers.stack.database_url.rsplit('/', 1)[0]}/signalbox") as connection:
        yield connection
