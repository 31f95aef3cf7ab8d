"""What users have programmed (templates, JSON schemas) runs with limits of time and memory, in a process of its own.

    spend(validate, value, schema, raises=(SchemaMismatch,))

The function has to be a plain one of a module, its arguments and its result JSON. Processes are started when they are
first needed, stay for the next, and are killed when a limit is reached: then OverBudget. A process costs some
milliseconds to ask, so callers keep what is cheap beyond doubt to themselves. It knows nothing of what runs in it:
templates of events and messages come through `controlplane.sandbox`, JSON schemas and parameters from `deployments`.
"""

from controlplane.budget.limits import OverBudget
from controlplane.budget.pool import spend

__all__ = ["OverBudget", "spend"]
