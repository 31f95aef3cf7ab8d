"""A person with a browser that has no JavaScript: cookies, forms with their token, and no redirect followed."""

import re
from html import unescape
from typing import Any

import httpx
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from tests.world import Tenant
from workspaces.models import User

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """Asks the live server for pages."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Nothing here is encrypted, and reading the certificates of the world takes 20 ms of CPU each time.
        self.client = httpx.Client(base_url=url, timeout=30, follow_redirects=False, verify=False)

    def sign_in(self, user: User) -> "Visitor":
        """With a session made here: signing in through the form is counted and limited."""
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        self.client.cookies.set(settings.SESSION_COOKIE_NAME, session.session_key)
        return self

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)

    def post(self, path: str, form_at: str = "", **values: Any) -> httpx.Response:
        """Send a form as the page `form_at` (by default the same address) has it: its token and its hidden fields."""
        return self.press(self.get(form_at or path), path, **values)

    def press(self, page: httpx.Response, path: str, **values: Any) -> httpx.Response:
        """The same from a page that was opened before: it may be pressed again."""
        given = {"csrfmiddlewaretoken": TOKEN.search(page.text)[1], **hidden_fields(page.text), **values}
        return self.client.post(path, data=given)


def visit_as(tenant: Tenant) -> Visitor:
    return Visitor(tenant.url).sign_in(tenant.user)


def hidden_fields(html: str) -> dict[str, str]:
    inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", html)
    found = {attribute(tag, "name"): attribute(tag, "value") for tag in inputs}
    return {name: value for name, value in found.items() if name not in ("", "csrfmiddlewaretoken", "next", "theme")}


def attribute(tag: str, name: str) -> str:
    match = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(match[1]) if match else ""


def words_of(response: httpx.Response) -> str:
    """What a person reads."""
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", response.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())
