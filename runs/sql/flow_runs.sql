-- name: read_flow_runs
-- Flow runs in wire shape. Joins by primary key only; the page is cut before they run.
WITH page AS MATERIALIZED (
    SELECT flow_run.*, row_number() OVER (ORDER BY /*order*/) AS position
    FROM flow_run
    WHERE /*where*/
    ORDER BY /*order*/
    LIMIT %(limit)s::int OFFSET %(offset)s::bigint
)
SELECT page.id, page.created, page.updated, page.name, page.flow_id, page.state_id, page.deployment_id,
    page.deployment_version, page.work_queue_id, coalesce(queue.name, page.work_queue_name) AS work_queue_name,
    pool.id AS work_pool_id, pool.name AS work_pool_name, page.flow_version, page.parameters, page.idempotency_key,
    page.context, page.empirical_policy, page.tags, page.labels, page.parent_task_run_id, page.state_type,
    page.state_name, page.run_count, page.expected_start_time, page.next_scheduled_start_time, page.start_time,
    page.end_time, page.total_run_time, page.auto_scheduled, page.infrastructure_document_id,
    page.infrastructure_pid, page.created_by, page.job_variables, page.state_timestamp,
    state.message AS state_message, state.data AS state_data, state.state_details
FROM page
LEFT JOIN flow_run_state AS state ON state.workspace_id = page.workspace_id AND state.id = page.state_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = page.workspace_id AND queue.id = page.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = page.workspace_id AND pool.id = queue.work_pool_id
ORDER BY page.position;

-- name: read_flow_run
-- One flow run in wire shape, by primary key.
SELECT run.id, run.created, run.updated, run.name, run.flow_id, run.state_id, run.deployment_id,
    run.deployment_version, run.work_queue_id, coalesce(queue.name, run.work_queue_name) AS work_queue_name,
    pool.id AS work_pool_id, pool.name AS work_pool_name, run.flow_version, run.parameters, run.idempotency_key,
    run.context, run.empirical_policy, run.tags, run.labels, run.parent_task_run_id, run.state_type,
    run.state_name, run.run_count, run.expected_start_time, run.next_scheduled_start_time, run.start_time,
    run.end_time, run.total_run_time, run.auto_scheduled, run.infrastructure_document_id,
    run.infrastructure_pid, run.created_by, run.job_variables, run.state_timestamp,
    state.message AS state_message, state.data AS state_data, state.state_details
FROM flow_run AS run
LEFT JOIN flow_run_state AS state ON state.workspace_id = run.workspace_id AND state.id = run.state_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = run.workspace_id AND queue.id = run.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = run.workspace_id AND pool.id = queue.work_pool_id
WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(run)s::uuid;

-- name: find_flow_run
-- The run that an idempotency key belongs to already.
SELECT id FROM flow_run
WHERE workspace_id = %(workspace)s::uuid AND flow_id = %(flow)s::uuid AND idempotency_key = %(key)s::text;

-- name: count_flow_runs
SELECT count(*) FROM flow_run WHERE /*where*/;

-- name: create_flow_run
-- A run with its first state, its tags and its event: all or nothing. No row comes back when the flow does not exist
-- or when the idempotency key is taken (by a run of this or of a concurrent transaction): then nothing is written.
WITH parent AS (
    SELECT id, name, labels FROM flow WHERE workspace_id = %(workspace)s::uuid AND id = %(flow)s::uuid
), made AS (
    INSERT INTO flow_run (
        id, workspace_id, created, updated, name, flow_id, deployment_id, deployment_version, work_queue_id, work_queue_name,
        flow_version, parameters, idempotency_key, context, empirical_policy, tags, labels, parent_task_run_id, state_id,
        state_type, state_name, state_timestamp, run_count, expected_start_time, next_scheduled_start_time, start_time,
        end_time, total_run_time, auto_scheduled, infrastructure_document_id, created_by, job_variables,
        secrets)
    SELECT %(id)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz, %(name)s::text, parent.id,
        %(deployment)s::uuid, %(deployment_version)s::text, %(work_queue)s::uuid, %(work_queue_name)s::text,
        %(flow_version)s::text, %(parameters)s::jsonb, %(idempotency_key)s::text, %(context)s::jsonb, %(policy)s::jsonb,
        %(tags)s::text[],
        CASE WHEN %(inherit)s::bool AND %(deployment)s::uuid IS NOT NULL THEN coalesce(
                 (SELECT labels FROM deployment WHERE workspace_id = %(workspace)s::uuid AND id = %(deployment)s::uuid), '{}')
                 || jsonb_build_object('prefect.flow.id', parent.id, 'prefect.deployment.id', %(deployment)s::uuid) || %(labels)s::jsonb
             WHEN %(inherit)s::bool THEN parent.labels || jsonb_build_object('prefect.flow.id', parent.id) || %(labels)s::jsonb
             ELSE %(labels)s::jsonb END,
        %(parent_task_run)s::uuid, %(state)s::uuid, %(type)s::text, %(state_name)s::text, %(timestamp)s::timestamptz,
        %(run_count)s::int, %(expected)s::timestamptz, %(next)s::timestamptz, %(start)s::timestamptz, %(end)s::timestamptz,
        0, false, %(infrastructure)s::uuid, %(created_by)s::jsonb, %(job_variables)s::jsonb,
        %(secrets)s::bytea
    FROM parent
    ON CONFLICT (workspace_id, flow_id, idempotency_key) DO NOTHING
    RETURNING id, labels
), entered AS (
    INSERT INTO flow_run_state (id, workspace_id, created, flow_run_id, type, name, "timestamp", message, data, state_details)
    SELECT %(state)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, made.id, %(type)s::text, %(state_name)s::text,
        %(timestamp)s::timestamptz, %(message)s::text, %(data)s::jsonb, %(details)s::jsonb
    FROM made
), tagged AS (
    INSERT INTO flow_run_tag (workspace_id, flow_run_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, made.id, tag FROM made, unnest(%(tags)s::text[]) AS tag
), noted AS (
    INSERT INTO event (workspace_id, id, occurred, received, event, resource_id, resource, related, payload)
    SELECT %(workspace)s::uuid, %(state)s::uuid, %(timestamp)s::timestamptz, %(now)s::timestamptz, %(event)s::text,
        %(resource_id)s::text, %(resource)s::jsonb,
        jsonb_build_array(jsonb_build_object('prefect.resource.id', 'prefect.flow.' || parent.id,
            'prefect.resource.role', 'flow', 'prefect.resource.name', parent.name)) || %(related)s::jsonb,
        %(payload)s::jsonb
    FROM made, parent
)
SELECT labels FROM made;

-- name: update_flow_run
-- A PATCH: each value is written only where its flag says that it was sent.
WITH changed AS (
    UPDATE flow_run SET
        updated = %(now)s::timestamptz,
        name = CASE WHEN %(set_name)s::bool THEN %(name)s::text ELSE name END,
        flow_version = CASE WHEN %(set_flow_version)s::bool THEN %(flow_version)s::text ELSE flow_version END,
        parameters = CASE WHEN %(set_parameters)s::bool THEN %(parameters)s::jsonb ELSE parameters END,
        empirical_policy = CASE WHEN %(set_policy)s::bool THEN %(policy)s::jsonb ELSE empirical_policy END,
        tags = CASE WHEN %(set_tags)s::bool THEN %(tags)s::text[] ELSE tags END,
        infrastructure_pid = CASE WHEN %(set_pid)s::bool THEN %(pid)s::text ELSE infrastructure_pid END,
        job_variables = CASE WHEN %(set_job_variables)s::bool THEN %(job_variables)s::jsonb ELSE job_variables END,
        secrets = CASE WHEN %(set_parameters)s::bool OR %(set_job_variables)s::bool THEN %(secrets)s::bytea ELSE secrets END
    WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid
    RETURNING id
), untagged AS (
    DELETE FROM flow_run_tag WHERE workspace_id = %(workspace)s::uuid AND flow_run_id = %(run)s::uuid
        AND %(set_tags)s::bool AND NOT (tag = ANY(%(tags)s::text[]))
), tagged AS (
    INSERT INTO flow_run_tag (workspace_id, flow_run_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, changed.id, tag FROM changed, unnest(%(tags)s::text[]) AS tag WHERE %(set_tags)s::bool
    ON CONFLICT DO NOTHING
)
SELECT id FROM changed;

-- name: read_flow_run_secrets
-- Asked for runs that show a mask, and only when the caller may see what is behind it.
SELECT id, secrets FROM flow_run
WHERE workspace_id = %(workspace)s::uuid AND id = ANY(%(runs)s::uuid[]) AND secrets IS NOT NULL;

-- name: has_sealed_runs
SELECT EXISTS (SELECT FROM flow_run WHERE workspace_id = %(workspace)s::uuid AND secrets IS NOT NULL);

-- name: read_secrets_known_to_runs
-- Those of runs, and of the runs that called them as sub-flows.
WITH RECURSIVE known AS (
    SELECT id, parent_task_run_id, secrets, 1 AS level FROM flow_run
    WHERE workspace_id = %(workspace)s::uuid AND id = ANY(%(runs)s::uuid[])
    UNION ALL
    SELECT caller.id, caller.parent_task_run_id, caller.secrets, known.level + 1 FROM known
    JOIN task_run ON task_run.workspace_id = %(workspace)s::uuid AND task_run.id = known.parent_task_run_id
    JOIN flow_run AS caller ON caller.workspace_id = %(workspace)s::uuid AND caller.id = task_run.flow_run_id
    WHERE known.level < %(levels)s::int
)
SELECT DISTINCT id, secrets FROM known WHERE secrets IS NOT NULL;

-- name: read_marks_of_new_run
-- Which schemas say what is secret in a run that a client makes by itself: its deployment's and its pool's.
SELECT (SELECT deployment.parameter_openapi_schema FROM deployment
        WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.id = %(deployment)s::uuid) AS parameters,
    (SELECT pool.base_job_template -> 'variables' FROM work_queue AS queue
        JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
        WHERE queue.workspace_id = %(workspace)s::uuid AND queue.id = %(queue)s::uuid) AS job_variables;

-- name: lock_secrets_of_run
-- What a run's PATCH may bring back as masks, and which schemas say what is secret in what it brings.
SELECT run.secrets, deployment.parameter_openapi_schema AS parameters,
    pool.base_job_template -> 'variables' AS job_variables
FROM flow_run AS run
LEFT JOIN deployment ON deployment.workspace_id = run.workspace_id AND deployment.id = run.deployment_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = run.workspace_id AND queue.id = run.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(run)s::uuid
FOR NO KEY UPDATE OF run;

-- name: merge_flow_run_labels
UPDATE flow_run SET labels = labels || %(labels)s::jsonb, updated = %(now)s::timestamptz
WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid;

-- name: delete_flow_run
-- States, tags and inputs go with it by foreign key; task runs and logs have none (they may come before their run).
WITH gone AS (
    DELETE FROM flow_run WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid RETURNING id, name
), tasks AS (
    DELETE FROM task_run WHERE workspace_id = %(workspace)s::uuid AND flow_run_id IN (SELECT id FROM gone)
), lines AS (
    DELETE FROM log WHERE workspace_id = %(workspace)s::uuid AND flow_run_id IN (SELECT id FROM gone)
), slots AS (
    DELETE FROM concurrency_lease WHERE workspace_id = %(workspace)s::uuid AND holder_id IN (SELECT id FROM gone)
)
SELECT coalesce(name, '') FROM gone;

-- name: read_flow_run_states
SELECT id, type, name, "timestamp", message, data, state_details FROM flow_run_state
WHERE workspace_id = %(workspace)s::uuid AND flow_run_id = %(run)s::uuid ORDER BY "timestamp";

-- name: read_flow_run_state
SELECT id, type, name, "timestamp", message, data, state_details FROM flow_run_state
WHERE workspace_id = %(workspace)s::uuid AND id = %(state)s::uuid;

-- name: find_work_pool
-- A pool by name with the named queue, or with its default queue when none is named.
SELECT pool.id AS pool_id, pool.type AS pool_type, queue.id AS queue_id, queue.name AS queue_name
FROM work_pool AS pool
LEFT JOIN work_queue AS queue ON queue.workspace_id = pool.workspace_id AND queue.work_pool_id = pool.id
    AND (queue.name = %(queue)s::text OR (%(queue)s::text IS NULL AND queue.id = pool.default_queue_id))
WHERE pool.workspace_id = %(workspace)s::uuid AND pool.name = %(pool)s::text;
