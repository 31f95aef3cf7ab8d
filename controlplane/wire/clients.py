"""Which generation of clients is asking."""


def is_2(client_version: str | None) -> bool:
    """Whether a Prefect 2.x asks, whose models refuse what came later. One that does not say its version is newer."""
    return client_version is not None and client_version.startswith("2.")
