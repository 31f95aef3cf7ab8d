"""Signing up, in and out, and what a new person is led through."""

import re
from uuid import uuid4

import pytest

from tests.visitor import Visitor, visit_as, words_of
from tests.world import make_member
from workspaces.models import AccountMember, User, Workspace

PASSWORD = "a sentence that nobody guesses"


@pytest.fixture
def visitor(server) -> Visitor:
    return Visitor(server.url)


def new_address() -> str:
    return f"ada-{uuid4().hex[:12]}@example.com"


def test_signing_up_makes_an_organisation_and_leads_to_a_workspace_and_its_keys(visitor):
    address = new_address()
    answer = visitor.post("/signup", email=address, password1=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (302, "/new")
    member = AccountMember.objects.select_related("account").get(user__email=address)
    handle = address.split("@")[0]
    assert (member.role, member.account.handle) == ("Owner", handle)
    answer = visitor.post("/new", name="Data team")
    assert (answer.status_code, answer.headers["location"]) == (302, f"/w/{handle}/data-team/keys")
    assert Workspace.objects.get(account=member.account).name == "Data team"
    assert "Connect your machine" in words_of(visitor.get(answer.headers["location"]))
    assert visitor.get("/").headers["location"] == f"/w/{handle}/data-team/"


@pytest.mark.parametrize(
    ("_case", "fields", "words"),
    [
        ("no address", {"email": "", "password1": PASSWORD}, "This field is required."),
        ("not an address", {"email": "ada", "password1": PASSWORD}, "Enter a valid email address."),
        ("short password", {"email": "x@example.com", "password1": "short"}, "It must contain at least 10 characters."),
        ("common password", {"email": "x@example.com", "password1": "qwertyuiop"}, "This password is too common."),
    ],
)
def test_what_cannot_be_accepted_is_said_beside_the_field(visitor, _case, fields, words):
    people = User.objects.count()
    answer = visitor.post("/signup", **fields)
    assert answer.status_code == 200
    assert words in words_of(answer)
    assert User.objects.count() == people


def test_an_address_is_taken_once(visitor, tenant):
    answer = visitor.post("/signup", email=tenant.user.email.upper(), password1=PASSWORD)
    assert "Somebody has signed up with this e-mail address already." in words_of(answer)
    assert User.objects.filter(email__iexact=tenant.user.email).count() == 1


def test_signing_in_needs_the_right_password_and_leads_home(visitor, tenant):
    tenant.user.set_password(PASSWORD)
    tenant.user.save()
    wrong = visitor.post("/login", login=tenant.user.email, password="a wrong sentence")
    assert wrong.status_code == 200
    assert "The e-mail address or the password is wrong." in words_of(wrong)
    unknown = visitor.post("/login", login=new_address(), password=PASSWORD)
    assert "The e-mail address or the password is wrong." in words_of(unknown)
    right = visitor.post("/login", login=tenant.user.email, password=PASSWORD)
    assert (right.status_code, right.headers["location"]) == (302, "/")
    assert visitor.get("/").headers["location"] == f"/w/{tenant.account.handle}/dev/"


def test_after_signing_in_a_person_lands_where_they_wanted_to_go_but_never_on_another_site(server, tenant):
    tenant.user.set_password(PASSWORD)
    tenant.user.save()
    for wanted, reached in (("/new", "/new"), ("https://elsewhere.example/", "/"), ("//elsewhere.example", "/")):
        answer = Visitor(server.url).post("/login", login=tenant.user.email, password=PASSWORD, next=wanted)
        assert answer.headers["location"] == reached


def test_signing_out_ends_the_session_and_needs_a_form(tenant):
    visitor = visit_as(tenant)
    assert visitor.get("/logout").status_code == 200
    assert visitor.get("/new").status_code == 200
    assert visitor.post("/logout").headers["location"] == "/login"
    assert visitor.get("/new").headers["location"] == "/login?next=/new"


def test_a_form_without_its_token_changes_nothing(tenant):
    visitor = visit_as(tenant)
    answer = visitor.client.post("/new", data={"name": "stolen"})
    assert answer.status_code == 403
    assert "The form was too old" in words_of(answer)
    assert Workspace.objects.filter(account=tenant.account).count() == 1


def test_a_handle_is_taken_once_in_an_organisation(tenant):
    answer = visit_as(tenant).post("/new", name="Development", handle="dev")
    assert answer.status_code == 422
    assert "This account already has a workspace with the handle 'dev'." in words_of(answer)
    assert Workspace.objects.filter(account=tenant.account).count() == 1


@pytest.mark.parametrize(
    ("_case", "fields", "words"),
    [
        ("capitals", {"name": "x", "handle": "Dev-Team"}, "Use lowercase letters"),
        ("reserved", {"name": "x", "handle": "new"}, "This word is taken by the addresses of Signalbox itself."),
        ("reserved through the name", {"name": "API"}, "This word is taken by the addresses of Signalbox itself."),
        ("no letter", {"name": "***"}, "The name needs at least one letter or digit"),
    ],
)
def test_a_handle_that_cannot_stand_in_an_address_is_refused(tenant, _case, fields, words):
    answer = visit_as(tenant).post("/new", **fields)
    assert answer.status_code == 422
    assert words in words_of(answer)


def test_nobody_makes_workspaces_in_an_organisation_they_do_not_run(tenant, stranger):
    bob = make_member(tenant, "Viewer")
    assert "You may not make workspaces in any organisation." in words_of(visit_as(bob).get("/new"))
    visit_as(stranger).post("/new", name="mine", account=str(tenant.account_id))
    assert Workspace.objects.filter(account=tenant.account).count() == 1


def test_a_forgotten_password_is_answered_alike_for_everybody(visitor, tenant):
    known = visitor.post("/password/forgotten", email=tenant.user.email)
    unknown = visitor.post("/password/forgotten", email=new_address())
    assert (known.status_code, known.headers["location"]) == (302, "/password/sent")
    assert (unknown.status_code, unknown.headers["location"]) == (302, "/password/sent")
    assert "Look into your mail" in words_of(visitor.get("/password/sent"))


def test_the_link_in_the_mail_sets_a_new_password_once(visitor, server, tenant):
    tenant.user.set_password(PASSWORD)
    tenant.user.save()
    # Without SMTP the mail is printed, which is how an operator finds it too.
    log = server.log.parent / "up" / "logs" / "web.log"
    before = len(log.read_text())
    visitor.post("/password/forgotten", email=tenant.user.email)
    link = re.search(rf"{server.url}(/password/new/\S+)", log.read_text()[before:])[1]
    form = visitor.get(link).headers["location"]
    new = "another sentence that nobody guesses"
    answer = visitor.post(form, password1=new, password2=new)
    assert answer.status_code == 302
    assert "This link does not work any more" in words_of(Visitor(server.url).get(link))
    tenant.user.refresh_from_db()
    assert tenant.user.check_password(new)
