"""The API's addresses: importing a room's `api` module opens its doors."""

from importlib import import_module
from importlib.util import find_spec

import controlplane.wire.openapi  # noqa: F401 - a door of the floor
from controlplane.wire.routes import api_urlpatterns

ROOMS = ("workspaces", "events", "blocks", "runs", "deployments", "notifications", "automations")

# A body names filters of rooms above its own, so every declaration is read before the first door opens.
for room in ROOMS:
    if find_spec(f"{room}.filters") is not None:
        import_module(f"{room}.filters")

for room in ROOMS:
    if find_spec(f"{room}.api") is not None:
        import_module(f"{room}.api")

urlpatterns = api_urlpatterns()
