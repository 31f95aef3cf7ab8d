"""Automations on the wire."""
