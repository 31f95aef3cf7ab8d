-- name: read_deployments
-- Deployments in wire shape: with queue, pool, limit and schedules. A poll touches only the queue, so how ready a deployment
-- is follows from its own last poll or its queue's.
SELECT deployment.id, deployment.created, deployment.updated, deployment.name, deployment.version, deployment.description,
    deployment.flow_id, deployment.paused, deployment.concurrency_options, deployment.job_variables, deployment.parameters,
    deployment.tags, deployment.labels, coalesce(queue.name, deployment.work_queue_name) AS work_queue_name,
    deployment.work_queue_id, greatest(deployment.last_polled, queue.last_polled) AS last_polled,
    coalesce(deployment.parameter_openapi_schema, '{}'::json) AS parameter_openapi_schema, deployment.path,
    coalesce(deployment.pull_steps, '[]'::jsonb) AS pull_steps, deployment.entrypoint, deployment.storage_document_id,
    deployment.infrastructure_document_id, deployment.created_by, deployment.updated_by, pool.name AS work_pool_name,
    deployment.version_info, deployment.version_id, deployment.branch, deployment.base, deployment.root, deployment.disabled,
    CASE WHEN deployment.disabled THEN 'DISABLED'
        WHEN greatest(deployment.last_polled, queue.last_polled) > %(now)s::timestamptz - interval '60 seconds'
        THEN 'READY' ELSE 'NOT_READY' END AS status,
    deployment.enforce_parameter_schema,
    (SELECT jsonb_agg(to_jsonb(entry) ORDER BY entry.updated DESC, entry.id DESC)
        FROM deployment_schedule AS entry
        WHERE entry.workspace_id = deployment.workspace_id AND entry.deployment_id = deployment.id) AS schedules,
    (SELECT jsonb_build_object('id', limits.id, 'created', limits.created, 'updated', limits.updated, 'active', limits.active,
            'name', limits.name, 'limit', limits."limit", 'slot_decay_per_second', limits.slot_decay_per_second,
            'active_slots', limits.active_slots + coalesce((
                SELECT sum(lease.slots) FROM concurrency_lease AS lease
                WHERE lease.workspace_id = limits.workspace_id AND lease.concurrency_limit_id = limits.id), 0))
        FROM concurrency_limit AS limits
        WHERE limits.workspace_id = deployment.workspace_id AND limits.id = deployment.concurrency_limit_id) AS global_concurrency_limit
FROM deployment
LEFT JOIN work_queue AS queue ON queue.workspace_id = deployment.workspace_id AND queue.id = deployment.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
WHERE /*where*/ AND (%(deployment)s::uuid IS NULL OR deployment.id = %(deployment)s::uuid)
ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_deployments
SELECT count(*) FROM deployment WHERE /*where*/;

-- name: select_deployments
SELECT deployment.id FROM deployment WHERE /*where*/ ORDER BY deployment.id LIMIT %(limit)s::int;

-- name: find_deployment
SELECT deployment.id FROM deployment
JOIN flow ON flow.workspace_id = deployment.workspace_id AND flow.id = deployment.flow_id
WHERE deployment.workspace_id = %(workspace)s::uuid AND flow.name = %(flow)s::text AND deployment.name = %(name)s::text;

-- name: read_plan
-- All that a new run of a deployment, its events and its checks ask for, in one row.
SELECT deployment.id, deployment.name, deployment.flow_id, deployment.version, deployment.tags, deployment.labels,
    deployment.parameters, deployment.parameter_openapi_schema, deployment.enforce_parameter_schema, deployment.disabled,
    deployment.job_variables, deployment.infrastructure_document_id, deployment.work_queue_id,
    deployment.work_queue_name, flow.name AS flow_name, queue.name AS queue_name, pool.id AS pool_id, pool.name AS pool_name,
    pool.type AS pool_type, pool.base_job_template, deployment.secrets, pool.secrets AS pool_secrets
FROM deployment
JOIN flow ON flow.workspace_id = deployment.workspace_id AND flow.id = deployment.flow_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = deployment.workspace_id AND queue.id = deployment.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.id = %(deployment)s::uuid;

-- name: read_variables_schema
-- Which job variables of runs in a queue are secret is said by the pool's template.
SELECT pool.base_job_template -> 'variables' FROM work_queue AS queue
JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
WHERE queue.workspace_id = %(workspace)s::uuid AND queue.id = %(queue)s::uuid;

-- name: find_deployments_of_pool
SELECT deployment.id FROM deployment
JOIN work_queue AS queue ON queue.workspace_id = deployment.workspace_id AND queue.id = deployment.work_queue_id
WHERE deployment.workspace_id = %(workspace)s::uuid AND queue.work_pool_id = %(pool)s::uuid
    AND deployment.job_variables <> '{}' ORDER BY deployment.id;

-- name: read_variables
SELECT name, value FROM variable WHERE workspace_id = %(workspace)s::uuid AND name = ANY (%(names)s::text[]);

-- name: read_flow_labels
SELECT labels FROM flow WHERE workspace_id = %(workspace)s::uuid AND id = %(flow)s::uuid;

-- name: retag_deployment
-- The side table that filters read, made equal to the tags that are shown.
WITH untagged AS (
    DELETE FROM deployment_tag
    WHERE workspace_id = %(workspace)s::uuid AND deployment_id = %(deployment)s::uuid AND NOT (tag = ANY (%(tags)s::text[]))
)
INSERT INTO deployment_tag (workspace_id, deployment_id, tag)
SELECT DISTINCT %(workspace)s::uuid, %(deployment)s::uuid, tag FROM unnest(%(tags)s::text[]) AS tag
ON CONFLICT DO NOTHING;
