"""REST doors of variables."""

from uuid import UUID

from blocks import filters
from blocks.services import variables
from blocks.services.older_clients import for_client
from blocks.wire.variables import Variable, VariableCreate, VariableUpdate
from controlplane.wire.doors import Call, delete, get, patch, post
from workspaces.permissions import Permission

SEE, WRITE, MANAGE = Permission.SEE_VARIABLES, Permission.WRITE_VARIABLES, Permission.MANAGE_VARIABLES


@post("variables", needs=WRITE, status=201)
def create_variable(call: Call, body: VariableCreate) -> Variable:
    return for_client([variables.create_variable(call.workspace, body, now=call.now)], call.client_version)[0]


@post("variables/filter", needs=SEE)
def filter_variables(call: Call, body: filters.VariablesFilter) -> list[Variable]:
    return for_client(variables.list_variables(call.workspace, body), call.client_version)


@post("variables/count", needs=SEE)
def count_variables(call: Call, body: filters.VariablesCount) -> int:
    return variables.count_variables(call.workspace, body)


@get("variables/<uuid:id>", needs=SEE)
def read_variable(call: Call, id: UUID) -> Variable:
    return for_client([variables.read_variable(call.workspace, id)], call.client_version)[0]


@get("variables/name/<str:name>", needs=SEE)
def read_variable_by_name(call: Call, name: str) -> Variable:
    return for_client([variables.read_variable_by_name(call.workspace, name)], call.client_version)[0]


@patch("variables/<uuid:id>", needs=WRITE)
def update_variable(call: Call, id: UUID, body: VariableUpdate) -> None:
    variables.update_variable(call.workspace, id, body, now=call.now)


@patch("variables/name/<str:name>", needs=WRITE)
def update_variable_by_name(call: Call, name: str, body: VariableUpdate) -> None:
    variables.update_variable_by_name(call.workspace, name, body, now=call.now)


@delete("variables/<uuid:id>", needs=MANAGE)
def delete_variable(call: Call, id: UUID) -> None:
    variables.delete_variable(call.workspace, id, now=call.now)


@delete("variables/name/<str:name>", needs=MANAGE)
def delete_variable_by_name(call: Call, name: str) -> None:
    variables.delete_variable_by_name(call.workspace, name, now=call.now)
