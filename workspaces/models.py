"""Who and where: people, accounts (organisations), workspaces, memberships and API keys.

These tables are read before a workspace is known, so only the `system` role may touch them.
"""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Now

from controlplane.ids import uuid7
from controlplane.sql.models import WorkspaceModel, WorkspaceRow


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Signs in by e-mail address."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created = models.DateTimeField(db_default=Now())

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return self.name or self.email


class Account(models.Model):
    """An organisation: it holds workspaces, people and service accounts."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    created = models.DateTimeField(db_default=Now())
    updated = models.DateTimeField(db_default=Now())
    name = models.CharField(max_length=200)
    handle = models.SlugField(max_length=63, unique=True)

    class Meta:
        # "account" alone would be next to allauth's account_* tables.
        db_table = "organisation"


class AccountMember(models.Model):
    """A person's role in an account: Owner, Admin or Member."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    created = models.DateTimeField(db_default=Now())
    account = models.ForeignKey(Account, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20)

    class Meta:
        db_table = "account_member"
        constraints = [
            models.UniqueConstraint(fields=["account", "user"], name="account_member_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=["Owner", "Admin", "Member"]), name="account_member_role"
            ),
        ]


class Workspace(models.Model):
    """The wall between tenants: everything a client stores belongs to one."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    created = models.DateTimeField(db_default=Now())
    updated = models.DateTimeField(db_default=Now())
    account = models.ForeignKey(Account, models.CASCADE, related_name="workspaces")
    name = models.CharField(max_length=200)
    handle = models.SlugField(max_length=63)
    description = models.TextField(default="", blank=True)

    class Meta:
        db_table = "workspace"
        constraints = [models.UniqueConstraint(fields=["account", "handle"], name="workspace_handle_once")]


class ServiceAccount(models.Model):
    """A machine's identity in an account."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    created = models.DateTimeField(db_default=Now())
    account = models.ForeignKey(Account, models.CASCADE, related_name="service_accounts")
    name = models.CharField(max_length=200)

    class Meta:
        db_table = "service_account"
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="service_account_name_once")]


class WorkspaceAccess(models.Model):
    """A role in one workspace, of a person or of a service account."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    created = models.DateTimeField(db_default=Now())
    workspace = models.ForeignKey(Workspace, models.CASCADE, related_name="accesses")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="accesses")
    service_account = models.ForeignKey(ServiceAccount, models.CASCADE, null=True, related_name="accesses")
    role = models.CharField(max_length=20)

    class Meta:
        db_table = "workspace_access"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="workspace_access_user_once"),
            models.UniqueConstraint(fields=["workspace", "service_account"], name="workspace_access_service_once"),
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(service_account__isnull=True),
                name="workspace_access_of_one_actor",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["Owner", "Developer", "Runner", "Viewer", "Worker"]),
                name="workspace_access_role",
            ),
        ]


class ApiKey(models.Model):
    """A key, by the hash of its text: the text itself is shown once and never stored.

    A key with a workspace works only there. What it may do is never more than its owner's role today.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    created = models.DateTimeField(db_default=Now())
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="api_keys")
    service_account = models.ForeignKey(ServiceAccount, models.CASCADE, null=True, related_name="api_keys")
    workspace = models.ForeignKey(Workspace, models.CASCADE, null=True, related_name="api_keys")
    name = models.CharField(max_length=200)
    hash = models.BinaryField(unique=True)
    prefix = models.CharField(max_length=12)
    expires = models.DateTimeField(null=True)
    revoked = models.DateTimeField(null=True)
    last_used = models.DateTimeField(null=True)
    last_client = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        db_table = "api_key"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(service_account__isnull=True),
                name="api_key_of_one_actor",
            ),
        ]


class RefusedKey(WorkspaceRow):
    """A key of the workspace's account that was refused lately: for each pool that it asked for, once."""

    key_id = models.UUIDField()  # no foreign key: identity is in tables of another kind
    key_name = models.TextField()
    reason = models.TextField()
    refused_since = models.DateTimeField(null=True)  # since when the key is no good, if that has a date
    pool = models.TextField()  # of a worker's poll or heartbeat; empty: it asked for something else
    address = models.TextField()
    client = models.TextField()
    last = models.DateTimeField()
    times = models.IntegerField(default=1)  # that were noted: at most one in some seconds

    class Meta:
        db_table = "refused_key"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "key_id", "pool"], name="refused_key_once"),
            models.CheckConstraint(
                condition=models.Q(reason__in=["expired", "revoked", "disabled", "workspace", "role"]),
                name="refused_key_reason",
            ),
        ]
        # The sweep forgets over all workspaces.
        indexes = [models.Index(fields=["last"], name="refused_key_last")]


class AuditEntry(WorkspaceRow):
    """Something that somebody did. Runtime roles may add entries, and neither change nor remove them.

    What concerns the whole account carries the account's id as its workspace's, so it is in no workspace's slice.
    There is no foreign key: an entry outlives what it is about.
    """

    account_id = models.UUIDField()
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True)
    actor_name = models.TextField()
    key_id = models.UUIDField(null=True)
    action = models.TextField()
    target_kind = models.TextField()
    target_id = models.TextField()
    target_name = models.TextField()
    changes = models.JSONField(default=dict)
    via = models.TextField()
    address = models.TextField()
    client = models.TextField()

    class Meta:
        db_table = "audit_entry"
        # The sweep looks for what is not chained yet among the youngest.
        indexes = [models.Index(fields=["created"], name="audit_entry_young")]


class AuditLink(WorkspaceRow):
    """One link of an account's chain: which entry is its n-th, and a seal over it and the link before."""

    account_id = models.UUIDField()
    number = models.BigIntegerField()
    seal = models.BinaryField()

    class Meta:
        db_table = "audit_link"
        indexes = [
            models.Index(fields=["account_id", "number"], name="audit_link_chain"),
            models.Index(fields=["created"], name="audit_link_young"),
        ]


class DataBoundary(WorkspaceModel):
    """What of a workspace's data may be stored here. Without a row: everything, with known secrets masked in logs."""

    parameters = models.TextField(default="store")
    logs = models.TextField(default="store")
    least_log_level = models.IntegerField(default=0)
    mask_secrets_in_logs = models.BooleanField(default=True)
    artifacts = models.TextField(default="store")
    largest_inline_result = models.IntegerField(null=True)  # bytes of JSON; null is no limit
    event_payloads = models.TextField(default="store")

    class Meta:
        db_table = "data_boundary"
        constraints = [models.UniqueConstraint(fields=["workspace_id"], name="data_boundary_once")]


class DataMeter(models.Model):
    """How much of a class of data was stored in an hour, of one deployment or of none. Added to, never counted down."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    workspace_id = models.UUIDField()
    hour = models.DateTimeField()
    kind = models.TextField()
    deployment_id = models.UUIDField()  # all zeros: no deployment
    items = models.BigIntegerField()
    bytes = models.BigIntegerField()

    class Meta:
        db_table = "data_meter"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "hour", "kind", "deployment_id"], name="data_meter_once")
        ]


class MeterPosition(models.Model):
    """Until when data were counted: each row of data is counted in exactly one stretch of time."""

    name = models.TextField(primary_key=True)
    until = models.DateTimeField()

    class Meta:
        db_table = "meter_position"
