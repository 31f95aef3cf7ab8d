"""Outgoing connections: the name is resolved once, every answer is checked, and the checked address is connected to."""
