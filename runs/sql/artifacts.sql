-- name: create_artifact
-- The newest of a key is shown in its collection: both or neither.
WITH made AS (
    INSERT INTO artifact (id, workspace_id, created, updated, key, type, description, data, metadata_, flow_run_id, task_run_id)
    VALUES (%(id)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz, %(key)s::text, %(type)s::text,
        %(description)s::text, %(data)s::jsonb, %(metadata)s::jsonb, %(flow_run)s::uuid, %(task_run)s::uuid)
    RETURNING id, created, updated, key, type, description, data, metadata_, flow_run_id, task_run_id
), shown AS (
    INSERT INTO artifact_collection (id, workspace_id, created, updated, key, latest_id, type, description, data, metadata_,
        flow_run_id, task_run_id)
    SELECT %(collection)s::uuid, %(workspace)s::uuid, made.created, made.updated, made.key, made.id, made.type,
        made.description, made.data, made.metadata_, made.flow_run_id, made.task_run_id
    FROM made WHERE made.key IS NOT NULL
    ON CONFLICT (workspace_id, key) DO UPDATE SET latest_id = excluded.latest_id, updated = excluded.updated,
        type = excluded.type, description = excluded.description, data = excluded.data, metadata_ = excluded.metadata_,
        flow_run_id = excluded.flow_run_id, task_run_id = excluded.task_run_id
    RETURNING id, xmax = 0 AS is_first
)
SELECT made.id, made.created, made.updated, made.key, made.type, made.description, made.data, made.metadata_,
    made.flow_run_id, made.task_run_id, shown.id AS collection_id, shown.is_first
FROM made LEFT JOIN shown ON true;

-- name: read_artifacts
SELECT artifact.id, artifact.created, artifact.updated, artifact.key, artifact.type, artifact.description, artifact.data,
    artifact.metadata_, artifact.flow_run_id, artifact.task_run_id
FROM artifact
WHERE /*where*/ ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: read_artifact
SELECT id, created, updated, key, type, description, data, metadata_, flow_run_id, task_run_id FROM artifact
WHERE workspace_id = %(workspace)s::uuid AND id = %(artifact)s::uuid;

-- name: count_artifacts
SELECT count(*) FROM artifact WHERE /*where*/;

-- name: read_latest
-- In the shape of an artifact, but with the collection's own id: so the wire has it.
SELECT id, created, updated, key, type, description, data, metadata_, flow_run_id, task_run_id FROM artifact_collection
WHERE workspace_id = %(workspace)s::uuid AND key = %(key)s::text;

-- name: read_collections
SELECT artifact_collection.id, artifact_collection.created, artifact_collection.updated, artifact_collection.key,
    artifact_collection.latest_id, artifact_collection.type, artifact_collection.description, artifact_collection.data,
    artifact_collection.metadata_, artifact_collection.flow_run_id, artifact_collection.task_run_id
FROM artifact_collection
WHERE /*where*/ ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_collections
SELECT count(*) FROM artifact_collection WHERE /*where*/;

-- name: update_artifact
-- `fields` names what is written; the collection follows if it shows this artifact.
WITH changed AS (
    UPDATE artifact SET updated = %(now)s::timestamptz,
        data = CASE WHEN 'data' = ANY(%(fields)s::text[]) THEN %(data)s::jsonb ELSE data END,
        description = CASE WHEN 'description' = ANY(%(fields)s::text[]) THEN %(description)s::text ELSE description END,
        metadata_ = CASE WHEN 'metadata_' = ANY(%(fields)s::text[]) THEN %(metadata)s::jsonb ELSE metadata_ END
    WHERE workspace_id = %(workspace)s::uuid AND id = %(artifact)s::uuid
    RETURNING id, data, description, metadata_
), shown AS (
    UPDATE artifact_collection AS c SET updated = %(now)s::timestamptz, data = changed.data,
        description = changed.description, metadata_ = changed.metadata_
    FROM changed WHERE c.workspace_id = %(workspace)s::uuid AND c.latest_id = changed.id
)
SELECT id FROM changed;

-- name: lock_collection_of
-- The collection that shows an artifact, if it is the newest of its key.
SELECT c.key FROM artifact_collection AS c
WHERE c.workspace_id = %(workspace)s::uuid AND c.latest_id = %(artifact)s::uuid
    AND c.key = (SELECT key FROM artifact WHERE workspace_id = %(workspace)s::uuid AND id = %(artifact)s::uuid)
FOR UPDATE;

-- name: delete_artifact
DELETE FROM artifact WHERE workspace_id = %(workspace)s::uuid AND id = %(artifact)s::uuid;

-- name: show_newest
-- Point a collection at the newest artifact that is left of its key.
UPDATE artifact_collection AS c SET latest_id = newest.id, updated = %(now)s::timestamptz, type = newest.type,
    description = newest.description, data = newest.data, metadata_ = newest.metadata_, flow_run_id = newest.flow_run_id,
    task_run_id = newest.task_run_id
FROM (
    SELECT id, type, description, data, metadata_, flow_run_id, task_run_id FROM artifact
    WHERE workspace_id = %(workspace)s::uuid AND key = %(key)s::text
    ORDER BY created DESC, id DESC LIMIT 1
) AS newest
WHERE c.workspace_id = %(workspace)s::uuid AND c.key = %(key)s::text
RETURNING c.id, c.created, c.updated, c.key, c.latest_id, c.type, c.description, c.data, c.metadata_, c.flow_run_id, c.task_run_id;

-- name: delete_collection
DELETE FROM artifact_collection AS c WHERE c.workspace_id = %(workspace)s::uuid AND c.key = %(key)s::text
RETURNING c.id, c.created, c.updated, c.key, c.latest_id, c.type, c.description, c.data, c.metadata_, c.flow_run_id, c.task_run_id;
