"""One request, one transaction, opened for one workspace.

`BEGIN; SET LOCAL app.workspace_id` travels as one message: the context of row-level security costs no round
trip and cannot outlive the transaction. Statements of the kit run on the transaction that is open in this
thread, and fail clearly when there is none.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.pq import ExecStatus

from controlplane.errors import Unavailable
from controlplane.sql.adapters import prepare_cursor

LOST = (psycopg.OperationalError, psycopg.InterfaceError, OperationalError, InterfaceError)
"""What a connection that is gone, or cannot be made, is called: by the driver, and by Django's wrapper round it."""


class Current(threading.local):
    """The open transaction of this thread."""

    cursor: psycopg.Cursor[Any] | None = None
    workspace: UUID | None = None
    statements: int = 0


current = Current()


@contextmanager
def workspace_transaction(workspace: UUID) -> Iterator[None]:
    """A transaction of the runtime role that sees one workspace. Joins the open one if it is for the same workspace."""
    if current.cursor is not None:
        if current.workspace != workspace:
            raise RuntimeError("A transaction for another workspace is open in this thread.")
        yield
        return
    # The id is printed from a parsed UUID, never from the request's text.
    with transaction("default", f"BEGIN; SET LOCAL app.workspace_id = '{workspace}'", workspace):
        yield


@contextmanager
def system_transaction() -> Iterator[None]:
    """A transaction that sees all workspaces: for sweeps, consumers and identity look-ups only."""
    if current.cursor is not None:
        raise RuntimeError("A system transaction cannot be opened inside another transaction.")
    with transaction("system", "BEGIN", None):
        yield


@contextmanager
def transaction(alias: str, begin: str, workspace: UUID | None) -> Iterator[None]:
    connection = connections[alias]
    cursor = begin_transaction(connection, begin)
    # Django's own bookkeeping of an outermost atomic block, so that nested `atomic()` makes savepoints.
    connection.in_atomic_block = True
    connection.autocommit = False  # what Django asks before it lets a query lock rows
    connection.needs_rollback = False
    current.cursor, current.workspace, current.statements = cursor, workspace, 0
    try:
        yield
    except BaseException:
        end_transaction(connection, "ROLLBACK")
        raise
    if connection.needs_rollback:
        end_transaction(connection, "ROLLBACK")
        raise RuntimeError("The transaction was broken inside and cannot be committed.")
    end_transaction(connection, "COMMIT")
    connection.run_and_clear_commit_hooks()


def begin_transaction(connection: BaseDatabaseWrapper, begin: str) -> psycopg.Cursor[Any]:
    """Open the transaction; a connection that died while idle is replaced once."""
    for attempt in (1, 2):
        try:
            connection.ensure_connection()
            cursor = prepare_cursor(connection.connection)
            send(cursor, begin)
            return cursor
        except LOST as error:
            connection.close()
            if attempt == 2:
                raise Unavailable from error
    raise Unavailable


def send(cursor: psycopg.Cursor[Any], commands: str) -> None:
    """Commands without parameters or rows, as one message straight to libpq."""
    result = cursor.connection.pgconn.exec_(commands.encode())
    if result.status != ExecStatus.COMMAND_OK:
        raise psycopg.OperationalError(result.error_message.decode("utf-8", "replace").strip())
    if commands == "COMMIT" and result.command_status != b"COMMIT":
        raise psycopg.OperationalError("The transaction could not be committed.")


def end_transaction(connection: BaseDatabaseWrapper, how: str) -> None:
    cursor, current.cursor, current.workspace = current.cursor, None, None
    connection.in_atomic_block = False
    connection.autocommit = True
    connection.needs_rollback = False
    connection.savepoint_ids = []
    if how == "ROLLBACK":
        connection.run_on_commit = []
    try:
        assert cursor is not None
        send(cursor, how)
    except psycopg.OperationalError as error:
        connection.run_on_commit = []
        connection.close()
        if how == "COMMIT":
            raise Unavailable from error


def after_commit(action: Callable[[], object]) -> None:
    """Run `action` once the open transaction is committed; never if it is rolled back."""
    if current.cursor is None:
        action()
        return
    alias = "system" if current.workspace is None else "default"
    connections[alias].on_commit(action)


def open_cursor() -> psycopg.Cursor[Any]:
    """The cursor of the open transaction."""
    if current.cursor is None:
        raise RuntimeError("No transaction is open: wrap the call in workspace_transaction().")
    current.statements += 1
    return current.cursor
