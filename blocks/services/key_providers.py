"""Who wraps an account's data keys: the key file of this installation, or a key of the customer's own in AWS KMS."""

from typing import Protocol
from uuid import UUID

from blocks.models import CustomerKey, DataKey
from blocks.services.key_file import KeyFile, key_file
from blocks.services.key_kms import KmsKey


class Provider(Protocol):
    def name(self) -> str:
        """What the wrapped keys are marked with: it says which key, and nothing secret."""

    def wrap(self, plain: bytes, *, context: dict[str, str]) -> bytes: ...

    def unwrap(self, wrapped: bytes, *, provider: str, context: dict[str, str]) -> bytes: ...


def provider_for(account: UUID | None) -> Provider:
    """What wraps new keys of the account."""
    own = customer_key(account)
    if own is not None:
        return kms_key(own)
    file = key_file()
    # A missing file beside keys that it wrapped is an accident, and a new one would hide it: reading says what to do.
    if not file.exists() and not DataKey.objects.using("system").filter(provider__startswith="file:").exists():
        file.create()
    return file


def unwrap_key(account: UUID | None, provider: str, wrapped: bytes, *, context: dict[str, str]) -> bytes:
    """Open a wrapped key with the provider that it is marked with, which need not be what the account uses now."""
    if not provider.startswith("kms:"):
        return key_file().unwrap(wrapped, provider=provider, context=context)
    arn = provider.removeprefix("kms:")
    own = customer_key(account)
    role = own.role_arn if own is not None and (own.key_arn == arn or own.former_arn == arn) else ""
    return KmsKey(arn, role, str(account)).unwrap(wrapped, provider=provider, context=context)


def customer_key(account: UUID | None) -> CustomerKey | None:
    """The setting of an account. Read through the system role: it is the account's, not the workspace's."""
    if account is None:
        return None
    return CustomerKey.objects.using("system").filter(account_id=account, key_arn__gt="").first()


def kms_key(own: CustomerKey) -> KmsKey:
    return KmsKey(own.key_arn, own.role_arn, str(own.account_id))


__all__ = ["KeyFile", "Provider", "customer_key", "kms_key", "provider_for", "unwrap_key"]
