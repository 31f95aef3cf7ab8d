"""An account's own key in AWS KMS: brought, changed, given up. Its data keys are then wrapped anew behind it."""

from datetime import UTC, datetime
from uuid import UUID

from blocks.models import CustomerKey
from blocks.services import key_rotation
from blocks.services.key_kms import KEY_ARN, ROLE_ARN, KmsKey
from controlplane.errors import Conflict, Invalid, Refused
from controlplane.sql.transactions import workspace_transaction
from workspaces.models import AccountMember, Workspace
from workspaces.permissions import ACCOUNT_ROLES_THAT_OWN_WORKSPACES
from workspaces.services import audit


def read_customer_key(account: UUID) -> CustomerKey | None:
    return CustomerKey.objects.using("system").filter(account_id=account).first()


def set_customer_key(account: UUID, actor: UUID, *, key_arn: str, role_arn: str = "") -> CustomerKey:
    """Use this key for the account from now on; an empty ARN goes back to the key of this installation.

    The key is tried first: KeyRefused leaves everything as it was. Not inside a transaction: KMS is asked.
    """
    if not AccountMember.objects.filter(
        account_id=account, user_id=actor, role__in=ACCOUNT_ROLES_THAT_OWN_WORKSPACES
    ).exists():
        raise Refused("The key belongs to the whole organisation: an owner or admin of it may change it.")
    if key_arn and not KEY_ARN.fullmatch(key_arn):
        raise Invalid("Give the ARN of a key: arn:aws:kms:<region>:<account>:key/<id>.")
    if role_arn and not ROLE_ARN.fullmatch(role_arn):
        raise Invalid("Give the ARN of a role: arn:aws:iam::<account>:role/<name>.")
    workspaces = list(Workspace.objects.filter(account_id=account).order_by("id").values_list("id", flat=True))
    refuse_while_under_way(workspaces)
    if key_arn:
        KmsKey(key_arn, role_arn, str(account)).check()
    before = read_customer_key(account)
    own = CustomerKey(
        account_id=account, key_arn=key_arn, role_arn=role_arn, former_arn=before.key_arn if before else "",
        updated=datetime.now(UTC),
    )  # fmt: skip
    own.save(using="system")
    changes = {"key": [own.former_arn, key_arn], "role": [before.role_arn if before else "", role_arn]}
    for workspace in workspaces:
        with workspace_transaction(workspace):
            audit.record(
                workspace, account=account, action="encryption.key-changed", target_kind="customer-key",
                target_id=account, changes=changes,
            )  # fmt: skip
            key_rotation.start_rotation(workspace, "rewrap")
    return own


def refuse_while_under_way(workspaces: list[UUID]) -> None:
    for workspace in workspaces:
        with workspace_transaction(workspace):
            if key_rotation.under_way(workspace):
                raise Conflict("A change of keys is under way in a workspace of this organisation: wait for its end.")
