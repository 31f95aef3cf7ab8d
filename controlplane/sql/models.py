"""The abstract row of a tenant table."""

from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Now
from psycopg.types.json import Json

from controlplane.ids import uuid7


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """Bytes that are sealed for this table, row and field, or null. A rotation of keys finds them by this class."""

    def deconstruct(self) -> Any:
        # To a migration it is a column of bytes.
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs


class WrittenJSONField(models.JSONField):
    """JSON as it was written: `json`, not `jsonb`, which sorts the keys. People read a schema in its author's order."""

    def db_type(self, connection: Any) -> str:
        return "json"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if value is None or hasattr(value, "as_sql") else Json(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value


class WorkspaceQuerySet(models.QuerySet[Any]):
    def of(self, workspace: UUID) -> Self:
        """The rows of one workspace: the first of the two walls (row-level security is the other)."""
        return self.filter(workspace_id=workspace)

    def offered(self, ids: set[UUID], most: int = 500) -> list[Any]:
        """For a select list: the first in the order asked for, and those with these ids wherever they stand."""
        first = list(self[:most])
        if len(first) < most:
            return first
        return first + list(self.filter(id__in=ids - {row.id for row in first}))


class WorkspaceRow(models.Model):
    """A row that belongs to one workspace and is not changed once it is written.

    Django sees `id` as the primary key; in the database it is `(workspace_id, id)` (see `ProtectTable`), so
    that every foreign key carries the workspace and the tables can later be distributed by tenant.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    workspace_id = models.UUIDField()
    created = models.DateTimeField(db_default=Now())

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        abstract = True


class WorkspaceModel(WorkspaceRow):
    """A row that belongs to one workspace and may change."""

    updated = models.DateTimeField(db_default=Now())

    class Meta:
        abstract = True
