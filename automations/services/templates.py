"""Templates of actions, looked at before they are stored."""

from msgspec import convert

from automations.rules.templates import fault, find_fault
from automations.wire.automations import TemplateFault
from controlplane.budget import OverBudget, spend

SHORT = 4096


def validate_template(source: str) -> TemplateFault | None:
    """What is wrong with it, if anything."""
    if len(source) <= SHORT:
        return find_fault(source)
    try:
        found = spend(find_fault, source)
    except OverBudget:
        return fault(source, "The template takes too long to read.")
    return None if found is None else convert(found, TemplateFault)
