"""The page kit through real requests: the sample page has every element on it."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import include, path
from django_htmx.middleware import HtmxDetails

from controlplane.ui import errors
from controlplane.ui.page import page

pytestmark = pytest.mark.urls(__name__)

urlpatterns = [path("ui/", include("controlplane.ui.urls"))]

NOW = datetime(2026, 11, 22, 13, 29, 3, tzinfo=UTC)
PAGE, FRAGMENT = "ui/elements/tabs.html", "ui/elements/live_pill.html"


def request_with(**headers):
    request = RequestFactory().get("/", headers=headers)
    request.htmx = HtmxDetails(request)
    return request


@pytest.mark.parametrize(
    ("_case", "headers", "is_fragment"),
    [
        ("a visit", {}, False),
        ("a swap", {"HX-Request": "true"}, True),
        ("a boosted link", {"HX-Request": "true", "HX-Boosted": "true"}, False),
        ("the back button", {"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_a_swap_gets_the_fragment_and_a_visit_the_page(_case, headers, is_fragment):
    response = page(request_with(**headers), PAGE, {"label": "Sections"}, fragment=FRAGMENT, status=422)
    assert (b"data-live-pill" in response.content) is is_fragment
    assert (b"Sections" in response.content) is not is_fragment
    assert response.headers["Vary"] == "HX-Request"
    assert response.status_code == 422


def test_a_page_without_fragment_is_always_the_page():
    assert b"Sections" in page(request_with(**{"HX-Request": "true"}), PAGE, {"label": "Sections"}).content


def test_the_design_page_is_hidden_from_strangers(client):
    assert client.get("/ui/design").status_code == 404


def test_the_design_page_has_nothing_the_content_security_policy_would_drop(client, settings):
    settings.DEBUG = True
    response = client.get("/ui/design")
    text = response.content.decode()
    assert response.status_code == 200
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|<script>", text) == []
    assert text.count("<h1>") == 1


def test_ids_on_the_design_page_are_unique_and_labels_point_to_one(client, settings):
    settings.DEBUG = True
    text = client.get("/ui/design").content.decode()
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert sorted(ids) == sorted(set(ids))
    assert set(re.findall(r'\s(?:for|aria-labelledby|commandfor|popovertarget)="([^"]+)"', text)) - set(ids) == set()


@pytest.mark.parametrize(
    ("_case", "theme", "following", "cookie", "place"),
    [
        ("a theme", "dark", "/w/acme/dev/runs?state=failed", "dark", "/w/acme/dev/runs?state=failed"),
        ("an unknown theme", "pink", "/w/acme/dev/", None, "/w/acme/dev/"),
        ("another host", "light", "https://evil.example/", "light", "/"),
        ("another host without scheme", "light", "//evil.example/", "light", "/"),
    ],
)
def test_a_chosen_theme_is_remembered_and_the_person_goes_back(client, _case, theme, following, cookie, place):
    response = client.post("/ui/theme", {"theme": theme, "next": following})
    assert (response.status_code, response.headers["Location"]) == (302, place)
    assert (response.cookies["theme"].value if cookie else dict(response.cookies)) == (cookie or {})


@pytest.mark.parametrize(
    ("_case", "answer", "status", "words"),
    [
        ("not found", lambda request: errors.handler404(request), 404, "There is nothing at this address"),
        ("failed", lambda request: errors.handler500(request), 500, "The server failed to answer"),
        ("unreadable", lambda request: errors.handler400(request), 400, "This request could not be read"),
        ("refused", lambda request: errors.handler403(request, PermissionError("Needs <b>")), 403, "Needs &lt;b&gt;"),
        ("throttled", lambda request: errors.error_page(request, 429), 429, "Too many requests"),
    ],
)
def test_an_error_page_says_what_happened_and_its_request_id(_case, answer, status, words):
    request = request_with()
    request.request_id = "0192f3a0-7c1e-7aa1-9a51-2f1e6f7c9d10"
    response = answer(request)
    assert response.status_code == status
    assert response.headers["Cache-Control"] == "no-store"
    assert words in response.content.decode()
    assert "0192f3a0-7c1e-7aa1-9a51-2f1e6f7c9d10" in response.content.decode()


@pytest.mark.parametrize(
    ("_case", "source"),
    [
        ("badge", "{% state_badge 'FAILED' evil detail=evil %}"),
        ("status", "{% status_word evil %}"),
        ("icon", "{% icon evil label=evil %}"),
        ("button", "{% button evil name=evil refused=evil %}"),
        ("link button", "{% link_button evil evil %}"),
        ("copy", "{% copy evil shown=True %}"),
        ("secret", "{% secret evil label=evil %}"),
        ("chip", "{% chip evil remove_url=evil %}"),
        ("snippet", "{% snippet label=evil %}{{ evil }}{% endsnippet %}"),
        ("panel", "{% panel title=evil hint=evil %}{{ evil }}{% endpanel %}"),
        ("notice", "{% notice 'failed' evil %}{{ evil }}{% endnotice %}"),
        ("empty", "{% empty evil text=evil %}{{ evil }}{% endempty %}"),
        ("fact", "{% fact evil %}{{ evil }}{% endfact %}"),
        ("menu", "{% menu evil label=evil %}{{ evil }}{% endmenu %}"),
        (
            "header",
            "{% page_header evil state_type=evil state_name=evil state_detail=evil %}{{ evil }}{% endpage_header %}",
        ),
        ("crumbs", "{% crumbs evil evil %}"),
        ("tab", "{% tab evil evil %}"),
        ("log line", "{% log_line 1 now 40 evil evil %}"),
    ],
)
def test_elements_escape_what_they_are_given(_case, source):
    text = Template("{% load ui %}" + source).render(Context({"evil": "\"><script>'", "now": NOW}))
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


class Sample(forms.Form):
    name = forms.CharField(help_text="Shown in lists.")
    note = forms.CharField(required=False)


def test_a_field_links_its_hint_and_its_error_to_the_control():
    text = Template("{% load ui %}{% form_errors form %}{% field form.name %}").render(Context({"form": Sample({})}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in text
    assert '<p class="hint" id="id_name_helptext">Shown in lists.</p>' in text
    assert 'id="id_name_error"' in text
    assert '<a href="#id_name">Name</a>: This field is required.' in text


def test_a_hint_given_by_the_page_is_linked_too():
    text = Template("{% load ui %}{% field form.note hint='Optional words.' %}").render(Context({"form": Sample()}))
    assert 'aria-describedby="id_note_helptext"' in text
    assert '<span class="hint">(optional)</span>' in text


def test_a_page_asks_for_one_stylesheet_and_one_module_and_keeps_them_for_good(server):
    """As `manage.py up` serves them; their names change with what is in them."""
    page = httpx.get(f"{server.url}/accounts/login/", follow_redirects=True).text
    (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    (module,) = re.findall(r'<script type="module" src="([^"]+)"', page)
    assert re.fullmatch(r"/static/ui/app\.[0-9a-f]{12}\.css", style)
    assert re.fullmatch(r"/static/ui/app\.[0-9a-f]{12}\.js", module)
    for address, imports in ((style, "@import"), (module, "import ")):
        answer = httpx.get(f"{server.url}{address}")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "max-age=315360000, public, immutable")
        assert [line for line in answer.text.splitlines() if line.startswith(imports)] == []
    assert "No directory at" not in (server.log.parent / "up" / "logs" / "web.log").read_text()
