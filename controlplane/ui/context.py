from django.http import HttpRequest

from controlplane.ui.zones import COOKIE

THEMES = ("system", "light", "dark")


def appearance(request: HttpRequest) -> dict[str, str]:
    """Context processor: the looks a person chose, from cookies, so that no page flashes in the wrong theme."""
    return {
        "theme": chosen_theme(request),
        "zone": request.COOKIES.get(COOKIE, ""),
        "shortcuts": "off" if request.COOKIES.get("shortcuts") == "off" else "on",
    }


def chosen_theme(request: HttpRequest) -> str:
    theme = request.COOKIES.get("theme", "system")
    return theme if theme in THEMES else "system"
