"""Readers of events never pass one by: also when its transaction is the newest there is, and ends after others."""

import asyncio
import signal
from datetime import UTC, datetime

import psycopg

from controlplane.ids import uuid7
from controlplane.sql.transactions import open_cursor, system_transaction
from controlplane.streams.doorbell import ring
from controlplane.streams.tail import Follower, Tails
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


def crash(servers):
    """As `pg_ctl -m immediate` does, and start it again."""
    postgres, processes = servers.stack.postgres, servers.stack.processes
    processes["postgres"].send_signal(signal.SIGQUIT)
    processes["postgres"].wait(30)
    processes["postgres"] = postgres.start()
    postgres.wait(processes["postgres"])


def test_after_a_crash_numbers_come_again_and_the_page_says_that_its_cursor_is_of_another_life(quiet, alice):
    with psycopg.connect(quiet.urls.system) as other:
        for _ in range(200):
            other.execute("SELECT pg_current_xact_id()")
            other.rollback()
        before = read_page(alice.workspace_id, None)
    assert read_page(alice.workspace_id, before.cursor).life == before.life
    crash(quiet)
    fresh = event("fresh")
    send(alice, fresh)
    after = read_page(alice.workspace_id, before.cursor)
    assert after.rows == [], "its number was given out before"
    assert after.life != before.life
    assert read_page(alice.workspace_id, None).life == after.life


def test_a_tail_cuts_its_followers_off_after_a_crash_and_begins_anew(quiet, alice):
    async def follow() -> tuple[list[str], int]:
        tails = Tails("event", lambda workspace, cursor: asyncio.to_thread(read_page, workspace, cursor))
        names, cuts, changed = [], [], asyncio.Event()

        def take(rows):
            names.extend(live.event.event for live in rows)
            changed.set()

        def cut():
            cuts.append(True)
            changed.set()

        async def wait_for_a_change():
            async with asyncio.timeout(30):
                await changed.wait()
            changed.clear()

        async with tails.following(alice.workspace_id, Follower(take, cut)):
            await asyncio.to_thread(send, alice, event("before"))
            await wait_for_a_change()
            crash(quiet)  # in this thread: PostgreSQL is stopped when the thread that started it ends
            ring(alice.workspace_id, "event")
            await wait_for_a_change()
        async with tails.following(alice.workspace_id, Follower(take, cut)):
            await asyncio.to_thread(send, alice, event("after"))
            await wait_for_a_change()
        return names, len(cuts)

    assert asyncio.run(follow()) == (["before", "after"], 1)
