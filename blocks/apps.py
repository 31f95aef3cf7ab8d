"""Start-up of the room: it seals for the rooms below it."""

from django.apps import AppConfig


class BlocksConfig(AppConfig):
    name = "blocks"

    def ready(self) -> None:
        from blocks.services import sealing
        from controlplane import sealer

        sealer.register(sealing)
