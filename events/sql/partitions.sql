-- name: ensure_partitions
-- Made by the owner's function: the roles that ask own nothing. Two that ask at once take turns on the parent's lock.
SELECT ensure_partitions(%(table)s::text, %(days)s::int);
