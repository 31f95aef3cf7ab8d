"""PostgreSQL and Valkey that nobody else uses: they are killed."""

from collections.abc import Iterator

import pytest

from tests.chaos.stack import Frail, frail
from tests.conftest import Servers, migrated_servers


@pytest.fixture
def quiet_servers() -> Iterator[Servers]:
    with migrated_servers() as servers:
        yield servers


@pytest.fixture
def stack(quiet: Servers) -> Iterator[Frail]:
    with frail(quiet) as running:
        yield running
