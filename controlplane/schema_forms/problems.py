"""What a schema finds wrong with a value, as sentences at the fields of a form.

The sentences never quote the value: it may be a secret.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import re2
from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from controlplane.schema_forms.fields import Field, Path
from controlplane.schema_forms.validation import OURS, Counter, SchemaMismatch, check_size, guarded_class, prepare

Problem = list[Any]
"""The path and the sentence, as a list: it comes out of another process as JSON."""
MOST_PROBLEMS = 50
QUOTED = re.compile(r"'(.*?)'")
UNCHECKABLE = "The schema of this type cannot be checked, so the values were not."
KINDS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "yes or no", "array": "a list",
    "object": "an object", "null": "empty",
}  # fmt: skip


def find_problems(value: Any, schema: Mapping[str, Any]) -> list[Problem]:
    """Plain and costly: call it through `controlplane.budget.spend`. Raises SchemaMismatch when it costs too much."""
    check_size(schema)
    prepared = prepare(dict(schema), allow_null=True, ignore_required=False)
    judge = guarded_class(Counter(), {**Draft202012Validator.VALIDATORS, **OURS})
    try:
        found = [
            [list(path), sentence]
            for error in judge(prepared, registry=Registry()).iter_errors(value)
            for path, sentence in explain(error)
        ]
    except (RecursionError, Unresolvable, TypeError, AttributeError, KeyError, ValueError, re2.error) as problem:
        raise SchemaMismatch(UNCHECKABLE) from problem
    return found[:MOST_PROBLEMS]


def explain(error: ValidationError) -> Iterator[tuple[Path, str]]:
    """Of alternatives, the one that the value comes closest to."""
    if error.context:
        groups: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            groups.setdefault(inner.relative_schema_path[0], []).append(inner)
        groups = {key: group for key, group in groups.items() if not is_about_null(group)} or groups
        for inner in min(groups.values(), key=distance):
            yield from explain(inner)
        return
    path = tuple(error.absolute_path)
    if error.validator == "required" and (name := QUOTED.match(error.message)):
        path = (*path, name[1])
    yield path, sentence_of(error)


def is_about_null(group: list[ValidationError]) -> bool:
    return len(group) == 1 and group[0].validator == "type" and group[0].validator_value == "null"


def distance(group: list[ValidationError]) -> tuple[int, int]:
    """A wrong kind of value is further away than something wrong inside; `$ref` is what nobody types by hand."""
    wrong_kind = any(error.validator in ("type", "const", "enum") for error in group)
    is_reference = any(error.validator == "required" and "'$ref'" in error.message for error in group)
    return (2 if is_reference else 1 if wrong_kind else 0, len(group))


def sentence_of(error: ValidationError) -> str:
    limit = error.validator_value
    match error.validator:
        case "required":
            return "This is needed."
        case "type":
            kinds = limit if isinstance(limit, list) else [limit]
            return f"This must be {' or '.join(KINDS.get(str(kind), str(kind)) for kind in kinds)}."
        case "enum":
            return "This is none of the values that are allowed."
        case "const":
            return "This value is not allowed here."
        case "minimum":
            return f"This must be {limit} or more."
        case "maximum":
            return f"This must be {limit} or less."
        case "exclusiveMinimum":
            return f"This must be more than {limit}."
        case "exclusiveMaximum":
            return f"This must be less than {limit}."
        case "multipleOf":
            return f"This must be a multiple of {limit}."
        case "minLength":
            return f"This needs {limit} or more characters."
        case "maxLength":
            return f"This may have {limit} characters at most."
        case "minItems":
            return f"This needs {limit} or more rows."
        case "maxItems":
            return f"This may have {limit} rows at most."
        case "uniqueItems":
            return "There are two rows that are the same."
        case "pattern":
            return f"This must fit the pattern {str(limit)[:200]}."
        case "additionalProperties":
            return "There is a name in it that the schema does not know."
        case _:
            return "This does not fit the schema."


def place_problems(root: Field, problems: list[Problem]) -> None:
    """Each sentence at the field whose value it is about, or at the closest one round it."""
    fields = root.walk()
    for path, sentence in problems:
        wanted = tuple(path)
        within = [field for field in fields if field.path == wanted[: len(field.path)]]
        # The deepest; of a choice of kinds and what was chosen, the latter.
        closest = max(reversed(within), key=lambda field: len(field.path))
        inside = wanted[len(closest.path) :]
        where = f"{'.'.join(map(str, inside))}: " if inside and closest.kind in ("json", "map") else ""
        closest.problem = closest.problem or f"{where}{sentence}"


def problems_in(root: Field) -> list[Field]:
    """The fields with a problem, in the order of the form."""
    return [field for field in root.walk() if field.problem]
