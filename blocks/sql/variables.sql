-- name: create_variable
-- Nothing comes back when the name is taken.
WITH made AS (
    INSERT INTO variable (id, workspace_id, name, value, tags)
    VALUES (%(id)s::uuid, %(workspace)s::uuid, %(name)s::text, %(value)s::jsonb, %(tags)s::text[])
    ON CONFLICT (workspace_id, name) DO NOTHING
    RETURNING id, created, updated, name, value, tags
), tagged AS (
    INSERT INTO variable_tag (workspace_id, variable_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, made.id, tag FROM made, unnest(made.tags) AS tag
)
SELECT id, created, updated, name, value, tags FROM made;

-- name: read_variable
SELECT id, created, updated, name, value, tags FROM variable
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid;

-- name: read_variable_by_name
SELECT id, created, updated, name, value, tags FROM variable
WHERE workspace_id = %(workspace)s::uuid AND name = %(name)s::text;

-- name: read_variables
SELECT variable.id, variable.created, variable.updated, variable.name, variable.value, variable.tags FROM variable
WHERE /*where*/ ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_variables
SELECT count(*) FROM variable WHERE /*where*/;

-- name: update_variable
-- `fields` names what is written; the tag table is kept in step.
WITH changed AS (
    UPDATE variable SET updated = %(now)s::timestamptz,
        name = CASE WHEN 'name' = ANY(%(fields)s::text[]) THEN %(name)s::text ELSE name END,
        value = CASE WHEN 'value' = ANY(%(fields)s::text[]) THEN %(value)s::jsonb ELSE value END,
        tags = CASE WHEN 'tags' = ANY(%(fields)s::text[]) THEN %(tags)s::text[] ELSE tags END
    WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid
    RETURNING id, created, updated, name, value, tags
), untagged AS (
    DELETE FROM variable_tag AS old USING changed
    WHERE old.workspace_id = %(workspace)s::uuid AND old.variable_id = changed.id AND NOT (old.tag = ANY(changed.tags))
), tagged AS (
    INSERT INTO variable_tag (workspace_id, variable_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, changed.id, tag FROM changed, unnest(changed.tags) AS tag
    ON CONFLICT DO NOTHING
)
SELECT id, created, updated, name, value, tags FROM changed;

-- name: delete_variable
DELETE FROM variable WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid
RETURNING id, created, updated, name, value, tags;
