"""Listen to clicks in Slack over a connection that we open (Socket Mode). Several may run at once."""

import signal

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from notifications.services.slack_socket import SocketMode


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options: object) -> None:
        if not settings.SLACK_APP_TOKEN:
            raise CommandError("Set SIGNALBOX_SLACK_APP_TOKEN to the app-level token of your Slack app (xapp-…).")
        socket = SocketMode()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: socket.stop())
        socket.run()
