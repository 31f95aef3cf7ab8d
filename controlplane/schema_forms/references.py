"""Where a `$ref` leads."""

from typing import Any


def find_reference(reference: str, root: Any) -> dict[str, Any] | None:
    found = root
    if not reference.startswith("#"):
        return None
    for step in reference[1:].split("/")[1:]:
        found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found if isinstance(found, dict) and found.get("$ref") != reference else None
