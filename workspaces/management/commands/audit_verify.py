"""Recompute the chains of the audit trail. Ends with 1 if one is broken."""

import json
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from workspaces.services import audit_chain


class Command(BaseCommand):
    help = "Prints one JSON line for each account: entries, head, faults, whole."

    def add_arguments(self, parser):
        parser.add_argument("--account", type=UUID, help="only this account")
        parser.add_argument("--head", help="with --account: an end that was noted before, <number>:<seal>")

    def handle(self, *, account, head, **options):
        if head and account is None:
            raise CommandError("--head is the end of one account's chain: say --account too.")
        verdicts = audit_chain.verify_chains(account, ends={account: head} if head else None)
        for verdict in verdicts:
            self.stdout.write(json.dumps(audit_chain.as_json(verdict), default=str))
        if broken := [verdict for verdict in verdicts if verdict.faults]:
            raise CommandError(f"{len(broken)} of {len(verdicts)} chains are broken.")
