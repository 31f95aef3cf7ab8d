"""Parameters, job variables and inputs as forms out of their schemas, and what a form says that was not said before."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from blocks.services.block_forms import offer_blocks
from controlplane.budget import OverBudget, spend
from controlplane.errors import BadRequest
from controlplane.schema_forms import ABSENT, Field, Form, act, fill, find_problems, place_problems, read
from controlplane.schema_forms.fields import MASK, Data
from controlplane.schema_forms.secrets import kept_secrets, look, put_back
from controlplane.schema_forms.validation import SchemaMismatch
from deployments.services.checks import hydrate_parameters

Json = dict[str, Any]


class Sheet(Struct):
    """One form: the values it was filled with, and its fields as they are now."""

    workspace: UUID
    form: Form
    base: Json
    tree: Field

    @property
    def schema(self) -> Json:
        return self.form.schema if isinstance(self.form.schema, dict) else {}

    @property
    def is_json(self) -> bool:
        """Whether the whole is edited as one text now."""
        return self.tree.state == "json"

    @property
    def is_empty(self) -> bool:
        """Nothing is asked for and nothing is said: there is nothing to draw."""
        return self.tree.kind == "map" and not self.tree.children and not self.is_json


def open_sheet(
    workspace: UUID, name: str, schema: Any, base: Json, sent: Data | None = None, action: str = "", *,
    requires: bool = True,
) -> Sheet:  # fmt: skip
    """`sent` are the texts of the whole page, `action` the button; without them the form says what `base` does.

    Without `requires` the values are a part of what there will be in the end, so that nothing has to be filled in.
    """
    schema = schema if isinstance(schema, dict) and schema else {"type": "object"}
    form = Form(schema if requires else {key: part for key, part in schema.items() if key != "required"}, name=name)
    offer_blocks(workspace, form, base)
    if sent is None:
        return Sheet(workspace, form, base, read(form, fill(form, base)))
    own = {key: text for key, text in sent.items() if key.partition("/")[0].partition("#")[0] == name}
    target = action.partition(":")[2].partition("/")[0]
    return Sheet(workspace, form, base, read(form, act(form, own, action) if target == name else own))


def value_of(sheet: Sheet) -> Json:
    """All that the form says. A mask stands for the secret that is stored at its place."""
    value = sheet.tree.value if isinstance(sheet.tree.value, dict) else {}
    put_back(value, sheet.base, kept_secrets(sheet.tree))
    return value


def changes_of(sheet: Sheet) -> Json:
    """What it says otherwise than the values it was filled with; a default that nobody touched says nothing."""
    before = untouched(sheet)
    return {key: item for key, item in value_of(sheet).items() if item != before.get(key, ABSENT)}


def untouched(sheet: Sheet) -> Json:
    before = Sheet(sheet.workspace, sheet.form, sheet.base, read(sheet.form, fill(sheet.form, sheet.base)))
    return value_of(before)


def additions_of(sheet: Sheet) -> Json:
    """What a run is given: what was changed, and what is needed and stands nowhere else."""
    value, required = value_of(sheet), sheet.schema.get("required") or []
    needed = {key: value[key] for key in required if key in value and key not in sheet.base}
    return {**needed, **changes_of(sheet)}


def overrides_of(sheet: Sheet, stored: Mapping[str, Any]) -> Json:
    """What is kept of it: what `stored` names already, as far as it is still there, and what was changed."""
    value, changed = value_of(sheet), changes_of(sheet)
    return {key: item for key, item in value.items() if key in stored or key in changed}


def judge(sheet: Sheet, value: Json, *, by_schema: bool = True) -> bool:
    """Whether `value` may be sent; what is wrong with it stands at the fields afterwards, or at the whole."""
    if sheet.tree.has_problem:
        return False
    try:
        value = hydrate_parameters(sheet.workspace, value, "form")
        problems = spend(find_problems, value, sheet.schema, raises=(SchemaMismatch,)) if by_schema else []
    except BadRequest as problem:
        problems = [[[], problem.detail]]
    except (OverBudget, SchemaMismatch):
        # What cannot be judged here is judged where it is stored.
        problems = []
    place_problems(sheet.tree, [entry for entry in problems if look(value, tuple(entry[0])) != MASK])
    return not sheet.tree.has_problem
