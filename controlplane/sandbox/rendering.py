"""Rendering a template of somebody we do not know, in the process with limits."""

from collections.abc import Mapping, Sequence
from typing import Any

from controlplane.budget import OverBudget, spend
from controlplane.sandbox.templates import ALSO, DATA, EXHAUSTED, FOLDED, RenderingFailed, fill

CPU_SECONDS = 1.0

__all__ = ["RenderingFailed", "folded", "record", "render"]


def render(source: str, context: Mapping[str, Any], *, attribute_filters: Sequence[str] = ()) -> str:
    """The text of a template. `context` is plain data; `record()` and `folded()` give it attributes.

    Each of `attribute_filters` is a filter that reads the attribute of its name. Raises RenderingFailed.
    """
    try:
        text: str = spend(
            fill, source, dict(context), list(attribute_filters), raises=(RenderingFailed,),
            cpu_seconds=CPU_SECONDS,
        )  # fmt: skip
    except OverBudget:
        raise RenderingFailed(EXHAUSTED) from None
    return text


def record(data: Mapping[str, Any], **also: Any) -> dict[str, Any]:
    """Data with attributes that templates may ask for, but that are not part of its JSON."""
    return {DATA: data, ALSO: also}


def folded(data: Mapping[str, Any]) -> dict[str, Any]:
    """Data whose keys are found without regard to case."""
    return {FOLDED: {key.lower(): value for key, value in data.items()}}
