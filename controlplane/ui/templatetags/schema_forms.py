"""Forms out of a JSON Schema; `{% load schema_forms %}`. The tree comes from `controlplane.schema_forms.read`."""

import re
from typing import Any

from django import template
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from controlplane.schema_forms import Field, problems_in

register = template.Library()

TYPES = {
    "integer": ("text", "numeric"), "number": ("text", "decimal"), "date": ("date", ""), "time": ("time", ""),
    "datetime": ("text", ""), "uri": ("url", "url"), "email": ("email", "email"),
}  # fmt: skip

# What the browser's own inputs can show; anything else is shown as text, so that it is not lost.
NATIVE = {
    "date": re.compile(r"(\d{4}-\d\d-\d\d)?"),
    "time": re.compile(r"(\d\d:\d\d(:\d\d)?)?"),
    "datetime": re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?)?Z?"),
}


@register.simple_tag(takes_context=True)
def schema_form(
    context: Context, root: Field, new_block_url: str = "", offers_json: bool = False, words: str = ""
) -> SafeString:
    """The fields of a form, below the summary of what is wrong with it. `new_block_url` makes a block of `?type=`.

    `offers_json`: the whole can be edited as one text; `words` are what it is called.
    """
    if not root.label:
        root.label = words
    told = {"problems": problems_in(root), "new_block_url": new_block_url, "offers_json": offers_json, "words": words}
    return render_to_string("ui/schema/form.html", {"root": root, **told})


@register.simple_tag
def schema_values(root: Field) -> SafeString:
    """The same as a list to read. Secrets are only said to be set."""
    return render_to_string("ui/schema/shown.html", {"field": root})


@register.simple_tag
def input_of(field: Field) -> dict[str, Any]:
    """The type of an `<input>`, and the text in it."""
    kind, mode = TYPES.get(field.kind, ("text", ""))
    text = field.text
    if field.kind in NATIVE and not NATIVE[field.kind].fullmatch(text):
        kind = "text"
    elif field.kind == "datetime":
        kind, text = "datetime-local", text.removesuffix("Z")
    step = "1" if kind in ("time", "datetime-local") else ""
    return {"type": kind, "mode": mode, "step": step, "text": text, "needs": not field.is_nullable}
