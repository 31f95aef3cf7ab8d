"""REST doors of how secrets are sealed."""

from uuid import UUID

from blocks.services import customer_keys, encryption, key_rotation
from blocks.wire.encryption import CustomerKeyUpdate, Encryption, Rotation, RotationStart
from controlplane.sql.transactions import workspace_transaction
from controlplane.wire.doors import Call, get, post, put
from workspaces.permissions import Permission

SEE, WRITE = Permission.SEE_WORKSPACE_SETTINGS, Permission.WRITE_WORKSPACE_SETTINGS


@get("encryption", needs=SEE)
def read_encryption(call: Call) -> Encryption:
    return encryption.read_encryption(call.workspace, call.place.account_id)


@post("encryption/rotations", needs=WRITE, status=202)
def start_rotation(call: Call, body: RotationStart) -> Rotation:
    """A job of the background does it: ask for its progress."""
    rotation = key_rotation.start_rotation(call.workspace, body.kind)
    return encryption.show(key_rotation.find_rotation(call.workspace, rotation.id))


@get("encryption/rotations/<uuid:id>", needs=SEE)
def read_rotation(call: Call, id: UUID) -> Rotation:
    return encryption.show(key_rotation.find_rotation(call.workspace, id))


@put("encryption/customer_key", needs=WRITE, transaction=False)
def set_customer_key(call: Call, body: CustomerKeyUpdate) -> Encryption:
    account = call.place.account_id
    customer_keys.set_customer_key(account, call.caller.actor_id, key_arn=body.key_arn, role_arn=body.role_arn)
    with workspace_transaction(call.workspace):
        return encryption.read_encryption(call.workspace, account)
