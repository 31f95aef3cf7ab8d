"""Addresses outside any workspace: where Slack sends clicks and people, and the operator's page."""

from django.urls import path

from notifications import hooks, pages_slack

urlpatterns = [
    path("slack/interactions", hooks.receive_interaction, name="slack_interactions"),
    path("oauth/slack/callback", pages_slack.installed, name="slack_installed"),
    path("me/slack/link", pages_slack.link_person, name="link_slack"),
    path("slack/app", pages_slack.show_app, name="slack_app"),
]
