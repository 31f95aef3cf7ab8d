"""The pages' addresses (the API has its own table, controlplane/api.py)."""

from importlib.util import find_spec

from django.urls import include, path

from events.hooks import receive_hook

WORKSPACE = "w/<slug:account>/<slug:workspace>/"
ROOMS = ("workspaces", "events", "blocks", "runs", "deployments", "notifications", "automations")

urlpatterns = [
    path("ui/", include("controlplane.ui.urls")),
    path("hooks/<str:slug>", receive_hook, name="hook"),
    path("", include("workspaces.account_urls")),
    path("", include("notifications.slack_urls")),
    path(WORKSPACE, include("controlplane.home")),
    path(WORKSPACE, include("controlplane.palette")),
    *(path(WORKSPACE, include(f"{room}.urls")) for room in ROOMS if find_spec(f"{room}.urls")),
]

handler400 = "controlplane.ui.errors.handler400"
handler403 = "controlplane.ui.errors.handler403"
handler404 = "controlplane.ui.errors.handler404"
handler500 = "controlplane.ui.errors.handler500"
