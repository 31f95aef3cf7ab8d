"""Why an outgoing request was not made, or got no answer."""

from controlplane.errors import Invalid


class Forbidden(Invalid):
    """The address may not be reached from here. The sentence is for the person who gave it."""


class Unreachable(Exception):
    """The way to the address is broken: a name that does not resolve, no connection, no answer in time."""
