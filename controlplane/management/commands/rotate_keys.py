"""Change the data keys of a workspace, or of all, here and now; a change that was cut short goes on."""

import json
import time
from uuid import UUID

from django.core.management.base import BaseCommand

from blocks.models import KeyRotation
from blocks.services import key_rotation
from controlplane.sql.transactions import workspace_transaction
from workspaces.models import Workspace


class Command(BaseCommand):
    help = "Prints one JSON line for each batch of work. Interrupted, it is taken up by the next call or by the sweep."

    def add_arguments(self, parser):
        parser.add_argument("--workspace", type=UUID, help="only this workspace")
        parser.add_argument("--kind", choices=["reseal", "rewrap"], default="reseal")
        parser.add_argument("--resume", action="store_true", help="start nothing new")

    def handle(self, *, workspace, kind, resume, **options):
        chosen = [workspace] if workspace else list(Workspace.objects.order_by("id").values_list("id", flat=True))
        for place in () if resume else chosen:
            with workspace_transaction(place):
                if not key_rotation.under_way(place):
                    key_rotation.start_rotation(place, kind)
        rotations = KeyRotation.objects.using("system").filter(workspace_id__in=chosen, finished__isnull=True)
        while rotations.all().exists():
            if not key_rotation.go_on(seconds=1.0):
                time.sleep(1.0)
            for rotation in rotations.all():
                line = {"workspace": rotation.workspace_id, "done": rotation.done, "total": rotation.total}
                self.stdout.write(json.dumps({**line, "error": rotation.error}, default=str))
