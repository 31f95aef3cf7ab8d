"""Do labels fit what a trigger asks of them? Shell globs with `[]`, case kept; a leading `!` negates."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import translate
from functools import lru_cache

from automations.wire.triggers import Labels
from events.wire.events import ROLE, Resource

Fit = Callable[[str], bool]
LONGEST_SHOWN = 200


@lru_cache(maxsize=20_000)
def fitting(pattern: str) -> Fit:
    """The test of one pattern. fnmatch writes stars so that nothing is tried twice: hostile globs cost no more."""
    if pattern.startswith("!"):
        other = fitting_glob(pattern[1:])
        return lambda value: not other(value)
    return fitting_glob(pattern)


def fitting_glob(pattern: str) -> Fit:
    if not any(sign in pattern for sign in "*?["):
        return pattern.__eq__
    if pattern.endswith("*") and not any(sign in pattern[:-1] for sign in "*?["):
        start = pattern[:-1]
        return lambda value: value.startswith(start)
    match = re.compile(translate(pattern)).match
    return lambda value: match(value) is not None


def fits_any(value: str, patterns: Iterable[str]) -> bool:
    return any(fitting(pattern)(value) for pattern in patterns)


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def find_misfit(resource: Mapping[str, str], wanted: Labels) -> str | None:
    """The first label that does not fit. A missing one fits nothing, not even a negation."""
    for label, values in wanted.items():
        value = resource.get(label)
        if value is None or not fits_any(value, as_list(values)):
            return label
    return None


def why_no_match(resource: Resource, wanted: Labels) -> str | None:
    """Which label of the event's resource does not fit, in words; None if all do."""
    label = find_misfit(resource, wanted)
    if label is None:
        return None
    value = resource.get(label)
    found = "is missing" if value is None else f"is {shorten(value)}"
    return f"match: {label} {found}, wanted {wanted_words(wanted[label])}"


def why_no_related(related: Sequence[Resource], wanted: Labels | list[Labels]) -> str | None:
    """Which set of related labels no related resource satisfies. Each set may be satisfied by another one."""
    for one in wanted if isinstance(wanted, list) else [wanted]:
        if one and not any(find_misfit(resource, one) is None for resource in related):
            words = ", ".join(f"{label} {wanted_words(values)}" for label, values in one.items())
            return f"match_related: no related resource has {words}"[: 3 * LONGEST_SHOWN]
    return None


def wanted_words(values: str | list[str]) -> str:
    shown = as_list(values)
    return shorten(" or ".join(shown)) if shown else "nothing"


def shorten(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def find_label(resource: Resource, related: Sequence[Resource], label: str) -> str:
    """A label for `for_each`: of the resource, or of the first related one in a role (`related:<role>:<label>`)."""
    if label.startswith("related:"):
        _, role, name = [*label.split(":", 2), ""][:3]
        for one in related:
            if one.get(ROLE) == role:
                return one.get(name) or ""
        return ""
    return resource.get(label) or ""
