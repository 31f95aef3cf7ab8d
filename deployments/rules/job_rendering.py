"""From a pool's base job template to one run's job: placeholders are replaced, as a worker does it.

A placeholder that stands alone becomes the value itself; within text, its text. One without a value takes its key
with it.
`{{ prefect.blocks.<type>.<name> }}`, `{{ prefect.variables.<name> }}` and `{"$ref": {"block_document_id": …}}` are
replaced in a second pass, by what the caller has looked up.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

PLACEHOLDER = re.compile(r"\{\{\s*([\w.\-\[\]$]+)\s*\}\}")
BLOCK, VARIABLE, ENVIRONMENT = "prefect.blocks.", "prefect.variables.", "$"


class Missing:
    """No value: the key that would hold it is left out."""


MISSING = Missing()
LookUp = Callable[[str], Any]


def render(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with the job's variables filled in; references to blocks and variables stay as they are."""

    def look_up(name: str) -> Any:
        if name.startswith((BLOCK, VARIABLE)):
            return f"{{{{ {name} }}}}"
        if name.startswith(ENVIRONMENT):
            return MISSING  # a worker reads its own environment: here is none of the customer's
        value = values.get(name)
        return MISSING if value is None else value

    return fill(template, look_up)


def resolve(rendered: Any, look_up: LookUp, document: LookUp) -> Any:
    """The rendered job with `look_up(name)` for each reference, and `document(id)` for each `$ref` to a block."""
    if isinstance(rendered, Mapping):
        reference = rendered.get("$ref")
        if isinstance(reference, Mapping) and "block_document_id" in reference:
            return document(str(reference["block_document_id"]))
        found = {key: resolve(value, look_up, document) for key, value in rendered.items()}
        return {key: value for key, value in found.items() if value is not MISSING}
    if isinstance(rendered, list):
        items = [resolve(item, look_up, document) for item in rendered]
        return [item for item in items if item is not MISSING]
    return fill(rendered, look_up)


def fill(template: Any, look_up: LookUp) -> Any:
    if isinstance(template, str):
        return fill_text(template, look_up)
    if isinstance(template, Mapping):
        found = {key: fill(value, look_up) for key, value in template.items()}
        return {key: value for key, value in found.items() if value is not MISSING}
    if isinstance(template, list):
        items = [fill(item, look_up) for item in template]
        return [item for item in items if item is not MISSING]
    return template


def fill_text(text: str, look_up: LookUp) -> Any:
    alone = PLACEHOLDER.fullmatch(text.strip())
    if alone:
        return look_up(alone[1])
    return PLACEHOLDER.sub(lambda match: words(look_up(match[1])), text)


def words(value: Any) -> str:
    return "" if value is MISSING else str(value)


def references_in(value: Any) -> Iterator[str]:
    """The names of the blocks and variables that a value refers to."""
    if isinstance(value, str):
        yield from (name for name in PLACEHOLDER.findall(value) if name.startswith((BLOCK, VARIABLE)))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from references_in(item)
