"""Services are called from here, on servers where nothing else runs."""

from collections.abc import Iterator

import pytest

from tests.conftest import Servers
from tests.fakes.slack import FakeSlack, fake_slack
from tests.world import Tenant, make_tenant


@pytest.fixture
def alice(quiet: Servers) -> Tenant:
    """Owner of a workspace on the quiet servers; there is no web server to call."""
    return make_tenant("http://127.0.0.1:1", "alice")


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack() as fake:
        yield fake
