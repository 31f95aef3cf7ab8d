"""The one port: HTTP goes to Django in a thread, websockets and live pages to their rooms."""

import gc
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings")
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from controlplane.bridge import Bridge, Receive, Scope, Send  # noqa: E402
from controlplane.celery import wake_on_ring  # noqa: E402
from controlplane.live.serving import end_streams  # noqa: E402
from controlplane.live_routes import is_live, serve_live  # noqa: E402
from controlplane.sockets.serving import drain  # noqa: E402
from controlplane.sockets_routes import serve_websocket  # noqa: E402
from controlplane.sql.walls import refuse_unsafe_roles  # noqa: E402

if settings.SECRET_KEY == settings.NO_SECRET:
    raise SystemExit("Set SIGNALBOX_SECRET_KEY to a long random text: keys and sessions depend on it.")
refuse_unsafe_roles()
bridge = Bridge()
wake_on_ring()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        if is_live(scope):
            await serve_live(scope, receive, send)
            return
        await bridge(scope, receive, send)
    elif scope["type"] == "websocket":
        await serve_websocket(scope, receive, send)
    elif scope["type"] == "lifespan":
        await live(receive, send)


async def live(receive: Receive, send: Send) -> None:
    """The server's own life (`granian --interface asgi`): it ends once the sockets have written what they hold."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            end_streams()
            await drain()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


gc.freeze()
