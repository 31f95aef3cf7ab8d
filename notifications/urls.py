"""The addresses of this room's pages, below a workspace."""

from importlib import import_module

from django.urls import path

from notifications.pages import alerts, channels, deliveries, listing, policies, slack_app, slack_team, slack_webhook

import_module("notifications.pages.run")  # says its part on the page of a run

urlpatterns = [
    path("notifications", listing.list_notifications, name="notifications"),
    path("notifications/new/slack", slack_webhook.connect_slack, name="new_slack_channel"),
    path("notifications/new/slack/install", slack_app.install, name="install_slack"),
    path("notifications/new/slack/token", slack_app.paste_token, name="paste_slack_token"),
    path("notifications/new/slack/<uuid:team>", slack_app.choose_channel, name="slack_app_channel"),
    path("notifications/slack/<uuid:team>", slack_team.show_team, name="slack_team"),
    path("notifications/slack/<uuid:team>/disconnect", slack_team.disconnect_team, name="disconnect_slack_team"),
    path(
        "notifications/slack/<uuid:team>/people/<uuid:link>/remove",
        slack_team.remove_link,
        name="remove_slack_link",
    ),
    path("notifications/new", channels.list_kinds, name="new_channel"),
    path("notifications/new/<slug:kind>", channels.create_channel, name="new_channel_of_kind"),
    path("notifications/channels/<uuid:channel>", channels.edit_channel, name="edit_channel"),
    path("notifications/channels/<uuid:channel>/test", channels.test_channel, name="test_channel"),
    path("notifications/channels/<uuid:channel>/delete", channels.delete_channel, name="delete_channel"),
    path("notifications/policies/new", policies.new_policy, name="new_policy"),
    path("notifications/policies/<uuid:policy>", policies.edit_policy, name="policy"),
    path("notifications/policies/<uuid:policy>/change", policies.change_policy, name="change_policy"),
    path("notifications/policies/<uuid:policy>/delete", policies.delete_policy, name="delete_policy"),
    path("notifications/alerts", alerts.list_alerts, name="alerts"),
    path("notifications/alerts/<uuid:alert>", alerts.show_alert, name="alert"),
    path("notifications/alerts/<uuid:alert>/change", alerts.change_alert, name="change_alert"),
    path("notifications/deliveries", deliveries.list_deliveries, name="deliveries"),
    path("notifications/deliveries/retry", deliveries.retry_deliveries, name="retry_deliveries"),
    path("notifications/deliveries/<uuid:delivery>", deliveries.show_delivery, name="delivery"),
    path("notifications/deliveries/<uuid:delivery>/letter", deliveries.show_letter, name="delivery_letter"),
    path("notifications/deliveries/<uuid:delivery>/resend", deliveries.resend_delivery, name="resend_delivery"),
    path("notifications/deliveries/<uuid:delivery>/retry", deliveries.retry_delivery, name="retry_delivery"),
]
