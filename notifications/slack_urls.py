"""Addresses outside any workspace: where Slack sends clicks."""

from django.urls import path

from notifications import hooks

urlpatterns = [
    path("slack/interactions", hooks.receive_interaction, name="slack_interactions"),
]
