-- name: create_block_type
-- Nothing comes back when the slug is taken.
INSERT INTO block_type (id, workspace_id, name, slug, logo_url, documentation_url, description, code_example, is_protected)
VALUES (
    %(id)s::uuid, %(workspace)s::uuid, %(name)s::text, %(slug)s::text, %(logo_url)s::text,
    %(documentation_url)s::text, %(description)s::text, %(code_example)s::text, %(is_protected)s::bool
)
ON CONFLICT (workspace_id, slug) DO NOTHING
RETURNING id, created, updated, name, slug, logo_url, documentation_url, description, code_example, is_protected;

-- name: read_block_types
SELECT block_type.id, block_type.created, block_type.updated, block_type.name, block_type.slug, block_type.logo_url,
    block_type.documentation_url, block_type.description, block_type.code_example, block_type.is_protected
FROM block_type WHERE /*where*/ ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: find_block_types
-- By id or by slug.
SELECT id, created, updated, name, slug, logo_url, documentation_url, description, code_example, is_protected
FROM block_type
WHERE workspace_id = %(workspace)s::uuid AND (id = ANY(%(ids)s::uuid[]) OR slug = ANY(%(slugs)s::text[]));

-- name: update_block_type
-- Nothing comes back when there is nothing to change, so that a client that says the same at each start writes nothing.
UPDATE block_type SET updated = %(now)s::timestamptz, logo_url = new.logo_url,
    documentation_url = new.documentation_url, description = new.description, code_example = new.code_example,
    is_protected = new.is_protected
FROM (VALUES (
    %(logo_url)s::text, %(documentation_url)s::text, %(description)s::text, %(code_example)s::text, %(is_protected)s::bool
)) AS new (logo_url, documentation_url, description, code_example, is_protected)
WHERE block_type.workspace_id = %(workspace)s::uuid AND block_type.id = %(id)s::uuid
    AND (block_type.logo_url, block_type.documentation_url, block_type.description, block_type.code_example,
         block_type.is_protected)
        IS DISTINCT FROM (new.logo_url, new.documentation_url, new.description, new.code_example, new.is_protected)
RETURNING block_type.id, block_type.created, block_type.updated, block_type.name, block_type.slug, block_type.logo_url,
    block_type.documentation_url, block_type.description, block_type.code_example, block_type.is_protected;

-- name: create_block_schema
-- Nothing comes back when a schema of this checksum and version is there.
INSERT INTO block_schema (id, workspace_id, block_type_id, checksum, version, fields, capabilities)
VALUES (
    %(id)s::uuid, %(workspace)s::uuid, %(block_type)s::uuid, %(checksum)s::text, %(version)s::text,
    %(fields)s::text::json, %(capabilities)s::text[]
)
ON CONFLICT (workspace_id, checksum, version) DO NOTHING
RETURNING id;

-- name: link_block_schemas
-- The fields of a schema that hold other blocks. The ids come in the order in which they were sent.
INSERT INTO block_schema_reference (id, workspace_id, parent_block_schema_id, reference_block_schema_id, name)
SELECT sent.id, %(workspace)s::uuid, %(parent)s::uuid, sent.child, sent.name
FROM unnest(%(ids)s::uuid[], %(children)s::uuid[], %(names)s::text[]) AS sent (id, child, name)
ON CONFLICT DO NOTHING;

-- name: find_block_schema
-- The newest of a checksum, in one version or in any.
SELECT id FROM block_schema
WHERE workspace_id = %(workspace)s::uuid AND checksum = %(checksum)s::text
    AND (%(version)s::text IS NULL OR version = %(version)s::text)
ORDER BY created DESC, id DESC LIMIT 1;

-- name: list_block_schemas
SELECT block_schema.id FROM block_schema
WHERE /*where*/ ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: read_schema_links
-- All references below some schemas, in the order in which they were sent. UNION ends at what was seen.
WITH RECURSIVE below AS (
    SELECT parent_block_schema_id AS parent, reference_block_schema_id AS child, name, id
    FROM block_schema_reference
    WHERE workspace_id = %(workspace)s::uuid AND parent_block_schema_id = ANY(%(ids)s::uuid[])
    UNION
    SELECT further.parent_block_schema_id, further.reference_block_schema_id, further.name, further.id
    FROM below JOIN block_schema_reference AS further
        ON further.workspace_id = %(workspace)s::uuid AND further.parent_block_schema_id = below.child
)
SELECT parent, name, child FROM below ORDER BY id;

-- name: read_block_schemas
SELECT id, created, updated, checksum, fields, block_type_id, capabilities, version FROM block_schema
WHERE workspace_id = %(workspace)s::uuid AND id = ANY(%(ids)s::uuid[]);

-- name: read_block_capabilities
SELECT coalesce(array_agg(DISTINCT capability ORDER BY capability), '{}')
FROM block_schema, unnest(capabilities) AS capability WHERE workspace_id = %(workspace)s::uuid;

-- name: create_block_document
-- Nothing comes back when the type has a document of this name.
INSERT INTO block_document (id, workspace_id, block_type_id, block_schema_id, name, data, is_anonymous)
VALUES (
    %(id)s::uuid, %(workspace)s::uuid, %(block_type)s::uuid, %(block_schema)s::uuid, %(name)s::text,
    %(data)s::bytea, %(is_anonymous)s::bool
)
ON CONFLICT (workspace_id, block_type_id, name) DO NOTHING
RETURNING id;

-- name: lock_references
-- One at a time in a workspace: two changes that are fine alone could close a circle together.
SELECT pg_advisory_xact_lock(hashtextextended(%(key)s::text, 0));

-- name: link_block_documents
-- The references of a document, all of them: what is not named goes.
WITH dropped AS (
    DELETE FROM block_document_reference
    WHERE workspace_id = %(workspace)s::uuid AND parent_block_document_id = %(parent)s::uuid
        AND NOT (name = ANY(%(names)s::text[]))
)
INSERT INTO block_document_reference (id, workspace_id, parent_block_document_id, reference_block_document_id, name)
SELECT sent.id, %(workspace)s::uuid, %(parent)s::uuid, sent.child, sent.name
FROM unnest(%(ids)s::uuid[], %(children)s::uuid[], %(names)s::text[]) AS sent (id, child, name)
ON CONFLICT (workspace_id, parent_block_document_id, name)
    DO UPDATE SET reference_block_document_id = excluded.reference_block_document_id;

-- name: read_document_links
-- All references below some documents. UNION ends at what was seen.
WITH RECURSIVE below AS (
    SELECT parent_block_document_id AS parent, reference_block_document_id AS child, name
    FROM block_document_reference
    WHERE workspace_id = %(workspace)s::uuid AND parent_block_document_id = ANY(%(ids)s::uuid[])
    UNION
    SELECT further.parent_block_document_id, further.reference_block_document_id, further.name
    FROM below JOIN block_document_reference AS further
        ON further.workspace_id = %(workspace)s::uuid AND further.parent_block_document_id = below.child
)
SELECT parent, name, child FROM below;

-- name: list_block_documents
SELECT block_document.id, block_document.created, block_document.updated, block_document.name, block_document.data,
    block_document.block_schema_id, block_document.block_type_id, block_document.is_anonymous
FROM block_document WHERE /*where*/ ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_block_documents
SELECT count(*) FROM block_document WHERE /*where*/;

-- name: find_block_documents
SELECT id, created, updated, name, data, block_schema_id, block_type_id, is_anonymous FROM block_document
WHERE workspace_id = %(workspace)s::uuid AND id = ANY(%(ids)s::uuid[]);

-- name: find_block_document_by_name
SELECT document.id, document.created, document.updated, document.name, document.data, document.block_schema_id,
    document.block_type_id, document.is_anonymous
FROM block_type AS kind JOIN block_document AS document
    ON document.workspace_id = kind.workspace_id AND document.block_type_id = kind.id
WHERE kind.workspace_id = %(workspace)s::uuid AND kind.slug = %(slug)s::text AND document.name = %(name)s::text;

-- name: find_block_documents_of_slug
SELECT document.id, document.created, document.updated, document.name, document.data, document.block_schema_id,
    document.block_type_id, document.is_anonymous
FROM block_type AS kind JOIN block_document AS document
    ON document.workspace_id = kind.workspace_id AND document.block_type_id = kind.id
WHERE kind.workspace_id = %(workspace)s::uuid AND kind.slug = %(slug)s::text AND NOT document.is_anonymous
ORDER BY document.name, document.id;

-- name: lock_block_document
-- Not FOR UPDATE: a reference to this row, made by whoever holds the lock of references, would wait for us.
SELECT id, created, updated, name, data, block_schema_id, block_type_id, is_anonymous FROM block_document
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid FOR NO KEY UPDATE;

-- name: update_block_document
UPDATE block_document SET updated = %(now)s::timestamptz, data = %(data)s::bytea, block_schema_id = %(block_schema)s::uuid
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid;

-- name: set_result_storage
INSERT INTO result_storage (id, workspace_id, block_document_id)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(block)s::uuid)
ON CONFLICT (workspace_id) DO UPDATE SET block_document_id = excluded.block_document_id;

-- name: read_documents_stamp
-- Changes whenever a document, or a row that gives secrets to runs, is made, changed or deleted.
SELECT concat_ws(' ', (SELECT concat_ws(' ', count(*), max(updated)) FROM block_document WHERE workspace_id = %(workspace)s::uuid),
    (SELECT concat_ws(' ', count(secrets), max(updated)) FROM deployment WHERE workspace_id = %(workspace)s::uuid AND secrets IS NOT NULL),
    (SELECT concat_ws(' ', count(secrets), max(updated)) FROM deployment_schedule WHERE workspace_id = %(workspace)s::uuid AND secrets IS NOT NULL),
    (SELECT concat_ws(' ', count(secrets), max(updated)) FROM work_pool WHERE workspace_id = %(workspace)s::uuid AND secrets IS NOT NULL));

-- name: read_secrets_given_to_runs
-- What deployments, their schedules and pools give to every run of theirs. A run's own are not among them.
SELECT 'deployment' AS "table", id, secrets FROM deployment WHERE workspace_id = %(workspace)s::uuid AND secrets IS NOT NULL
UNION ALL
SELECT 'deployment_schedule', id, secrets FROM deployment_schedule
WHERE workspace_id = %(workspace)s::uuid AND secrets IS NOT NULL
UNION ALL
SELECT 'work_pool', id, secrets FROM work_pool WHERE workspace_id = %(workspace)s::uuid AND secrets IS NOT NULL
LIMIT %(limit)s::int;

-- name: read_recent_documents
-- All of a workspace, up to a number, newest first.
SELECT document.id, document.created, document.updated, document.name, document.data, document.block_schema_id,
    document.block_type_id, document.is_anonymous
FROM block_document AS document WHERE document.workspace_id = %(workspace)s::uuid
ORDER BY document.updated DESC LIMIT %(limit)s::int;
