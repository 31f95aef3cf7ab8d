"""Addresses outside any workspace: identity, making a workspace, and what clients print and open."""

from allauth.account import views as allauth
from django.urls import path, re_path

from workspaces.pages import cli_login, links, start, verification

urlpatterns = [
    path("", start.start, name="home"),
    path("new", start.new_workspace, name="new_workspace"),
    path("signup", allauth.signup, name="account_signup"),
    path("login", allauth.login, name="account_login"),
    path("logout", allauth.logout, name="account_logout"),
    path("inactive", allauth.account_inactive, name="account_inactive"),
    path("me/email", verification.own_email, name="account_email"),
    path("verify", allauth.email_verification_sent, name="account_email_verification_sent"),
    re_path(r"^verify/(?P<key>[-:\w]+)$", allauth.confirm_email, name="account_confirm_email"),
    path("password/forgotten", allauth.password_reset, name="account_reset_password"),
    path("password/sent", allauth.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/new/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/changed", allauth.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("auth/client", cli_login.cli_login, name="cli_login"),
    path("account/<uuid:account>/workspace/<uuid:workspace>", links.printed_link),
    path("account/<uuid:account>/workspace/<uuid:workspace>/<path:rest>", links.printed_link),
    path("account/<uuid:account>/workspace/<uuid:workspace>/", links.printed_link),
]
