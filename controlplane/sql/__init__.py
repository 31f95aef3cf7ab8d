"""Named statements from .sql files, workspace transactions and the migration operations that protect a table."""
