-- name: create_flow
-- Nothing comes back when the name is taken: the stored flow stays as it is.
WITH kept AS (
    INSERT INTO flow (id, workspace_id, name, tags, labels)
    VALUES (%(id)s::uuid, %(workspace)s::uuid, %(name)s::text, %(tags)s::text[], %(labels)s::jsonb)
    ON CONFLICT (workspace_id, name) DO NOTHING
    RETURNING id, created, updated, name, tags, labels
), tagged AS (
    INSERT INTO flow_tag (workspace_id, flow_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, kept.id, tag FROM kept, unnest(kept.tags) AS tag
)
SELECT id, created, updated, name, tags, labels FROM kept;

-- name: read_flow_by_name
SELECT id, created, updated, name, tags, labels FROM flow
WHERE workspace_id = %(workspace)s::uuid AND name = %(name)s::text;

-- name: read_flow
SELECT id, created, updated, name, tags, labels FROM flow
WHERE workspace_id = %(workspace)s::uuid AND id = %(flow)s::uuid;

-- name: read_flows
SELECT flow.id, flow.created, flow.updated, flow.name, flow.tags, flow.labels FROM flow
WHERE /*where*/ ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_flows
SELECT count(*) FROM flow WHERE /*where*/;

-- name: update_flow_tags
WITH changed AS (
    UPDATE flow SET tags = %(tags)s::text[], updated = %(now)s::timestamptz
    WHERE workspace_id = %(workspace)s::uuid AND id = %(flow)s::uuid
    RETURNING id
), untagged AS (
    DELETE FROM flow_tag WHERE workspace_id = %(workspace)s::uuid AND flow_id = %(flow)s::uuid
        AND NOT (tag = ANY(%(tags)s::text[]))
), tagged AS (
    INSERT INTO flow_tag (workspace_id, flow_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, changed.id, tag FROM changed, unnest(%(tags)s::text[]) AS tag
    ON CONFLICT DO NOTHING
)
SELECT id FROM changed;

-- name: delete_flow
DELETE FROM flow WHERE workspace_id = %(workspace)s::uuid AND id = %(flow)s::uuid
RETURNING id, created, updated, name, tags, labels;
