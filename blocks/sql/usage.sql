-- What uses a block. Read where other rooms keep JSON: a reference is the block's id or its template's text, for which
-- `pattern` is a regular expression.

-- name: find_block_uses
-- One workspace's rows are few enough to look through; the limit is what a page shows.
WITH wanted AS (SELECT %(id)s::text AS id, %(pattern)s::text AS pattern)
(
    SELECT 'deployment' AS kind, deployment.id::text AS key, deployment.name,
        CASE WHEN strpos(deployment.job_variables::text, wanted.id) > 0
                OR deployment.job_variables::text ~ wanted.pattern THEN 'job variables'
            WHEN strpos(deployment.pull_steps::text, wanted.id) > 0
                OR deployment.pull_steps::text ~ wanted.pattern THEN 'pull steps'
            ELSE 'parameters' END AS place
    FROM deployment, wanted
    WHERE deployment.workspace_id = %(workspace)s::uuid AND (
        strpos(deployment.job_variables::text, wanted.id) > 0 OR deployment.job_variables::text ~ wanted.pattern
        OR strpos(deployment.pull_steps::text, wanted.id) > 0 OR deployment.pull_steps::text ~ wanted.pattern
        OR strpos(deployment.parameters::text, wanted.id) > 0 OR deployment.parameters::text ~ wanted.pattern
    )
    ORDER BY deployment.name LIMIT 50
)
UNION ALL (
    SELECT 'deployment', deployment.id::text, deployment.name, 'parameters of a schedule'
    FROM deployment_schedule AS schedule
    JOIN deployment ON deployment.workspace_id = %(workspace)s::uuid AND deployment.id = schedule.deployment_id
    CROSS JOIN wanted
    WHERE schedule.workspace_id = %(workspace)s::uuid AND (
        strpos(schedule.parameters::text, wanted.id) > 0 OR schedule.parameters::text ~ wanted.pattern
    )
    ORDER BY deployment.name LIMIT 50
)
UNION ALL (
    SELECT 'work_pool', pool.name, pool.name,
        CASE WHEN strpos(pool.base_job_template::text, wanted.id) > 0
            OR pool.base_job_template::text ~ wanted.pattern
            THEN 'base job template' ELSE 'storage' END
    FROM work_pool AS pool, wanted
    WHERE pool.workspace_id = %(workspace)s::uuid AND (
        strpos(pool.base_job_template::text, wanted.id) > 0
        OR pool.base_job_template::text ~ wanted.pattern
        OR strpos(pool.storage_configuration::text, wanted.id) > 0
    )
    ORDER BY pool.name LIMIT 50
)
UNION ALL (
    SELECT 'automation', automation.id::text, automation.name, 'actions'
    FROM automation, wanted
    WHERE automation.workspace_id = %(workspace)s::uuid AND (
        strpos(automation.actions::text, wanted.id) > 0 OR strpos(automation.actions_on_trigger::text, wanted.id) > 0
        OR strpos(automation.actions_on_resolve::text, wanted.id) > 0
        OR automation.actions::text ~ wanted.pattern
        OR automation.actions_on_trigger::text ~ wanted.pattern
        OR automation.actions_on_resolve::text ~ wanted.pattern
    )
    ORDER BY automation.name LIMIT 50
)
UNION ALL (
    SELECT 'policy', policy.id::text, 'Notification policy', 'deleted together with this block'
    FROM flow_run_notification_policy AS policy, wanted
    WHERE policy.workspace_id = %(workspace)s::uuid AND policy.block_document_id = %(id)s::uuid
    LIMIT 50
)
UNION ALL (
    SELECT 'block', parent.id::text, parent.name, kind.name || ', ' || link.name
    FROM block_document_reference AS link
    JOIN block_document AS parent
        ON parent.workspace_id = %(workspace)s::uuid AND parent.id = link.parent_block_document_id
    JOIN block_type AS kind ON kind.workspace_id = %(workspace)s::uuid AND kind.id = parent.block_type_id
    WHERE link.workspace_id = %(workspace)s::uuid AND link.reference_block_document_id = %(id)s::uuid
    ORDER BY parent.name LIMIT 50
)
UNION ALL (
    SELECT 'result_storage', storage.id::text, 'Default result storage', 'of this workspace'
    FROM result_storage AS storage
    WHERE storage.workspace_id = %(workspace)s::uuid AND storage.block_document_id = %(id)s::uuid
);

-- name: find_block_names
-- The blocks that can be chosen for a field.
SELECT document.id, document.name, kind.slug, kind.name AS type_name
FROM block_document AS document
JOIN block_type AS kind ON kind.workspace_id = %(workspace)s::uuid AND kind.id = document.block_type_id
WHERE document.workspace_id = %(workspace)s::uuid AND NOT document.is_anonymous AND kind.slug = ANY(%(slugs)s::text[])
ORDER BY kind.name, document.name LIMIT 500;

-- name: list_block_names
-- The table of blocks: nothing of their data, so that nothing has to be opened.
SELECT document.id, document.name, kind.slug, kind.name AS type_name, document.created, document.updated
FROM block_document AS document
JOIN block_type AS kind ON kind.workspace_id = %(workspace)s::uuid AND kind.id = document.block_type_id
WHERE document.workspace_id = %(workspace)s::uuid AND NOT document.is_anonymous
    AND (%(slug)s::text = '' OR kind.slug = %(slug)s::text)
    AND (%(pattern)s::text = '' OR document.name ILIKE %(pattern)s::text OR kind.name ILIKE %(pattern)s::text)
ORDER BY document.name, kind.name, document.id LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: list_type_uses
-- Each type with the capabilities of its newest schema, and how many blocks of it there are.
SELECT kind.id, kind.name, kind.slug, kind.description,
    coalesce((
        SELECT schema.capabilities FROM block_schema AS schema
        WHERE schema.workspace_id = %(workspace)s::uuid AND schema.block_type_id = kind.id
        ORDER BY schema.created DESC, schema.id DESC LIMIT 1
    ), '{}') AS capabilities,
    (
        SELECT count(*) FROM block_document AS document
        WHERE document.workspace_id = %(workspace)s::uuid AND document.block_type_id = kind.id
            AND NOT document.is_anonymous
    ) AS documents
FROM block_type AS kind WHERE kind.workspace_id = %(workspace)s::uuid ORDER BY kind.name, kind.id;

-- name: find_newest_schema
-- The one that a new block of a type is made by.
SELECT schema.id FROM block_schema AS schema
WHERE schema.workspace_id = %(workspace)s::uuid AND schema.block_type_id = %(type)s::uuid
ORDER BY schema.created DESC, schema.id DESC LIMIT 1;

-- name: find_variable_uses
-- Templates that name a variable, and parameters that ask for it. `pattern` is a regular expression of a name without
-- special characters.
(
    SELECT 'deployment' AS kind, deployment.id::text AS key, deployment.name,
        CASE WHEN deployment.job_variables::text ~ %(pattern)s::text THEN 'job variables'
            WHEN deployment.pull_steps::text ~ %(pattern)s::text THEN 'pull steps'
            ELSE 'parameters' END AS place
    FROM deployment WHERE deployment.workspace_id = %(workspace)s::uuid AND (
        deployment.job_variables::text ~ %(pattern)s::text OR deployment.pull_steps::text ~ %(pattern)s::text
        OR deployment.parameters::text ~ %(pattern)s::text
    )
    ORDER BY deployment.name LIMIT 50
)
UNION ALL (
    SELECT 'deployment', deployment.id::text, deployment.name, 'parameters of a schedule'
    FROM deployment_schedule AS schedule
    JOIN deployment ON deployment.workspace_id = %(workspace)s::uuid AND deployment.id = schedule.deployment_id
    WHERE schedule.workspace_id = %(workspace)s::uuid AND schedule.parameters::text ~ %(pattern)s::text
    ORDER BY deployment.name LIMIT 50
)
UNION ALL (
    SELECT 'work_pool', pool.name, pool.name, 'base job template' FROM work_pool AS pool
    WHERE pool.workspace_id = %(workspace)s::uuid AND pool.base_job_template::text ~ %(pattern)s::text
    ORDER BY pool.name LIMIT 50
)
UNION ALL (
    SELECT 'automation', automation.id::text, automation.name, 'actions' FROM automation
    WHERE automation.workspace_id = %(workspace)s::uuid AND (
        automation.actions::text ~ %(pattern)s::text OR automation.actions_on_trigger::text ~ %(pattern)s::text
        OR automation.actions_on_resolve::text ~ %(pattern)s::text
    )
    ORDER BY automation.name LIMIT 50
);
