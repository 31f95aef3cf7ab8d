"""Is a template sound? As the wire answers it."""

from automations.wire.automations import TemplateFault
from controlplane.sandbox import checking
from controlplane.sandbox.checking import LONGEST_SOURCE, environment, is_template

__all__ = ["LONGEST_SOURCE", "environment", "fault", "find_fault", "is_template"]


def find_fault(source: str) -> TemplateFault | None:
    """The first thing that is wrong; None if the template can be rendered."""
    fault = checking.find_fault(source)
    return None if fault is None else TemplateFault(line=fault.line, message=fault.message, source=source)


def fault(source: str, message: str) -> TemplateFault:
    """One that is not in a single line."""
    return TemplateFault(line=0, message=message, source=source)
