-- How the slots of a pool and of a queue are taken. Index flow_run_holding.

-- name: read_pool_slots
-- The queues of a pool by priority, each with as many of its runs as are wanted.
SELECT queue.id AS queue_id, queue.name AS queue_name, queue.concurrency_limit, held.slots AS active_slots,
    held.slots AS flow_run_count, coalesce(shown.flow_runs, '[]'::jsonb) AS flow_runs
FROM work_queue AS queue
CROSS JOIN LATERAL (
    SELECT count(*)::int AS slots FROM flow_run AS run
    WHERE run.workspace_id = queue.workspace_id AND run.work_queue_id = queue.id AND run.state_type IN ('PENDING', 'RUNNING')
) AS held
CROSS JOIN LATERAL (
    SELECT jsonb_agg(to_jsonb(holder) ORDER BY holder.id) AS flow_runs FROM (
        SELECT run.id, run.name, run.state_type, run.state_name, run.start_time, run.state_timestamp,
            greatest(0, extract(epoch FROM %(now)s::timestamptz - run.state_timestamp))::float8 AS time_in_current_state
        FROM flow_run AS run
        WHERE run.workspace_id = queue.workspace_id AND run.work_queue_id = queue.id
            AND run.state_type IN ('PENDING', 'RUNNING')
        ORDER BY run.id LIMIT %(flow_runs)s::int
    ) AS holder
) AS shown
WHERE queue.workspace_id = %(workspace)s::uuid AND queue.work_pool_id = %(pool)s::uuid
ORDER BY queue.priority LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_pool_slots
SELECT count(*)::int FROM work_queue AS queue
JOIN flow_run AS run ON run.workspace_id = queue.workspace_id AND run.work_queue_id = queue.id
WHERE queue.workspace_id = %(workspace)s::uuid AND queue.work_pool_id = %(pool)s::uuid
    AND run.state_type IN ('PENDING', 'RUNNING');

-- name: read_slot_holders
-- Of one queue; what is being cancelled counts here.
SELECT run.id, run.name, run.state_type, run.state_name, run.start_time, run.state_timestamp,
    greatest(0, extract(epoch FROM %(now)s::timestamptz - run.state_timestamp))::float8 AS time_in_current_state
FROM flow_run AS run
WHERE run.workspace_id = %(workspace)s::uuid AND run.work_queue_id = %(queue)s::uuid
    AND run.state_type IN ('PENDING', 'RUNNING', 'CANCELLING')
ORDER BY run.id LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_slot_holders
SELECT count(*)::int FROM flow_run AS run
WHERE run.workspace_id = %(workspace)s::uuid AND run.work_queue_id = %(queue)s::uuid
    AND run.state_type IN ('PENDING', 'RUNNING', 'CANCELLING');
