"""Addresses outside any workspace: where Slack sends clicks and people, and the operator's page."""

from django.urls import path

from notifications import hooks
from notifications.pages import slack_app

urlpatterns = [
    path("slack/interactions", hooks.receive_interaction, name="slack_interactions"),
    path("oauth/slack/callback", slack_app.installed, name="slack_installed"),
    path("me/slack/link", slack_app.link_person, name="link_slack"),
    path("slack/app", slack_app.show_app, name="slack_app"),
]
