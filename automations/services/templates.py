"""Templates of actions, looked at before they are stored."""

from automations.rules.templates import find_fault
from automations.wire.automations import TemplateFault


def validate_template(source: str) -> TemplateFault | None:
    """What is wrong with it, if anything."""
    return find_fault(source)
