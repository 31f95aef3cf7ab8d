"""Live pages: server-sent events of rendered regions, for browsers with a session."""
