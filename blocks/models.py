"""Stored configuration: blocks, variables, and the data keys that secrets are sealed with."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from controlplane.sql.models import SealedField, WorkspaceModel, WorkspaceRow, WrittenJSONField


class Variable(WorkspaceModel):
    """A named JSON value of the workspace; not a secret."""

    name = models.TextField()
    value = models.JSONField(null=True)
    tags = ArrayField(models.TextField(), default=list)  # to show; filters use variable_tag

    class Meta:
        db_table = "variable"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "name"], name="variable_name_once")]


class DataKey(WorkspaceRow):
    """A version of a workspace's data key, wrapped by the key provider: without the provider's key it is noise.

    A rotation retires it when the next is made, and deletes it when nothing is sealed with it any more.
    """

    account_id = models.UUIDField(null=True)  # null in rows of before keys were bound to it
    number = models.IntegerField(default=1)
    provider = models.TextField()
    wrapped = models.BinaryField()
    retired = models.DateTimeField(null=True)

    class Meta:
        db_table = "data_key"


class CustomerKey(models.Model):
    """An account's own key in AWS KMS. An empty ARN: the account uses the key of this installation."""

    account_id = models.UUIDField(primary_key=True)
    key_arn = models.TextField()
    role_arn = models.TextField(default="")
    former_arn = models.TextField(default="")  # what still wraps keys until the change is through
    updated = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "customer_key"


class KeyRotation(WorkspaceModel):
    """A change of a workspace's keys under way, with how far it is: whoever takes it up goes on from there.

    `reseal` makes a new data key and seals every secret anew; `rewrap` wraps the same data keys anew.
    """

    kind = models.TextField()
    key_id = models.UUIDField(null=True)  # of a reseal: the new one
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    position = models.JSONField(default=dict)  # the last row of each column that is done
    finished = models.DateTimeField(null=True)
    error = models.TextField(default="")

    class Meta:
        db_table = "key_rotation"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id"], condition=models.Q(finished__isnull=True), name="key_rotation_one_at_a_time"
            )
        ]


class BlockType(WorkspaceModel):
    """A kind of block, as clients register it. Protected types come with the server and stay."""

    name = models.TextField()
    slug = models.TextField()
    logo_url = models.TextField(null=True)
    documentation_url = models.TextField(null=True)
    description = models.TextField(null=True)
    code_example = models.TextField(null=True)
    is_protected = models.BooleanField(default=False)

    class Meta:
        db_table = "block_type"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "slug"], name="block_type_slug_once")]


class BlockSchema(WorkspaceModel):
    """One version of a type's JSON Schema, without what it says of other blocks: that is in the references."""

    block_type_id = models.UUIDField()
    checksum = models.TextField()  # of the fields as they were sent; it cannot be computed from what is stored
    version = models.TextField()
    fields = WrittenJSONField()
    capabilities = ArrayField(models.TextField(), default=list)

    class Meta:
        db_table = "block_schema"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "checksum", "version"], name="block_schema_once")
        ]
        indexes = [models.Index(fields=["workspace_id", "block_type_id"], name="block_schema_of_type")]


class BlockSchemaReference(WorkspaceRow):
    """A field of a schema that holds another block; several of one name are alternatives."""

    parent_block_schema_id = models.UUIDField()
    reference_block_schema_id = models.UUIDField()
    name = models.TextField()

    class Meta:
        db_table = "block_schema_reference"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "parent_block_schema_id", "name", "reference_block_schema_id"],
                name="block_schema_reference_once",
            )
        ]
        indexes = [models.Index(fields=["workspace_id", "reference_block_schema_id"], name="block_schema_referred_to")]


class BlockDocument(WorkspaceModel):
    """A block that somebody saved. Its data are sealed as a whole: not only what the schema calls secret."""

    block_type_id = models.UUIDField()
    block_schema_id = models.UUIDField()
    name = models.TextField()
    data = SealedField()  # JSON
    is_anonymous = models.BooleanField(default=False)

    class Meta:
        db_table = "block_document"
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "block_type_id", "name"], name="block_document_name_once")
        ]
        indexes = [models.Index(fields=["workspace_id", "block_schema_id"], name="block_document_of_schema")]


class BlockDocumentReference(WorkspaceRow):
    """A key of a document's data whose value is another document."""

    parent_block_document_id = models.UUIDField()
    reference_block_document_id = models.UUIDField()
    name = models.TextField()

    class Meta:
        db_table = "block_document_reference"
        constraints = [
            models.UniqueConstraint(
                fields=["workspace_id", "parent_block_document_id", "name"], name="block_document_reference_once"
            )
        ]
        indexes = [
            models.Index(fields=["workspace_id", "reference_block_document_id"], name="block_document_referred_to")
        ]


class ResultStorage(WorkspaceRow):
    """Where clients store results when nothing else is said: at most one block in a workspace."""

    block_document_id = models.UUIDField()

    class Meta:
        db_table = "result_storage"
        constraints = [models.UniqueConstraint(fields=["workspace_id"], name="result_storage_once")]
        indexes = [models.Index(fields=["workspace_id", "block_document_id"], name="result_storage_block")]
