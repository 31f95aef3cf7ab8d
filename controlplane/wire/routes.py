"""The API's address table, made from the doors. Two levels, so that finding a route stays cheap."""

from collections import defaultdict
from typing import Any

from django.urls import include, path

from controlplane.wire.doors import REGISTRY, Door
from controlplane.wire.endpoint import Endpoint


def api_urlpatterns() -> list[Any]:
    """One `Endpoint` for each route, grouped by the route's first segment."""
    routes: dict[str, dict[str, Door]] = defaultdict(dict)
    for door in REGISTRY:
        if door.method in routes[door.route]:
            raise RuntimeError(
                f"{door.method} {door.route} has two doors: {routes[door.route][door.method].name}, {door.name}"
            )
        routes[door.route][door.method] = door
    groups: dict[str, list[Any]] = defaultdict(list)
    for route, doors in routes.items():
        first, _, rest = route.partition("/")
        view = Endpoint.as_view(doors=doors)
        groups[first].append((rest, view))
    patterns: list[Any] = []
    for first, views in groups.items():
        patterns += [path(first, view) for rest, view in views if not rest]
        # Literal routes before those with a parameter in the same place: `flow_runs/filter` is no run's id.
        ordered = sorted((entry for entry in views if entry[0]), key=lambda entry: literal_first(entry[0]))
        patterns.append(path(f"{first}/", include([path(rest, view) for rest, view in ordered])))
    return patterns


def literal_first(route: str) -> list[tuple[bool, str]]:
    return [(segment.startswith("<"), segment) for segment in route.split("/")]
