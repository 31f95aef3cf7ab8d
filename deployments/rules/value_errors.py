"""What is wrong with values, place by place: the answer of `/ui/schemas/validate`.

A place is a property or an index, and below it come more places or plain sentences. Templates that cannot become a
value are wrong where they stand; those that will only be known in the run are right everywhere.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

from controlplane.schema_forms.validation import (
    OURS,
    CircularSchema,
    Counter,
    TooExpensive,
    check_size,
    guarded_class,
    prepare,
)
from deployments.rules.parameters import REMOVED, Placeholder, hydrate_softly

MOST_STEPS_OF_A_SCHEMA = 100_000
QUOTED = re.compile(r"'(.*?)'")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
POINTER = re.compile(r"(/([^~/]|~[01])*)*")
RELATIVE_POINTER = re.compile(r"(0|[1-9]\d*)(#|(/([^~/]|~[01])*)*)")

Error = str | dict[str, Any]


class InvalidSchema(Exception):
    """The schema itself is wrong; the text is the wire's reason."""


def find_errors(values: Mapping[str, Any], schema: Mapping[str, Any], variables: Mapping[str, Any]) -> list[Error]:
    """Empty if the values fit. `variables`: the workspace variables that templates name. Raises InvalidSchema."""
    hydrated = hydrate_softly(dict(values), variables)
    if isinstance(hydrated, Placeholder):
        return [] if hydrated.problem is None else [hydrated.problem]
    try:
        check_size(schema)
        prepared = prepare(dict(schema), allow_null=True, ignore_required=False)
        check_schema(prepared)
        keywords = {**Draft202012Validator.VALIDATORS, **OURS, "properties": check_properties}
        judge = guarded_class(Counter(), keywords)
        checked = judge(prepared, registry=Registry(), format_checker=FORMATS)
        found = list(checked.iter_errors({} if hydrated is REMOVED else hydrated))
    except TooExpensive as problem:
        raise InvalidSchema(str(problem)) from problem
    except RecursionError as problem:
        raise InvalidSchema(str(CircularSchema())) from problem
    except Unresolvable as problem:
        raise InvalidSchema(f"Validation failed. Failure reason: {problem}") from problem
    except (TypeError, AttributeError, KeyError, ValueError, re2.error) as problem:
        raise InvalidSchema("the schema is not a valid JSON schema") from problem
    return arrange(found)


def check_schema(schema: Mapping[str, Any]) -> None:
    """By the meta-schema, within a budget."""
    counter = Counter(MOST_STEPS_OF_A_SCHEMA)
    judge_class = guarded_class(counter, Draft202012Validator.VALIDATORS)
    judge = judge_class(Draft202012Validator.META_SCHEMA, format_checker=FORMATS)
    error = best_match(judge.iter_errors(schema))
    if error is not None:
        raise InvalidSchema(error.message[:2000])


def check_properties(validator: Any, properties: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """As ever; but a declared property whose template is wrong is wrong even if it may be anything."""
    if not isinstance(instance, dict):
        return
    for name, sub in properties.items():
        if name not in instance:
            continue
        value = instance[name]
        errors = list(validator.descend(value, sub, path=name, schema_path=name))
        if not errors and isinstance(value, Placeholder) and value.problem is not None:
            errors = [ValidationError(value.problem, instance=value, path=[name])]
        yield from errors


def arrange(found: list[ValidationError]) -> list[Error]:
    arranged: list[Error] = []
    for error in found:
        message = message_of(error)
        if message is not None:
            place(arranged, [*path_of(error)], message)
    return arranged


def message_of(error: ValidationError) -> str | None:
    """A template's own problem instead of the schema's; None where it will be known only in the run."""
    if isinstance(error.instance, Placeholder):
        return error.instance.problem
    return error.message if len(error.message) <= 2000 else f"{error.message[:2000]}…"


def path_of(error: ValidationError) -> Iterator[str | int]:
    yield from error.absolute_path
    if error.validator == "required" and (name := QUOTED.match(error.message)) is not None:
        yield name[1]


def place(arranged: list[Error], path: list[str | int], message: str) -> None:
    """Sentences of one property stand in entries of their own; what is deeper goes into the first one."""
    if not path:
        arranged.append(message)
        return
    step, *rest = path
    key = "index" if isinstance(step, int) else "property"
    entry = next((item for item in arranged if rest and isinstance(item, dict) and item.get(key) == step), None)
    if entry is None:
        entry = {key: step, "errors": []}
        arranged.append(entry)
    place(entry["errors"], rest, message)


# ------------------------------------------------------------------------------------------------------------ formats


def is_moment(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if MOMENT.fullmatch(value) is None:
        return False
    datetime.fromisoformat(value.upper().replace("Z", "+00:00"))
    return True


def matches(pattern: re.Pattern[str]) -> Any:
    return lambda value: not isinstance(value, str) or pattern.fullmatch(value) is not None


FORMATS = FormatChecker(formats=("date", "email", "idn-email", "ipv4", "ipv6", "regex", "time", "uuid"))
FORMATS.checkers = {
    **FORMATS.checkers,
    "date-time": (is_moment, (ValueError,)),
    "json-pointer": (matches(POINTER), ()),
    "relative-json-pointer": (matches(RELATIVE_POINTER), ()),
}
