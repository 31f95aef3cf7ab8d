"""Searches that somebody gave a name."""

from django.db import models

from controlplane.sql.models import WorkspaceModel


class SavedSearch(WorkspaceModel):
    """Kept for clients of the wire; our own pages keep a filter in the address."""

    name = models.TextField()
    filters = models.JSONField(default=list)

    class Meta:
        db_table = "saved_search"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "name"], name="saved_search_name_once")]
