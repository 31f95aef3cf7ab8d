"""How a workspace's secrets are sealed, for whoever has to prove it."""

from uuid import UUID

from django.conf import settings

from blocks.models import DataKey, KeyRotation
from blocks.services import customer_keys, key_rotation
from blocks.wire.encryption import DataKeyVersion, Encryption, Rotation


def read_encryption(workspace: UUID, account: UUID) -> Encryption:
    """Nothing of it is secret."""
    own = customer_keys.read_customer_key(account)
    keys = DataKey.objects.of(workspace).order_by("-number")
    return Encryption(
        customer_key=own.key_arn if own else "",
        customer_role=own.role_arn if own else "",
        keys=[
            DataKeyVersion(
                id=key.id, number=key.number, provider=key.provider, created=key.created, retired=key.retired
            )
            for key in keys
        ],
        rotations=[show(rotation) for rotation in key_rotation.list_rotations(workspace)],
        cache_seconds=settings.KEY_CACHE_SECONDS,
    )


def show(rotation: KeyRotation) -> Rotation:
    return Rotation(**{name: getattr(rotation, name) for name in Rotation.__struct_fields__})
