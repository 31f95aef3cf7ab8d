"""The REST door that checks values for a form."""

from controlplane.wire.doors import Call, post
from deployments.services import checks
from deployments.wire.values import ValidateValues, ValuesVerdict
from workspaces.permissions import Permission


@post("ui/schemas/validate", needs=Permission.SEE_DEPLOYMENTS)
def validate_values(call: Call, body: ValidateValues) -> ValuesVerdict:
    errors = checks.find_value_errors(call.workspace, body.values, body.schema_)
    return ValuesVerdict(errors=errors, valid=not errors)
