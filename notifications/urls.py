"""The addresses of this room's pages, below a workspace."""

from django.urls import path

from notifications import pages, pages_slack

urlpatterns = [
    path("notifications", pages.list_notifications, name="notifications"),
    path("notifications/new/slack", pages.connect_slack, name="new_slack_channel"),
    path("notifications/new/slack/install", pages_slack.install, name="install_slack"),
    path("notifications/new/slack/token", pages_slack.paste_token, name="paste_slack_token"),
    path("notifications/new/slack/<uuid:team>", pages_slack.choose_channel, name="slack_app_channel"),
    path("notifications/channels/<uuid:channel>/test", pages.test_channel, name="test_channel"),
    path("notifications/channels/<uuid:channel>/delete", pages.delete_channel, name="delete_channel"),
    path("notifications/rules", pages.add_rule, name="add_rule"),
    path("notifications/rules/<uuid:rule>", pages.change_rule, name="change_rule"),
    path("notifications/deliveries/<uuid:delivery>", pages.show_delivery, name="delivery"),
    path("notifications/deliveries/<uuid:delivery>/resend", pages.resend_delivery, name="resend_delivery"),
]
