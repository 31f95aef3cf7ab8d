"""The chain over the audit trail: made in batches behind the writers, recomputed by `manage.py audit_verify`.

An entry that was changed, removed, reordered or slipped in breaks it. Whoever cuts off the newest links together
with their entries leaves a chain that is whole, so the end of each chain is also written to the log, outside.
"""

import logging
from typing import Any
from uuid import UUID

from django.conf import settings
from msgspec import Struct, structs

from controlplane.sql.transactions import system_transaction
from workspaces import queries
from workspaces.models import Account
from workspaces.queries import Link, Unchained
from workspaces.rules.audit import GENESIS, chain_key, link

log = logging.getLogger(__name__)
SEALED = Unchained.__struct_fields__


class Verdict(Struct, frozen=True):
    """What was found in one account's chain: `head` is `<number>:<seal>`; no fault means it is whole."""

    account: UUID
    entries: int
    head: str
    faults: list[str]


def chain_entries() -> int:
    """Append what is not chained yet; how many entries that were. Another process that does so meanwhile wins."""
    with system_transaction():
        if not queries.lock_chains():
            return 0
        entries = queries.find_unchained()
        if not entries:
            return 0
        ends = {end.account: end for end in queries.read_chain_ends(accounts=list({e.account_id for e in entries}))}
        heads = {account: (end.number, bytes(end.seal)) for account, end in ends.items()}
        key = chain_key(settings.SECRET_KEY)
        numbers, seals = [], []
        for entry in entries:
            number, previous = heads.get(entry.account_id, (0, GENESIS))
            seal = link(key, previous, number + 1, sealed_part(entry))
            heads[entry.account_id] = (number + 1, seal)
            numbers.append(number + 1)
            seals.append(seal)
        queries.add_links(
            ids=[e.id for e in entries], workspaces=[e.workspace_id for e in entries],
            created=[e.created for e in entries], accounts=[e.account_id for e in entries],
            numbers=numbers, seals=seals,
        )  # fmt: skip
    for account, (number, seal) in heads.items():
        log.info("Audit chain of %s ends at %s:%s", account, number, seal.hex())
    return len(entries)


def sealed_part(entry: Unchained | Link) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in SEALED}


def verify_chains(account: UUID | None = None, *, ends: dict[UUID, str] | None = None) -> list[Verdict]:
    """Recompute every chain, or one account's. `ends` are heads noted elsewhere: each must be in its chain."""
    accounts = [account] if account else list(Account.objects.order_by("id").values_list("id", flat=True))
    return [verify_chain(id, (ends or {}).get(id)) for id in accounts]


def verify_chain(account: UUID, end: str | None = None) -> Verdict:
    with system_transaction():
        return verify_links(account, end)


def verify_links(account: UUID, end: str | None) -> Verdict:
    key, number, previous = chain_key(settings.SECRET_KEY), 0, GENESIS
    faults: list[str] = []
    heads = {"0:" + GENESIS.hex()}
    while found := queries.read_chain(account=account, after=number):
        for row in found:
            expected = number + 1
            if row.number != expected:
                faults.append(f"Links {expected} to {row.number - 1} are missing.")
            if row.id is None:
                faults.append(f"Entry {row.link_id} (link {row.number}) was removed.")
            elif link(key, previous, row.number, sealed_part(row)) != bytes(row.seal):
                faults.append(f"Entry {row.link_id} (link {row.number}) or its link was changed.")
            number, previous = row.number, bytes(row.seal)
            heads.add(f"{number}:{previous.hex()}")
    if beside := queries.count_unchained(account=account):
        faults.append(f"{beside} old entries are not in the chain.")
    if end is not None and end not in heads:
        faults.append(f"The chain does not hold the noted end {end}: it was cut off or made anew.")
    return Verdict(account, number, f"{number}:{previous.hex()}", faults)


def as_json(verdict: Verdict) -> dict[str, Any]:
    return {**structs.asdict(verdict), "whole": not verdict.faults}
