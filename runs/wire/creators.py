"""Which automation has caused a request: clients that an automation starts say so in headers."""

import base64
from collections.abc import Mapping
from uuid import UUID

from runs.wire.flow_runs import CreatedBy

LONGEST_NAME = 1024


def automation_of(headers: Mapping[str, str]) -> CreatedBy | None:
    """None if no automation is named, or if its id is none. The name comes in base64."""
    try:
        id = UUID(headers.get("Prefect-Automation-ID", ""))
    except ValueError:
        return None
    name = headers.get("Prefect-Automation-Name", "")
    try:
        shown = base64.b64decode(name, validate=True).decode()
    except ValueError:
        shown = name
    return CreatedBy(id=id, type="AUTOMATION", display_value=shown.replace("\0", "")[:LONGEST_NAME])
