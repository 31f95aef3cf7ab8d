-- name: lock_flow_run
-- Everything that a rule or the run's event may ask, in one row; the run is locked until the transaction ends.
-- NO KEY UPDATE: rows that refer to the run (states, inputs) may be inserted meanwhile.
-- Where the lock had to be waited for, the run is as it became meanwhile, but what is joined to it is as it was before:
-- its new state is not seen. `latest_state_id` tells, and the caller asks again (runs/services/locking.py).
SELECT run.id, run.flow_id, run.name, run.tags, run.deployment_id, run.empirical_policy, run.run_count, run.start_time,
    run.end_time, run.total_run_time, run.expected_start_time, run.next_scheduled_start_time, run.parent_task_run_id,
    run.infrastructure_pid, run.created_by, run.state_id AS latest_state_id,
    state.id AS state_id, state.type AS state_type, state.name AS state_name, state."timestamp" AS state_timestamp,
    state.message AS state_message, state.data AS state_data, state.state_details,
    state.asked AS state_asked, state.refusal AS state_refusal,
    flow.name AS flow_name, deployment.id IS NOT NULL AS deployment_exists, deployment.name AS deployment_name,
    deployment.concurrency_limit_id AS limit_id, deployment.concurrency_options,
    queue.id AS work_queue_id, queue.name AS work_queue_name,
    pool.id AS work_pool_id, pool.name AS work_pool_name, pool.type AS work_pool_type
FROM flow_run AS run
JOIN flow ON flow.workspace_id = run.workspace_id AND flow.id = run.flow_id
LEFT JOIN flow_run_state AS state ON state.workspace_id = run.workspace_id AND state.id = run.state_id
LEFT JOIN deployment ON deployment.workspace_id = run.workspace_id AND deployment.id = run.deployment_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = run.workspace_id AND queue.id = run.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = run.workspace_id AND pool.id = queue.work_pool_id
WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(run)s::uuid
FOR NO KEY UPDATE OF run;

-- name: commit_flow_run_transition
-- Append the state, point the run at it and say so: all or nothing.
WITH entered AS (
    INSERT INTO flow_run_state (id, workspace_id, created, flow_run_id, type, name, "timestamp", message, data, state_details,
        asked, refusal)
    VALUES (%(state)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(run)s::uuid, %(type)s::text, %(name)s::text,
        %(timestamp)s::timestamptz, %(message)s::text, %(data)s::jsonb, %(details)s::jsonb,
        %(asked)s::bytea, %(refusal)s::text)
), noted AS (
    INSERT INTO event (workspace_id, id, occurred, received, event, resource_id, resource, related, payload, follows)
    SELECT %(workspace)s::uuid, %(state)s::uuid, %(timestamp)s::timestamptz, %(now)s::timestamptz, %(event)s::text,
        %(resource_id)s::text, %(resource)s::jsonb, %(related)s::jsonb, %(payload)s::jsonb, %(follows)s::uuid
    WHERE %(event)s::text IS NOT NULL
)
UPDATE flow_run SET
    updated = %(now)s::timestamptz, state_id = %(state)s::uuid, state_type = %(type)s::text, state_name = %(name)s::text,
    state_timestamp = %(timestamp)s::timestamptz, run_count = %(run_count)s::int, start_time = %(start)s::timestamptz,
    end_time = %(end)s::timestamptz, total_run_time = %(total)s::float8, expected_start_time = %(expected)s::timestamptz,
    next_scheduled_start_time = %(next)s::timestamptz,
    empirical_policy = coalesce(%(policy)s::jsonb, empirical_policy)
WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid;

-- name: lock_task_run
-- Everything that a rule may ask about a task run, in one row; the task run is locked until the transaction ends.
SELECT task.id, task.flow_run_id, task.tags, task.empirical_policy, task.run_count, task.flow_run_run_count,
    task.start_time, task.end_time, task.total_run_time, task.expected_start_time, task.next_scheduled_start_time,
    task.state_id AS latest_state_id,
    state.id AS state_id, state.type AS state_type, state.name AS state_name, state."timestamp" AS state_timestamp,
    state.message AS state_message, state.data AS state_data, state.state_details,
    state.asked AS state_asked, state.refusal AS state_refusal,
    run.run_count AS parent_run_count, run.state_type AS parent_state_type, parent_state.state_details AS parent_details
FROM task_run AS task
LEFT JOIN task_run_state AS state ON state.workspace_id = task.workspace_id AND state.id = task.state_id
LEFT JOIN flow_run AS run ON run.workspace_id = task.workspace_id AND run.id = task.flow_run_id
LEFT JOIN flow_run_state AS parent_state ON parent_state.workspace_id = run.workspace_id AND parent_state.id = run.state_id
WHERE task.workspace_id = %(workspace)s::uuid AND task.id = %(run)s::uuid
FOR NO KEY UPDATE OF task;

-- name: commit_task_run_transition
-- Append the state and point the task run at it. REST transitions of task runs make no event.
WITH entered AS (
    INSERT INTO task_run_state (id, workspace_id, created, task_run_id, type, name, "timestamp", message, data, state_details,
        asked, refusal)
    VALUES (%(state)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(run)s::uuid, %(type)s::text, %(name)s::text,
        %(timestamp)s::timestamptz, %(message)s::text, %(data)s::jsonb, %(details)s::jsonb,
        %(asked)s::bytea, %(refusal)s::text)
)
UPDATE task_run SET
    updated = %(now)s::timestamptz, state_id = %(state)s::uuid, state_type = %(type)s::text, state_name = %(name)s::text,
    state_timestamp = %(timestamp)s::timestamptz, run_count = %(run_count)s::int, start_time = %(start)s::timestamptz,
    end_time = %(end)s::timestamptz, total_run_time = %(total)s::float8, expected_start_time = %(expected)s::timestamptz,
    next_scheduled_start_time = %(next)s::timestamptz,
    flow_run_run_count = coalesce(%(flow_run_run_count)s::int, flow_run_run_count)
WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid;

-- name: find_cached_state
-- The newest state of a cache key that has not expired.
SELECT state.message, state.data, state.state_details
FROM task_run_cache AS cache
JOIN task_run_state AS state ON state.workspace_id = cache.workspace_id AND state.id = cache.task_run_state_id
WHERE cache.workspace_id = %(workspace)s::uuid AND cache.cache_key = %(key)s::text
    AND (cache.cache_expiration IS NULL OR cache.cache_expiration > %(now)s::timestamptz)
ORDER BY cache.created DESC LIMIT 1;

-- name: insert_cached_state
INSERT INTO task_run_cache (id, workspace_id, created, cache_key, cache_expiration, task_run_state_id)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(key)s::text, %(expiration)s::timestamptz, %(state)s::uuid);
