"""Forms out of a JSON Schema, and back: pure, so that blocks, parameters, job variables and inputs share them.

    data = fill(form, value)             # a value as the names and texts of a form
    tree = read(form, data)              # what was sent as a tree of fields, each with its value and what is wrong
    data = act(form, data, "add:data/tags")   # a button that changes the form: rows, kinds, secrets

`tree.value` is the JSON value; `{% schema_form tree %}` draws it. Nothing is known of rooms, Django or a clock.
"""

from controlplane.schema_forms.acting import act
from controlplane.schema_forms.fields import ABSENT, Choice, Field
from controlplane.schema_forms.filling import fill
from controlplane.schema_forms.places import Form
from controlplane.schema_forms.problems import find_problems, place_problems, problems_in
from controlplane.schema_forms.reading import read

__all__ = [
    "ABSENT",
    "Choice",
    "Field",
    "Form",
    "act",
    "fill",
    "find_problems",
    "place_problems",
    "problems_in",
    "read",
]
