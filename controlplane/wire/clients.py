"""Which generation of clients is asking."""

import re

CLIENT = re.compile(r"prefect/(\S+) \(API ")


def is_2(client_version: str | None) -> bool:
    """Whether a Prefect 2.x asks, whose models refuse what came later. One that does not say its version is newer."""
    return client_version is not None and client_version.startswith("2.")


def version_of(agent: str) -> str | None:
    """The version that a Prefect client says it is."""
    match = CLIENT.match(agent)
    return match[1] if match else None
