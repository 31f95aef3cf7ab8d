"""Rotation under load: killed in the middle, taken up again, and no read fails."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from blocks.models import BlockDocument, DataKey, KeyRotation
from blocks.services import block_contents, block_documents, key_rotation, sealed_columns, sealing
from controlplane.errors import Conflict
from controlplane.ids import uuid7
from controlplane.sql.transactions import workspace_transaction
from tests.conftest import ROOT
from tests.services.test_block_secrets import schema  # noqa: F401 - a fixture

SECRETS = 2000


def plant(tenant, schema, count: int) -> dict[UUID, str]:  # noqa: F811
    """Documents in one go; the services make one at a time."""
    planted = {uuid7(): f"secret-{n}" for n in range(count)}
    with workspace_transaction(tenant.workspace_id):
        BlockDocument.objects.bulk_create(
            BlockDocument(
                id=id, workspace_id=tenant.workspace_id, block_type_id=schema.block_type_id, block_schema_id=schema.id,
                name=value, data=block_contents.seal_data(tenant.workspace_id, id, {"password": value}),
            )
            for id, value in planted.items()
        )  # fmt: skip
    return planted


def read(tenant, document: UUID) -> str:
    with workspace_transaction(tenant.workspace_id):
        return block_documents.read_block_document(tenant.workspace_id, document, show_secrets=True).data["password"]


def start(tenant, kind: str = "reseal") -> KeyRotation:
    with workspace_transaction(tenant.workspace_id):
        return key_rotation.start_rotation(tenant.workspace_id, kind)


def state(tenant) -> KeyRotation:
    return KeyRotation.objects.using("system").filter(workspace_id=tenant.workspace_id).latest("created")


def keys(tenant) -> list[int]:
    found = DataKey.objects.using("system").filter(workspace_id=tenant.workspace_id)
    return sorted(found.values_list("number", flat=True))


def test_two_thousand_secrets_are_sealed_anew_through_a_kill_without_a_failed_read(alice, schema, quiet, capsys):  # noqa: F811
    planted = plant(alice, schema, SECRETS)
    stop, failed, reads = Event(), [], []

    def keep_reading(documents: list[UUID]) -> None:
        while not stop.is_set():
            for document in documents:
                sealing.ring.forget()
                try:
                    right = read(alice, document) == planted[document]
                except Exception as error:  # any failure is what is counted here
                    right = failed.append(repr(error)) or False
                reads.append(right)
                if stop.is_set():
                    break
        connections.close_all()

    documents = list(planted)
    with ThreadPoolExecutor(2) as threads:
        readers = [threads.submit(keep_reading, documents[n::2]) for n in range(2)]
        try:
            start(alice)
            killed_at = kill_in_the_middle(alice, quiet)
            began = time.monotonic()
            subprocess.run(command(alice), cwd=ROOT, env=environment(quiet), check=True, timeout=60)
            seconds = time.monotonic() - began
        finally:
            stop.set()
        for reader in readers:
            reader.result()
    rotation = state(alice)
    assert 0 < killed_at < SECRETS
    assert (rotation.done, rotation.total, rotation.error) == (SECRETS, SECRETS, "")
    assert rotation.finished is not None
    assert keys(alice) == [2]
    assert (failed, reads.count(False)) == ([], 0)
    assert len(reads) > 200
    with capsys.disabled():
        print(f"\n{SECRETS} secrets, killed at {killed_at}, rest in {seconds:.1f} s, {len(reads)} reads, 0 failed")


def command(tenant) -> list[str]:
    return [sys.executable, "manage.py", "rotate_keys", "--workspace", str(tenant.workspace_id), "--resume"]


def environment(servers) -> dict[str, str]:
    return servers.environment(SIGNALBOX_KEY_FILE=str(settings.KEY_FILE), SIGNALBOX_KEY_GRACE_SECONDS="0.5")


def kill_in_the_middle(tenant, servers) -> int:
    process = subprocess.Popen(command(tenant), cwd=ROOT, env=environment(servers), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while (done := state(tenant).done) == 0:
        assert time.monotonic() < deadline
        assert process.poll() is None
    process.kill()
    process.wait()
    return max(done, state(tenant).done)


def test_what_is_sealed_with_the_old_key_meanwhile_is_found(alice, schema, monkeypatch):  # noqa: F811
    """A writer that took the old key before the change commits after the sweep has passed its row."""
    monkeypatch.setattr(settings, "KEY_GRACE_SECONDS", 0)
    planted = plant(alice, schema, 3)
    late = next(iter(planted))
    with workspace_transaction(alice.workspace_id):
        sealed_late = block_contents.seal_data(alice.workspace_id, late, {"password": "late"})
    rotation = start(alice)
    while state(alice).position.get("block_document.data") != "done":
        assert key_rotation.advance(alice.workspace_id, rotation.id)
    BlockDocument.objects.using("system").filter(id=late).update(data=sealed_late)
    while state(alice).finished is None:
        key_rotation.advance(alice.workspace_id, rotation.id)
    assert (keys(alice), read(alice, late)) == ([2], "late")
    assert state(alice).done == 4


def test_the_old_key_stays_for_those_who_read_the_old_value(alice, schema, monkeypatch):  # noqa: F811
    monkeypatch.setattr(settings, "KEY_GRACE_SECONDS", 3600)
    document = next(iter(plant(alice, schema, 1)))
    with workspace_transaction(alice.workspace_id):
        old = bytes(BlockDocument.objects.of(alice.workspace_id).get(id=document).data)
    start(alice)
    key_rotation.go_on()
    assert (state(alice).done, state(alice).finished, keys(alice)) == (1, None, [1, 2])
    sealing.ring.forget()
    with workspace_transaction(alice.workspace_id):
        place = {"table": "block_document", "row": document, "field": "data"}
        assert b"secret-0" in sealing.open_sealed(alice.workspace_id, sealed=old, **place)
    monkeypatch.setattr(settings, "KEY_GRACE_SECONDS", 0)
    key_rotation.go_on()
    assert (state(alice).finished is not None, keys(alice)) == (True, [2])


def test_only_one_change_at_a_time(alice, schema):  # noqa: F811
    plant(alice, schema, 1)
    start(alice)
    with pytest.raises(Conflict, match="under way"):
        start(alice, "rewrap")
    assert KeyRotation.objects.using("system").filter(workspace_id=alice.workspace_id).count() == 1


def test_every_sealed_value_swapped_with_another_fails_to_open(alice, schema):  # noqa: F811
    planted = plant(alice, schema, 12)
    with workspace_transaction(alice.workspace_id):
        rows = {row.id: bytes(row.data) for row in BlockDocument.objects.of(alice.workspace_id)}
        opened = 0
        for one in planted:
            for other in planted:
                place = {"table": "block_document", "row": one, "field": "data"}
                try:
                    sealing.open_sealed(alice.workspace_id, sealed=rows[other], **place)
                    opened += 1
                except sealing.CannotOpen:
                    assert one != other
    assert opened == len(planted)  # each in its own place


def test_every_column_of_bytes_is_rotated_or_known_not_to_be_sealed(quiet):
    not_sealed = {
        "api_key.hash", "data_key.wrapped", "audit_link.seal", "flow_run_state.asked", "task_run_state.asked",
        "webhook.slug_hash",
    }  # fmt: skip
    with psycopg.connect(quiet.urls.owner) as owner:
        columns = owner.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'bytea'"
        ).fetchall()
    assert {row[0] for row in columns} == {column.name for column in sealed_columns.sealed_columns()} | not_sealed
