"""The pages of events: the feed, one event, and inbound webhooks."""
