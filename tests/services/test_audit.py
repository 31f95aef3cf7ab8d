"""The audit trail: what is recorded, that it can only be added to, and that tampering shows."""

import json
import random
from io import StringIO

import msgspec
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections

from controlplane.sql.transactions import open_cursor, system_transaction, workspace_transaction
from tests.conftest import Servers
from workspaces.services import audit, audit_chain
from workspaces.wire import AuditFilter


@pytest.fixture
def superuser(quiet: Servers):
    with psycopg.connect(f"{quiet.stack.database_url.rsplit('/', 1)[0]}/signalbox", autocommit=True) as connection:
        yield connection


def write(alice, *names: str) -> None:
    with workspace_transaction(alice.workspace_id):
        for name in names:
            audit.record(alice.workspace_id, action="thing.made", target_kind="thing", target_name=name)


def actions(alice, **wanted) -> list[str]:
    return [entry.action for entry in audit.list_entries([alice.workspace_id], AuditFilter(**wanted))]


def test_making_a_workspace_and_a_key_is_in_the_trail(alice):
    entries = audit.list_entries([alice.workspace_id], AuditFilter())
    assert [(entry.action, entry.target_name, entry.actor_type, entry.via) for entry in entries] == [
        ("api-key.created", "test", "SYSTEM", "system"),
        ("workspace-member.added", str(alice.user), "SYSTEM", "system"),
        ("workspace.created", "dev", "SYSTEM", "system"),
    ]
    assert msgspec.json.decode(entries[1].changes) == {"role": [None, "Owner"]}


def test_an_entry_goes_when_the_change_is_rolled_back(alice):
    before = actions(alice)

    def fail_late() -> None:
        with workspace_transaction(alice.workspace_id):
            audit.record(alice.workspace_id, action="thing.made", target_kind="thing")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_late()
    assert actions(alice) == before


def test_outside_a_transaction_nothing_is_recorded(alice):
    with pytest.raises(RuntimeError, match="open the transaction"):
        audit.record(alice.workspace_id, action="thing.made", target_kind="thing")


@pytest.mark.parametrize(
    ("_case", "changes", "kept"),
    [
        ("plain values", {"role": ["Viewer", "Owner"], "n": [1, 2]}, {"role": ["Viewer", "Owner"], "n": [1, 2]}),
        ("said to be secret", {"value": audit.CHANGED}, {"value": "changed"}),
        ("named like a secret", {"api_key": [None, "pw-canary"], "slack_url": "pw-canary"},
         {"api_key": "changed", "slack_url": "changed"}),
        ("nested", {"settings": [{"password": "pw-canary", "port": 1}, None]},
         {"settings": [{"password": "changed", "port": 1}, None]}),
    ],
)  # fmt: skip
def test_a_secret_is_only_said_to_have_changed(_case, changes, kept, alice):
    with workspace_transaction(alice.workspace_id):
        audit.record(alice.workspace_id, action="thing.changed", target_kind="thing", changes=changes)
    entry = audit.list_entries([alice.workspace_id], AuditFilter(limit=1))[0]
    assert msgspec.json.decode(entry.changes) == kept


@pytest.mark.parametrize(
    ("_case", "alias", "attack"),
    [
        (f"{verb} by {alias}", alias, attack)
        for alias in ("default", "system")
        for verb, attack in (
            ("update", "UPDATE audit_entry SET actor_name = 'nobody'"),
            ("delete", "DELETE FROM audit_entry"),
            ("truncate", "TRUNCATE audit_entry"),
            ("an earlier date", "UPDATE audit_entry SET created = '2020-01-01'"),
            ("disabling triggers", "ALTER TABLE audit_entry DISABLE TRIGGER ALL"),
            ("dropping", "DROP TABLE audit_entry"),
            ("being a replica", "SET session_replication_role = replica"),
            ("unlinking", "DELETE FROM audit_link"),
        )
    ]
    + [
        ("reading by default", "default", "SELECT * FROM audit_entry"),
        ("linking by default", "default", "SELECT * FROM audit_link"),
        ("update by owner", "owner", "UPDATE audit_entry SET actor_name = 'nobody'"),
        ("delete by owner", "owner", "DELETE FROM audit_entry"),
        ("truncate by owner", "owner", "TRUNCATE audit_entry"),
        ("truncate of links by owner", "owner", "TRUNCATE audit_link"),
    ],
)
def test_nobody_changes_what_is_written(_case, alias, attack, alice, superuser):
    write(alice, "one")
    if alias == "owner":
        # Forced row-level security shows the owner no row to change; whoever lifts that meets the triggers.
        superuser.execute("ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY")
    before = superuser.execute(
        "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM audit_entry t"
    ).fetchone()
    with connections[alias].cursor() as cursor, pytest.raises(DatabaseError) as refused:
        cursor.execute(attack)
    connections[alias].close()
    superuser.execute("ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY")
    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
    after = superuser.execute(
        "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY id)) FROM audit_entry t"
    ).fetchone()
    assert after == before


def test_a_foreign_workspace_cannot_be_written_into(alice):
    other = alice.account_id
    with pytest.raises(psycopg.errors.InsufficientPrivilege), workspace_transaction(alice.workspace_id):
        audit.record(other, account=alice.account_id, action="thing.made", target_kind="thing")


def test_a_whole_chain_verifies_and_remembers_its_ends(alice):
    while audit_chain.chain_entries():
        pass
    first = audit_chain.verify_chain(alice.account_id)
    write(alice, *"abcde")
    assert audit_chain.chain_entries() == 5
    assert audit_chain.chain_entries() == 0
    second = audit_chain.verify_chain(alice.account_id, end=first.head)
    assert (second.entries - first.entries, second.faults) == (5, [])
    output = StringIO()
    call_command("audit_verify", account=alice.account_id, head=second.head, stdout=output)
    assert json.loads(output.getvalue())["whole"] is True
    with pytest.raises(CommandError, match="1 of 1 chains are broken"):
        call_command("audit_verify", account=alice.account_id, head=f"{second.entries}:{'00' * 32}", stdout=output)


TAMPERING = [
    ("an actor changed", "UPDATE audit_entry SET actor_name = 'nobody' WHERE id = %(entry)s"),
    ("a time changed", "UPDATE audit_entry SET created = created + interval '1 microsecond' WHERE id = %(entry)s"),
    ("a diff changed", "UPDATE audit_entry SET changes = '{\"role\": \"x\"}' WHERE id = %(entry)s"),
    ("an entry removed", "DELETE FROM audit_entry WHERE id = %(entry)s"),
    ("a link removed", "DELETE FROM audit_link WHERE id = %(entry)s"),
    ("a link's seal changed", "UPDATE audit_link SET seal = decode(md5('x'), 'hex') WHERE id = %(entry)s"),
    ("entries reordered", "UPDATE audit_link SET number = 1000000 - number WHERE id IN (%(entry)s, %(other)s)"),
    ("swapped", "UPDATE audit_link SET id = CASE id WHEN %(entry)s THEN %(other)s ELSE %(entry)s END"
                " WHERE id IN (%(entry)s, %(other)s)"),
    ("cut off", "DELETE FROM audit_link WHERE number >= (SELECT number FROM audit_link WHERE id = %(entry)s)"
                " AND account_id = %(account)s"),
]  # fmt: skip


def test_a_thousand_random_tamperings_are_all_seen(alice, superuser):
    write(alice, *(f"thing-{n}" for n in range(40)))
    while audit_chain.chain_entries():
        pass
    whole = audit_chain.verify_chain(alice.account_id)
    assert whole.faults == []
    # The primary key is checked row by row, so a swap goes through with it lifted for the moment.
    with superuser.transaction(force_rollback=True):
        superuser.execute("SET LOCAL session_replication_role = replica")
        superuser.execute("ALTER TABLE audit_link DROP CONSTRAINT audit_link_pkey")
        entries = [row[0] for row in superuser.execute(
            "SELECT id FROM audit_link WHERE account_id = %s ORDER BY number", [alice.account_id])]  # fmt: skip
        dice = random.Random(7)
        seen = [tampered(superuser, alice, dice.sample(entries, 2), whole.head, case, attack)
                for case, attack in dice.choices(TAMPERING, k=1000)]  # fmt: skip
    assert (len(seen), [case for case, was_seen in seen if not was_seen]) == (1000, [])
    assert audit_chain.verify_chain(alice.account_id).faults == []


def tampered(superuser, alice, chosen, head, case, attack) -> tuple[str, bool]:
    """Whether verification sees one tampering, which is then undone: read on the connection that did it."""
    entry, other = chosen
    with superuser.transaction(force_rollback=True):
        superuser.execute(attack, {"entry": entry, "other": other, "account": alice.account_id})
        return case, bool(verify_on(superuser, alice, head).faults)


def verify_on(connection, alice, head) -> audit_chain.Verdict:
    from controlplane.sql import transactions
    from controlplane.sql.adapters import prepare_cursor

    with system_transaction():
        ours, transactions.current.cursor = transactions.current.cursor, prepare_cursor(connection)
        try:
            return audit_chain.verify_links(alice.account_id, head)
        finally:
            transactions.current.cursor = ours


def test_an_entry_slipped_in_beside_the_chain_is_seen(alice, superuser):
    write(alice, "one")
    while audit_chain.chain_entries():
        pass
    superuser.execute(
        "INSERT INTO audit_entry SELECT gen_random_uuid(), workspace_id, created - interval '1 hour', account_id,"
        " actor_type, actor_id, actor_name, key_id, action, target_kind, target_id, target_name, changes, via, address,"
        " client FROM audit_entry WHERE account_id = %s LIMIT 1", [alice.account_id])  # fmt: skip
    audit_chain.chain_entries()
    assert audit_chain.verify_chain(alice.account_id).faults == ["1 old entries are not in the chain."]
    with workspace_transaction(alice.workspace_id):
        assert open_cursor().execute("SELECT 1").fetchone() == (1,)
