"""Readers of events never pass one by: also when its transaction is the newest there is, and ends after others."""

from datetime import UTC, datetime

import psycopg

from controlplane.ids import uuid7
from controlplane.sql.transactions import open_cursor, system_transaction
from events.services.following import read_page
from notifications import queries
from tests.services.test_automation_evaluation import event, send


def insert(connection, tenant):
    id = uuid7()
    connection.execute(
        "INSERT INTO event (workspace_id, id, occurred, event, resource_id, resource)"
        " VALUES (%s, %s, %s, 'slow', 'thing', '{\"prefect.resource.id\": \"thing\"}')",
        [tenant.workspace_id, id, datetime.now(UTC)],
    )
    return id


def edge(connection):
    return connection.execute(
        "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint FROM pg_current_snapshot() AS s"
    ).fetchone()


def consumed(*, after):
    """Where the consumers over all workspaces would stop now."""
    with system_transaction():
        return queries.find_end(after=after, most=500)


def test_the_event_of_an_open_transaction_comes_later_and_nothing_before_it(quiet, alice):
    with psycopg.connect(quiet.urls.system) as slow, psycopg.connect(quiet.urls.system) as slower:
        with psycopg.connect(quiet.urls.system, autocommit=True) as looker:
            first = insert(slow, alice)
            number = slow.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()[0]
            low, high = edge(looker)
            # The newest transaction is at the snapshot's end or above, although it is open.
            assert low <= number
            begun = read_page(alice.workspace_id, None)
            assert begun.cursor <= number
            assert begun.ahead == max(high, begun.ahead)
        quick = event("quick")
        send(alice, quick)
        second = insert(slower, alice)
        hidden = read_page(alice.workspace_id, begun.cursor)
        assert (hidden.rows, hidden.cursor <= number, hidden.ahead > number) == ([], True, True)
        assert consumed(after=number - 1) is None
        slow.commit()
        page = read_page(alice.workspace_id, hidden.cursor)
        assert [str(live.event.id) for live in page.rows] == [str(first), quick["id"]]
        assert consumed(after=number - 1) > number
        slower.commit()
        rest = read_page(alice.workspace_id, page.cursor)
        assert [live.event.id for live in rest.rows] == [second]
    with system_transaction():
        row = open_cursor().execute("SELECT max(tx)::text::bigint FROM event").fetchone()
    assert row is not None
    assert rest.cursor > row[0]
    assert consumed(after=number - 1) == row[0]
