"""Who the browser behind a stream is signed in as."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from controlplane.errors import Unauthenticated


def find_person(cookies: Mapping[str, str]) -> Any:
    """The signed-in person of a request's cookies. Unauthenticated if there is none, or no longer."""
    key = cookies.get(settings.SESSION_COOKIE_NAME)
    if not key:
        raise Unauthenticated("Sign in to follow this page.")
    request = HttpRequest()
    request.session = SessionStore(key)
    person = get_user(request)
    if not person.is_authenticated or not person.is_active:
        raise Unauthenticated("Sign in to follow this page.")
    return person
