"""The addresses of this room's pages, below a workspace."""

from importlib import import_module

from django.urls import path

from notifications import (
    pages,
    pages_alerts,
    pages_channels,
    pages_deliveries,
    pages_policies,
    pages_slack,
    pages_slack_team,
)

import_module("notifications.pages_run")  # says its part on the page of a run

urlpatterns = [
    path("notifications", pages.list_notifications, name="notifications"),
    path("notifications/new/slack", pages.connect_slack, name="new_slack_channel"),
    path("notifications/new/slack/install", pages_slack.install, name="install_slack"),
    path("notifications/new/slack/token", pages_slack.paste_token, name="paste_slack_token"),
    path("notifications/new/slack/<uuid:team>", pages_slack.choose_channel, name="slack_app_channel"),
    path("notifications/slack/<uuid:team>", pages_slack_team.show_team, name="slack_team"),
    path("notifications/slack/<uuid:team>/disconnect", pages_slack_team.disconnect_team, name="disconnect_slack_team"),
    path(
        "notifications/slack/<uuid:team>/people/<uuid:link>/remove",
        pages_slack_team.remove_link,
        name="remove_slack_link",
    ),
    path("notifications/new", pages_channels.list_kinds, name="new_channel"),
    path("notifications/new/<slug:kind>", pages_channels.create_channel, name="new_channel_of_kind"),
    path("notifications/channels/<uuid:channel>", pages_channels.edit_channel, name="edit_channel"),
    path("notifications/channels/<uuid:channel>/test", pages.test_channel, name="test_channel"),
    path("notifications/channels/<uuid:channel>/delete", pages.delete_channel, name="delete_channel"),
    path("notifications/policies/new", pages_policies.new_policy, name="new_policy"),
    path("notifications/policies/<uuid:policy>", pages_policies.edit_policy, name="policy"),
    path("notifications/policies/<uuid:policy>/change", pages_policies.change_policy, name="change_policy"),
    path("notifications/policies/<uuid:policy>/delete", pages_policies.delete_policy, name="delete_policy"),
    path("notifications/alerts", pages_alerts.list_alerts, name="alerts"),
    path("notifications/alerts/<uuid:alert>", pages_alerts.show_alert, name="alert"),
    path("notifications/alerts/<uuid:alert>/change", pages_alerts.change_alert, name="change_alert"),
    path("notifications/deliveries", pages_deliveries.list_deliveries, name="deliveries"),
    path("notifications/deliveries/retry", pages_deliveries.retry_deliveries, name="retry_deliveries"),
    path("notifications/deliveries/<uuid:delivery>", pages_deliveries.show_delivery, name="delivery"),
    path("notifications/deliveries/<uuid:delivery>/letter", pages_deliveries.show_letter, name="delivery_letter"),
    path("notifications/deliveries/<uuid:delivery>/resend", pages_deliveries.resend_delivery, name="resend_delivery"),
    path("notifications/deliveries/<uuid:delivery>/retry", pages_deliveries.retry_delivery, name="retry_delivery"),
]
