-- name: poll_work_pool
-- What a worker may start now: due runs by the priority of their queues, within the free slots of queue and pool, and of
-- their deployments (a deployment at its limit stands in nobody's way; with CANCEL_NEW its runs do go out, to be cancelled).
--
-- One row at least if the pool exists, so that `queue_names` tells which queues there are.
-- Nothing is reserved, hence no row lock on runs: two workers may see the same run, and the claim is the transition to
-- PENDING, which only one of them gets. Skipping what another poll looks at would hide runs without protecting them.
-- Writes at most once in five seconds a queue (`last_polled`), and passes over a queue that another poll is writing.
-- Counts on the indexes flow_run_due, flow_run_holding, flow_run_by_deployment, deployment_limited,
-- concurrency_lease_of_limit.
WITH pool AS (
    SELECT id, is_paused, concurrency_limit FROM work_pool
    WHERE workspace_id = %(workspace)s::uuid AND name = %(pool)s::text
), queues AS MATERIALIZED (
    SELECT queue.id, queue.name, queue.priority, queue.is_paused, queue.status,
        CASE WHEN queue.concurrency_limit IS NOT NULL THEN greatest(0, queue.concurrency_limit - (
            SELECT count(*) FROM flow_run AS holding
            WHERE holding.workspace_id = queue.workspace_id AND holding.work_queue_id = queue.id
                AND holding.state_type IN ('PENDING', 'RUNNING'))) END AS free
    FROM pool JOIN work_queue AS queue ON queue.workspace_id = %(workspace)s::uuid AND queue.work_pool_id = pool.id
    WHERE %(names)s::text[] IS NULL OR queue.name = ANY (%(names)s::text[])
), room AS (
    SELECT CASE WHEN pool.concurrency_limit IS NOT NULL THEN greatest(0, pool.concurrency_limit - (
            SELECT count(*) FROM work_queue AS queue
            JOIN flow_run AS holding ON holding.workspace_id = queue.workspace_id AND holding.work_queue_id = queue.id
            WHERE queue.workspace_id = %(workspace)s::uuid AND queue.work_pool_id = pool.id AND NOT queue.is_paused
                AND holding.state_type IN ('PENDING', 'RUNNING'))) END AS free
    FROM pool
), limited AS MATERIALIZED (
    SELECT deployment.id, greatest(0, limits."limit" - limits.active_slots - coalesce((
            SELECT sum(lease.slots) FROM concurrency_lease AS lease
            WHERE lease.workspace_id = limits.workspace_id AND lease.concurrency_limit_id = limits.id
                AND (lease.expires IS NULL OR lease.expires > %(now)s::timestamptz)), 0)) AS free
    FROM deployment
    JOIN concurrency_limit AS limits
        ON limits.workspace_id = deployment.workspace_id AND limits.id = deployment.concurrency_limit_id
    WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.concurrency_limit_id IS NOT NULL AND limits.active
        AND coalesce(deployment.concurrency_options ->> 'collision_strategy', 'ENQUEUE') = 'ENQUEUE'
), due AS (
    -- Runs that share no deployment's slots: the first ones of each queue.
    SELECT run.id, run.work_queue_id, run.next_scheduled_start_time, queues.priority, queues.free AS queue_free
    FROM pool, queues, LATERAL (
        SELECT candidate.id, candidate.work_queue_id, candidate.next_scheduled_start_time
        FROM flow_run AS candidate
        WHERE candidate.workspace_id = %(workspace)s::uuid AND candidate.work_queue_id = queues.id
            AND candidate.state_type = 'SCHEDULED'
            AND candidate.next_scheduled_start_time <= coalesce(%(before)s::timestamptz, 'infinity')
            AND (%(after)s::timestamptz IS NULL OR candidate.next_scheduled_start_time >= %(after)s::timestamptz)
            AND coalesce(candidate.empirical_policy ->> 'retry_type', '') <> 'in_process'
            AND NOT EXISTS (SELECT 1 FROM limited WHERE limited.id = candidate.deployment_id)
        ORDER BY candidate.next_scheduled_start_time
        LIMIT %(limit)s::int
    ) AS run
    WHERE NOT pool.is_paused AND NOT queues.is_paused AND (queues.free IS NULL OR queues.free > 0)
    UNION ALL
    -- And as many of each limited deployment as it has slots free.
    SELECT run.id, run.work_queue_id, run.next_scheduled_start_time, run.priority, run.queue_free
    FROM pool, limited, LATERAL (
        SELECT candidate.id, candidate.work_queue_id, candidate.next_scheduled_start_time, queues.priority,
            queues.free AS queue_free
        FROM flow_run AS candidate JOIN queues ON queues.id = candidate.work_queue_id
        WHERE candidate.workspace_id = %(workspace)s::uuid AND candidate.deployment_id = limited.id
            AND candidate.state_type = 'SCHEDULED'
            AND candidate.next_scheduled_start_time <= coalesce(%(before)s::timestamptz, 'infinity')
            AND (%(after)s::timestamptz IS NULL OR candidate.next_scheduled_start_time >= %(after)s::timestamptz)
            AND coalesce(candidate.empirical_policy ->> 'retry_type', '') <> 'in_process'
            AND NOT queues.is_paused AND (queues.free IS NULL OR queues.free > 0)
        ORDER BY queues.priority, candidate.next_scheduled_start_time
        LIMIT least(limited.free, %(limit)s::bigint)
    ) AS run
    WHERE NOT pool.is_paused AND limited.free > 0
), within_queue AS (
    SELECT *, row_number() OVER (PARTITION BY work_queue_id ORDER BY next_scheduled_start_time) AS in_queue FROM due
), startable AS (
    SELECT id, work_queue_id, row_number() OVER (ORDER BY priority, next_scheduled_start_time) AS position
    FROM within_queue WHERE in_queue <= least(queue_free, %(limit)s::bigint)
    ORDER BY priority, next_scheduled_start_time
    LIMIT least((SELECT free FROM room), %(limit)s::bigint)
), unseen AS (
    SELECT work_queue.id FROM work_queue JOIN queues ON queues.id = work_queue.id
    WHERE work_queue.workspace_id = %(workspace)s::uuid AND (
        work_queue.last_polled IS NULL OR work_queue.last_polled < %(now)s::timestamptz - interval '5 seconds'
        OR work_queue.status = 'NOT_READY')
    FOR NO KEY UPDATE OF work_queue SKIP LOCKED
), seen AS (
    UPDATE work_queue SET last_polled = %(now)s::timestamptz,
        status = CASE WHEN status = 'NOT_READY' THEN 'READY' ELSE status END
    FROM unseen WHERE work_queue.workspace_id = %(workspace)s::uuid AND work_queue.id = unseen.id
    RETURNING work_queue.id
)
SELECT pool.id AS pool_id,
    (SELECT array_agg(queues.name) FROM queues) AS queue_names,
    (SELECT array_agg(seen.id) FROM seen JOIN queues ON queues.id = seen.id WHERE queues.status = 'NOT_READY') AS awoken,
    startable.work_queue_id AS queue_id,
    run.id, run.created, run.updated, run.name, run.flow_id, run.state_id, run.deployment_id, run.deployment_version,
    run.work_queue_id, run.work_queue_name, run.flow_version, run.parameters, run.idempotency_key, run.context,
    run.empirical_policy, run.tags, run.labels, run.parent_task_run_id, run.state_type, run.state_name, run.run_count,
    run.expected_start_time, run.next_scheduled_start_time, run.start_time, run.end_time, run.total_run_time,
    run.total_run_time AS estimated_run_time,
    greatest(0, extract(epoch FROM %(now)s::timestamptz - run.expected_start_time))::float8 AS estimated_start_time_delta,
    run.auto_scheduled, run.infrastructure_document_id, run.infrastructure_pid, run.created_by,
    coalesce(run.job_variables, '{}'::jsonb) AS job_variables
FROM pool
LEFT JOIN (startable JOIN flow_run AS run ON run.workspace_id = %(workspace)s::uuid AND run.id = startable.id) ON true
ORDER BY startable.position;

-- name: find_due_of_deployments
-- The poll of `flow.serve`: due runs of some deployments, soonest first. The deployments are marked as polled, at most once
-- in five seconds each. Nothing is reserved, as above.
WITH unseen AS (
    SELECT id FROM deployment
    WHERE workspace_id = %(workspace)s::uuid AND id = ANY (%(deployments)s::uuid[])
        AND (last_polled IS NULL OR last_polled < %(now)s::timestamptz - interval '5 seconds' OR status = 'NOT_READY')
    FOR NO KEY UPDATE SKIP LOCKED
), seen AS (
    UPDATE deployment SET last_polled = %(now)s::timestamptz FROM unseen
    WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.id = unseen.id
)
SELECT id FROM flow_run
WHERE workspace_id = %(workspace)s::uuid AND deployment_id = ANY (%(deployments)s::uuid[]) AND state_type = 'SCHEDULED'
    AND next_scheduled_start_time <= coalesce(%(before)s::timestamptz, 'infinity')
ORDER BY next_scheduled_start_time LIMIT %(limit)s::int;

-- name: find_due_of_queue
-- A 2.x agent's poll: due runs that keep this queue's *name*, within the queue's slots. A queue with a filter of its own
-- takes the runs that fit that instead, whatever queue they name; such queues are few and old.
-- Counts on the index flow_run_by_state.
WITH queue AS MATERIALIZED (
    SELECT name, concurrency_limit, filter IS NOT NULL AS filtered,
        CASE WHEN jsonb_typeof(filter -> 'tags') = 'array' THEN filter -> 'tags' ELSE '[]' END AS tags,
        CASE WHEN jsonb_typeof(filter -> 'deployment_ids') = 'array' THEN filter -> 'deployment_ids' ELSE '[]' END
            AS deployments
    FROM work_queue
    WHERE workspace_id = %(workspace)s::uuid AND id = %(queue)s::uuid AND NOT is_paused
), mine AS (
    SELECT run.id, run.state_type, run.next_scheduled_start_time
    FROM queue JOIN flow_run AS run ON run.workspace_id = %(workspace)s::uuid AND run.work_queue_name = queue.name
    WHERE NOT queue.filtered AND run.state_type IN ('SCHEDULED', 'PENDING', 'RUNNING', 'CANCELLING')
    UNION ALL
    SELECT run.id, run.state_type, run.next_scheduled_start_time
    FROM queue JOIN flow_run AS run ON run.workspace_id = %(workspace)s::uuid
    WHERE queue.filtered AND run.state_type IN ('SCHEDULED', 'PENDING', 'RUNNING', 'CANCELLING')
        AND (queue.deployments = '[]' OR queue.deployments @> to_jsonb(run.deployment_id::text))
        AND NOT EXISTS (
            SELECT 1 FROM jsonb_array_elements_text(queue.tags) AS wanted
            WHERE NOT EXISTS (
                SELECT 1 FROM flow_run_tag AS worn
                WHERE worn.workspace_id = %(workspace)s::uuid AND worn.flow_run_id = run.id AND worn.tag = wanted))
)
SELECT id FROM mine
WHERE state_type = 'SCHEDULED' AND next_scheduled_start_time <= coalesce(%(before)s::timestamptz, 'infinity')
ORDER BY next_scheduled_start_time
LIMIT least(%(limit)s::bigint, (
    SELECT greatest(0, queue.concurrency_limit - (SELECT count(*) FROM mine WHERE state_type <> 'SCHEDULED'))
    FROM queue WHERE queue.concurrency_limit IS NOT NULL));
