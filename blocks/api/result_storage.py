"""REST doors of the default result storage."""

from blocks.services import result_storage
from blocks.wire.blocks import ResultStorage, ResultStorageUpdate
from controlplane.wire.doors import Call, delete, get, put
from workspaces.permissions import Permission

SEE, WRITE = Permission.SEE_WORKSPACE_SETTINGS, Permission.WRITE_WORKSPACE_SETTINGS


@get("admin/storage", needs=SEE)
def read_result_storage(call: Call) -> ResultStorage:
    """Clients ask before each run, and store results locally when there is no default."""
    return result_storage.read_result_storage(call.workspace)


@put("admin/storage", needs=WRITE)
def set_result_storage(call: Call, body: ResultStorageUpdate) -> ResultStorage:
    return result_storage.set_result_storage(call.workspace, body.default_result_storage_block_id)


@delete("admin/storage", needs=WRITE)
def clear_result_storage(call: Call) -> None:
    result_storage.clear_result_storage(call.workspace)
