"""Every door: method, path, permission, function."""

from importlib import import_module

from django.core.management.base import BaseCommand

from controlplane.wire.doors import REGISTRY


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        import_module("controlplane.api")
        rows = sorted((door.route, door.method, str(door.needs), door.name) for door in REGISTRY)
        for route, method, needs, name in rows:
            self.stdout.write(f"{method:6} /{route:60} {needs:32} {name}")
