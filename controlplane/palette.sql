-- The palette's search: by a part of a name, or by an id.

-- name: find_things
-- Newest first within each kind, five of a kind. A name is compared without regard to case; one tenant's names are few
-- enough to look through, except runs': only those of the last 30 days are.
(
    SELECT 'run' AS kind, run.id::text AS key, run.name, flow.name AS detail
    FROM flow_run AS run LEFT JOIN flow ON flow.workspace_id = %(workspace)s::uuid AND flow.id = run.flow_id
    WHERE run.workspace_id = %(workspace)s::uuid
        AND (
            run.id = %(id)s::uuid
            OR run.name ILIKE %(pattern)s::text AND run.expected_start_time > %(since)s::timestamptz
        )
    ORDER BY run.expected_start_time DESC LIMIT 5
)
UNION ALL (
    SELECT 'task_run', task.id::text, task.name, 'task run'
    FROM task_run AS task WHERE task.workspace_id = %(workspace)s::uuid AND task.id = %(id)s::uuid
)
UNION ALL (
    SELECT 'deployment', deployment.id::text, deployment.name, flow.name
    FROM deployment LEFT JOIN flow ON flow.workspace_id = %(workspace)s::uuid AND flow.id = deployment.flow_id
    WHERE deployment.workspace_id = %(workspace)s::uuid
        AND (
            deployment.id = %(id)s::uuid OR deployment.name ILIKE %(pattern)s::text
            OR flow.name ILIKE %(pattern)s::text
        )
    ORDER BY deployment.updated DESC LIMIT 5
)
UNION ALL (
    SELECT 'flow', flow.id::text, flow.name, ''
    FROM flow
    WHERE flow.workspace_id = %(workspace)s::uuid
        AND (flow.id = %(id)s::uuid OR flow.name ILIKE %(pattern)s::text)
    ORDER BY flow.updated DESC LIMIT 5
)
UNION ALL (
    SELECT 'work_pool', pool.name, pool.name, pool.type
    FROM work_pool AS pool
    WHERE pool.workspace_id = %(workspace)s::uuid
        AND (pool.id = %(id)s::uuid OR pool.name ILIKE %(pattern)s::text)
    ORDER BY pool.name LIMIT 5
)
UNION ALL (
    SELECT 'block', document.id::text, document.name, kind.name
    FROM block_document AS document
    JOIN block_type AS kind ON kind.workspace_id = %(workspace)s::uuid AND kind.id = document.block_type_id
    WHERE document.workspace_id = %(workspace)s::uuid AND NOT document.is_anonymous
        AND (document.id = %(id)s::uuid OR document.name ILIKE %(pattern)s::text OR kind.name ILIKE %(pattern)s::text)
    ORDER BY document.updated DESC LIMIT 5
)
UNION ALL (
    SELECT 'variable', variable.id::text, variable.name, 'variable'
    FROM variable
    WHERE variable.workspace_id = %(workspace)s::uuid
        AND (variable.id = %(id)s::uuid OR variable.name ILIKE %(pattern)s::text)
    ORDER BY variable.name LIMIT 5
)
