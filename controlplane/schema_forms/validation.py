"""JSON Schema 2020-12 within a budget: what a user's schema may cost, and the wire's words for what does not fit.

Both the schema and the value come from users. Nothing is fetched, patterns run in linear time, and the number of
keywords that are looked at is limited.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

import re2
from attrs import fields
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

MOST_STEPS = 20_000
LARGEST_SCHEMA = 262_144
DEEPEST_SCHEMA = 40
CIRCULAR = "Unable to validate schema with circular references."

Json = Any
Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError]]


class SchemaMismatch(Exception):
    """The value does not fit; the text is the wire's `Validation failed …`."""


class CircularSchema(Exception):
    """The schema leads back to itself."""

    def __init__(self) -> None:
        super().__init__(CIRCULAR)


class TooExpensive(SchemaMismatch):
    def __init__(self) -> None:
        super().__init__("Validation failed. Failure reason: the schema is too large or too expensive to check")


def validate(
    value: Json,
    schema: Mapping[str, Any],
    *,
    ignore_required: bool = False,
    allow_null: bool = True,
    most_steps: int = MOST_STEPS,
) -> None:
    """Raise SchemaMismatch or CircularSchema. `allow_null`: an optional property without a default may be null.

    `ignore_required`: the value is only a part of what will be there in the end (a deployment's defaults).
    """
    check_size(schema)
    prepared = prepare(dict(schema), allow_null=allow_null, ignore_required=ignore_required)
    counter = Counter(most_steps)
    try:
        error = best_match(validator_class(counter)(prepared, registry=Registry()).iter_errors(value))
    except RecursionError as problem:
        raise CircularSchema from problem
    except Unresolvable as problem:
        raise SchemaMismatch(
            f"Validation failed. Failure reason: a reference cannot be resolved: {problem.ref}"
        ) from problem
    except (TypeError, AttributeError, KeyError, ValueError, re2.error) as problem:
        raise SchemaMismatch("Validation failed. Failure reason: the schema is not a valid JSON schema") from problem
    if error is not None:
        raise SchemaMismatch(describe(error))


def describe(error: ValidationError) -> str:
    message = error.message if len(error.message) <= 2000 else f"{error.message[:2000]}…"
    if not error.absolute_path:
        return f"Validation failed. Failure reason: {message}"
    where = ".".join(str(step) for step in error.absolute_path)
    return f"Validation failed for field {where!r}. Failure reason: {message}"


def check_size(schema: Mapping[str, Any]) -> None:
    if depth_of(schema) > DEEPEST_SCHEMA or len(json.dumps(schema)) > LARGEST_SCHEMA:
        raise TooExpensive


def depth_of(value: Json) -> int:
    """How deep a document is nested; a level more than the deepest that is allowed is enough to know."""
    level, depth = [value], 0
    while level and depth <= DEEPEST_SCHEMA:
        depth += 1
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
    return depth


def is_countable(schema: Mapping[str, Any]) -> bool:
    """Whether the steps are all that it costs: to know what is not evaluated, the library walks the schema itself."""
    words = json.dumps(schema)
    return "unevaluated" not in words and "$dynamicRef" not in words and "$recursiveRef" not in words


# --- the schema as the wire reads it ---------------------------------------------------------------------------------


def prepare(schema: dict[str, Any], *, allow_null: bool, ignore_required: bool) -> dict[str, Any]:
    """A copy in which optional properties may be null, `items` lists are prefixes and blocks may be references."""
    made = {key: value for key, value in schema.items() if not (ignore_required and key == "required")}
    required = schema.get("required", [])
    required = required if isinstance(required, list) else []
    if isinstance(properties := schema.get("properties"), dict):
        made["properties"] = {
            name: optional(prepare_any(sub, allow_null, ignore_required))
            if allow_null and name not in required
            else prepare_any(sub, allow_null, ignore_required)
            for name, sub in properties.items()
        }
    if isinstance(items := schema.get("items"), list):
        made["prefixItems"] = items
        del made["items"]
    if isinstance(definitions := schema.get("definitions"), dict):
        made["definitions"] = {
            name: block_or_reference(sub)
            if isinstance(sub, dict) and "block_type_slug" in sub
            else prepare_any(sub, allow_null, ignore_required)
            for name, sub in definitions.items()
        }
    return made


def prepare_any(schema: Json, allow_null: bool, ignore_required: bool) -> Json:
    if not isinstance(schema, dict):
        return schema
    return prepare(schema, allow_null=allow_null, ignore_required=ignore_required)


def optional(schema: Json) -> Json:
    """An optional property with a plain type and no default may be null."""
    if not isinstance(schema, dict) or "type" not in schema or "default" in schema or schema["type"] == "null":
        return schema
    rest = {key: value for key, value in schema.items() if key != "type"}
    return {**rest, "anyOf": [{"type": schema["type"]}, {"type": "null"}]}


def block_or_reference(schema: dict[str, Any]) -> dict[str, Any]:
    """A block document is given itself, or by its id: `{"$ref": id}`, `{"$ref": {"block_document_id": id}}`."""
    return {
        "anyOf": [
            schema,
            {
                "type": "object",
                "properties": {
                    "$ref": {
                        "oneOf": [
                            {"type": "string", "isUuid": True},
                            {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1},
                        ]
                    }
                },
                "required": ["$ref"],
            },
        ]
    }


# --- the budget ------------------------------------------------------------------------------------------------------


class Counter:
    """How many keywords and sub-schemas one validation has looked at."""

    def __init__(self, left: int = MOST_STEPS) -> None:
        self.left = left

    def guard(self, keyword: Keyword) -> Keyword:
        def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
            self.step()
            return keyword(validator, value, instance, schema) or iter(())

        return counted

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooExpensive


def validator_class(counter: Counter) -> Any:
    return guarded_class(counter, {**Draft202012Validator.VALIDATORS, **OURS})


def guarded_class(counter: Counter, keywords: Mapping[str, Keyword]) -> Any:
    """A validator that counts, and stays itself: the library would take an own class for a part with a `$schema`."""
    made = extend(Draft202012Validator, {name: counter.guard(keyword) for name, keyword in keywords.items()})

    def evolve(self: Any, **changes: Any) -> Any:
        for part in fields(made):
            if part.init and part.alias not in changes:
                changes[part.alias] = getattr(self, part.name)
        return made(**changes)

    descend = made.descend

    def counted(self: Any, *place: Any, **named: Any) -> Iterator[ValidationError]:
        """A sub-schema without keywords has none to count, but there may be a thousand of it."""
        counter.step()
        yield from descend(self, *place, **named)

    made.evolve, made.descend = evolve, counted
    return made


def check_pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not search(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def check_pattern_properties(validator: Any, patterns: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    for pattern, sub in patterns.items():
        for key, value in instance.items():
            if search(pattern, key):
                yield from validator.descend(value, sub, path=key, schema_path=pattern)


def check_additional(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not isinstance(instance, dict):
        return
    patterns = schema.get("patternProperties", {})
    extras = [
        key for key in instance if key not in schema.get("properties", {}) and not any(search(p, key) for p in patterns)
    ]
    if isinstance(allowed, dict):
        for key in extras:
            yield from validator.descend(instance[key], allowed, path=key)
    elif not allowed and extras:
        verb = "was" if len(extras) == 1 else "were"
        names = ", ".join(repr(key) for key in extras)
        yield ValidationError(f"Additional properties are not allowed ({names} {verb} unexpected)")


def check_unique(validator: Any, unique: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not unique or not isinstance(instance, list):
        return
    if len({json.dumps(item, sort_keys=True, default=id) for item in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def check_uuid(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    try:
        UUID(instance)
    except (ValueError, TypeError, AttributeError):
        yield ValidationError(f"{instance!r} is not a 'uuid'")


def search(pattern: str, text: str) -> bool:
    """re2 takes linear time; what it cannot express is no pattern of ours."""
    return re2.search(pattern, text, QUIET) is not None


QUIET = re2.Options()
QUIET.log_errors = False
OURS: dict[str, Keyword] = {
    "additionalProperties": check_additional,
    "isUuid": check_uuid,
    "pattern": check_pattern,
    "patternProperties": check_pattern_properties,
    "uniqueItems": check_unique,
}
