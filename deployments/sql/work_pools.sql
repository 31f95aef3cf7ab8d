-- name: read_work_pools
-- Pools in wire shape; slots are counted only where there is a limit.
SELECT work_pool.id, work_pool.created, work_pool.updated, work_pool.name, work_pool.description, work_pool.type,
    work_pool.base_job_template, work_pool.is_paused, work_pool.concurrency_limit, work_pool.status,
    work_pool.default_queue_id, work_pool.storage_configuration,
    CASE WHEN work_pool.concurrency_limit IS NOT NULL THEN (
        SELECT count(*) FROM work_queue AS queue
        JOIN flow_run AS run ON run.workspace_id = queue.workspace_id AND run.work_queue_id = queue.id
        WHERE queue.workspace_id = work_pool.workspace_id AND queue.work_pool_id = work_pool.id
            AND run.state_type IN ('PENDING', 'RUNNING')) END AS active_slots
FROM work_pool WHERE /*where*/ ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_work_pools
SELECT count(*) FROM work_pool WHERE /*where*/;

-- name: create_work_pool
-- A pool and its first queue. No row comes back when the name is taken.
WITH made AS (
    INSERT INTO work_pool (id, workspace_id, created, updated, name, description, type, base_job_template, is_paused,
        paused_since, concurrency_limit, storage_configuration, status, default_queue_id, secrets)
    VALUES (%(id)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz, %(name)s::text,
        %(description)s::text, %(type)s::text, %(template)s::text::json, %(is_paused)s::bool, CASE WHEN %(is_paused)s::bool THEN %(now)s::timestamptz END, %(concurrency_limit)s::int,
        %(storage)s::jsonb, %(status)s::text, %(queue)s::uuid, %(secrets)s::bytea)
    ON CONFLICT (workspace_id, name) DO NOTHING RETURNING id
)
INSERT INTO work_queue (id, workspace_id, created, updated, work_pool_id, name, description, is_paused, priority, status)
SELECT %(queue)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz, made.id, 'default',
    'The work pool''s default queue.', false, 1, 'NOT_READY'
FROM made RETURNING work_pool_id;

-- name: read_work_queues
-- Queues in wire shape with their pool; slots are counted only where there is a limit.
SELECT work_queue.id, work_queue.created, work_queue.updated, work_queue.name, work_queue.description,
    work_queue.is_paused, work_queue.concurrency_limit, work_queue.priority, work_queue.work_pool_id, work_queue.filter,
    work_queue.last_polled, pool.name AS work_pool_name, work_queue.status,
    CASE WHEN work_queue.concurrency_limit IS NOT NULL THEN (
        SELECT count(*) FROM flow_run AS run
        WHERE run.workspace_id = work_queue.workspace_id AND run.work_queue_id = work_queue.id
            AND run.state_type IN ('PENDING', 'RUNNING')) END AS active_slots
FROM work_queue
JOIN work_pool AS pool ON pool.workspace_id = work_queue.workspace_id AND pool.id = work_queue.work_pool_id
WHERE /*where*/ AND (%(pool)s::uuid IS NULL OR work_queue.work_pool_id = %(pool)s::uuid)
    AND (%(name)s::text IS NULL OR work_queue.name = %(name)s::text)
    AND (%(queue)s::uuid IS NULL OR work_queue.id = %(queue)s::uuid)
ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_late_runs
SELECT count(*) FROM flow_run
WHERE workspace_id = %(workspace)s::uuid AND work_queue_name = %(name)s::text AND state_type = 'SCHEDULED' AND state_name = 'Late';

-- name: upsert_worker
-- A heartbeat. The worker's id is kept; what it told of itself stays until it tells something else.
INSERT INTO worker (id, workspace_id, created, updated, work_pool_id, name, last_heartbeat_time,
    heartbeat_interval_seconds, status, client_version, metadata_)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz, %(pool)s::uuid, %(name)s::text,
    %(now)s::timestamptz, %(interval)s::int, 'ONLINE', %(version)s::text, %(metadata)s::jsonb)
ON CONFLICT (workspace_id, work_pool_id, name) DO UPDATE SET
    last_heartbeat_time = excluded.last_heartbeat_time, updated = excluded.updated, status = 'ONLINE',
    heartbeat_interval_seconds = coalesce(excluded.heartbeat_interval_seconds, worker.heartbeat_interval_seconds),
    client_version = coalesce(excluded.client_version, worker.client_version),
    metadata_ = coalesce(excluded.metadata_, worker.metadata_)
RETURNING id;

-- name: read_workers
-- The status is what the last heartbeat says now; the stored one lags behind and is what filters compare.
SELECT worker.id, worker.created, worker.updated, worker.name, worker.work_pool_id, worker.last_heartbeat_time,
    worker.heartbeat_interval_seconds,
    CASE WHEN worker.last_heartbeat_time > %(now)s::timestamptz
        - 3 * coalesce(worker.heartbeat_interval_seconds, 30) * interval '1 second' THEN 'ONLINE' ELSE 'OFFLINE' END AS status
FROM worker WHERE /*where*/ AND worker.work_pool_id = %(pool)s::uuid
ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;
