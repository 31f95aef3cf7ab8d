"""The addresses of this room's pages, below a workspace."""

from django.urls import path

from events.pages import feed, webhooks

urlpatterns = [
    path("events", feed.feed_page, name="event_feed"),
    path("events/<uuid:id>", feed.event_page, name="event"),
    path("webhooks", webhooks.webhooks_page, name="webhooks"),
    path("webhooks/new", webhooks.new_webhook_page, name="new_webhook"),
    path("webhooks/<uuid:id>", webhooks.webhook_page, name="webhook"),
    path("webhooks/<uuid:id>/edit", webhooks.edit_webhook_page, name="edit_webhook"),
    path("webhooks/<uuid:id>/change", webhooks.change_webhook_page, name="change_webhook"),
]
