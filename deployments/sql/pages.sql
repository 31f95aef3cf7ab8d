-- What the pages of deployments, work pools and workers show. A worker is online while it missed fewer than three heartbeats.

-- name: read_deployment_rows
-- Deployments by flow and name, each with its schedules, its last and its next run and where it runs.
SELECT deployment.id, deployment.name, deployment.flow_id, flow.name AS flow_name, deployment.paused, deployment.tags,
    deployment.last_polled, pool.name AS work_pool_name, pool.is_paused AS pool_paused, queue.is_paused AS queue_paused,
    (SELECT count(*)::int FROM worker WHERE worker.workspace_id = pool.workspace_id AND worker.work_pool_id = pool.id
        AND worker.last_heartbeat_time > %(now)s::timestamptz
            - 3 * coalesce(worker.heartbeat_interval_seconds, 30) * interval '1 second') AS workers_online,
    (SELECT jsonb_agg(jsonb_build_object('schedule', schedule.schedule, 'active', schedule.active) ORDER BY schedule.created, schedule.id)
        FROM deployment_schedule AS schedule
        WHERE schedule.workspace_id = deployment.workspace_id AND schedule.deployment_id = deployment.id) AS schedules,
    last.id AS last_id, last.name AS last_name, last.state_type AS last_type, last.state_name AS last_state,
    last.expected_start_time AS last_time,
    (SELECT min(run.expected_start_time) FROM flow_run AS run WHERE run.workspace_id = deployment.workspace_id
        AND run.deployment_id = deployment.id AND run.state_type = 'SCHEDULED'
        AND run.expected_start_time > %(now)s::timestamptz) AS next_time
FROM deployment
JOIN flow ON flow.workspace_id = deployment.workspace_id AND flow.id = deployment.flow_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = deployment.workspace_id AND queue.id = deployment.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
LEFT JOIN LATERAL (
    SELECT run.id, run.name, run.state_type, run.state_name, run.expected_start_time FROM flow_run AS run
    WHERE run.workspace_id = deployment.workspace_id AND run.deployment_id = deployment.id
        AND (run.state_type <> 'SCHEDULED' OR run.expected_start_time <= %(now)s::timestamptz)
    ORDER BY run.expected_start_time DESC LIMIT 1
) AS last ON true
WHERE deployment.workspace_id = %(workspace)s::uuid
    AND (%(q)s::text IS NULL OR strpos(lower(flow.name || ' / ' || deployment.name), lower(%(q)s::text)) > 0)
    AND (%(tag)s::text IS NULL OR EXISTS (SELECT 1 FROM deployment_tag WHERE deployment_tag.workspace_id = deployment.workspace_id
        AND deployment_tag.deployment_id = deployment.id AND deployment_tag.tag = %(tag)s::text))
    AND (%(pool)s::text IS NULL OR pool.name = %(pool)s::text)
    AND (%(after_flow)s::text IS NULL OR (flow.name, deployment.name) > (%(after_flow)s::text, %(after_name)s::text))
ORDER BY flow.name, deployment.name LIMIT %(limit)s::int;

-- name: read_deployment_page
SELECT deployment.id, deployment.created, deployment.updated, deployment.name, deployment.flow_id, flow.name AS flow_name,
    deployment.version, deployment.description, deployment.paused, deployment.tags, deployment.last_polled,
    deployment.parameters, deployment.parameter_openapi_schema, deployment.entrypoint, deployment.path,
    deployment.job_variables, deployment.concurrency_options, deployment.enforce_parameter_schema,
    pool.base_job_template, concurrency_limit."limit" AS slots,
    coalesce(queue.name, deployment.work_queue_name) AS work_queue_name, queue.is_paused AS queue_paused,
    pool.name AS work_pool_name, pool.type AS work_pool_type, pool.is_paused AS pool_paused,
    (SELECT count(*)::int FROM worker WHERE worker.workspace_id = pool.workspace_id AND worker.work_pool_id = pool.id
        AND worker.last_heartbeat_time > %(now)s::timestamptz
            - 3 * coalesce(worker.heartbeat_interval_seconds, 30) * interval '1 second') AS workers_online
FROM deployment
JOIN flow ON flow.workspace_id = deployment.workspace_id AND flow.id = deployment.flow_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = deployment.workspace_id AND queue.id = deployment.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
LEFT JOIN concurrency_limit ON concurrency_limit.workspace_id = deployment.workspace_id
    AND concurrency_limit.id = deployment.concurrency_limit_id
WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.id = %(deployment)s::uuid;

-- name: read_page_schedules
SELECT schedule.id, schedule.schedule, schedule.active, schedule.slug, schedule.parameters FROM deployment_schedule AS schedule
WHERE schedule.workspace_id = %(workspace)s::uuid AND schedule.deployment_id = %(deployment)s::uuid
ORDER BY schedule.created, schedule.id;

-- name: read_pool_rows
-- Work pools by name (or one of them), with who polls them and what waits and runs there; by flow_run_due and flow_run_holding.
SELECT pool.id, pool.name, pool.type, pool.description, pool.is_paused, pool.concurrency_limit, pool.created,
    workers.total AS workers, workers.online AS workers_online, workers.seen AS worker_seen,
    coalesce(waiting.runs, 0)::int AS waiting, waiting.oldest, coalesce(holding.runs, 0)::int AS running
FROM work_pool AS pool
CROSS JOIN LATERAL (
    SELECT count(*)::int AS total, max(worker.last_heartbeat_time) AS seen,
        (count(*) FILTER (WHERE worker.last_heartbeat_time > %(now)s::timestamptz
            - 3 * coalesce(worker.heartbeat_interval_seconds, 30) * interval '1 second'))::int AS online
    FROM worker WHERE worker.workspace_id = pool.workspace_id AND worker.work_pool_id = pool.id
) AS workers
LEFT JOIN LATERAL (
    SELECT count(*) AS runs, min(run.next_scheduled_start_time) AS oldest
    FROM work_queue AS queue JOIN flow_run AS run ON run.workspace_id = queue.workspace_id AND run.work_queue_id = queue.id
    WHERE queue.workspace_id = pool.workspace_id AND queue.work_pool_id = pool.id AND run.state_type = 'SCHEDULED'
        AND run.next_scheduled_start_time <= %(now)s::timestamptz
) AS waiting ON true
LEFT JOIN LATERAL (
    SELECT count(*) AS runs
    FROM work_queue AS queue JOIN flow_run AS run ON run.workspace_id = queue.workspace_id AND run.work_queue_id = queue.id
    WHERE queue.workspace_id = pool.workspace_id AND queue.work_pool_id = pool.id
        AND run.state_type IN ('PENDING', 'RUNNING', 'CANCELLING')
) AS holding ON true
WHERE pool.workspace_id = %(workspace)s::uuid AND (%(name)s::text IS NULL OR pool.name = %(name)s::text)
ORDER BY pool.name LIMIT 500;

-- name: read_queue_rows
SELECT queue.id, queue.name, queue.priority, queue.is_paused, queue.concurrency_limit, queue.last_polled,
    (SELECT count(*)::int FROM flow_run AS run WHERE run.workspace_id = queue.workspace_id AND run.work_queue_id = queue.id
        AND run.state_type = 'SCHEDULED' AND run.next_scheduled_start_time <= %(now)s::timestamptz) AS waiting,
    (SELECT count(*)::int FROM flow_run AS run WHERE run.workspace_id = queue.workspace_id AND run.work_queue_id = queue.id
        AND run.state_type IN ('PENDING', 'RUNNING', 'CANCELLING')) AS running
FROM work_queue AS queue
WHERE queue.workspace_id = %(workspace)s::uuid AND queue.work_pool_id = %(pool)s::uuid
ORDER BY queue.priority, queue.name LIMIT 500;

-- name: read_worker_rows
-- Workers of one pool or of all, those that were seen last first.
SELECT worker.id, worker.name, worker.last_heartbeat_time, worker.heartbeat_interval_seconds, worker.client_version,
    worker.address, worker.created, pool.name AS work_pool_name, pool.type AS work_pool_type
FROM worker
JOIN work_pool AS pool ON pool.workspace_id = worker.workspace_id AND pool.id = worker.work_pool_id
WHERE worker.workspace_id = %(workspace)s::uuid AND (%(pool)s::uuid IS NULL OR worker.work_pool_id = %(pool)s::uuid)
ORDER BY worker.last_heartbeat_time DESC NULLS LAST, worker.name LIMIT 500;
