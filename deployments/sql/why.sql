-- name: read_why_facts
-- All that can hold a run up, in one row. Read when somebody asks about one run, and only then.
-- Limits count as the poll counts them (see poll_work_pool), so both tell the same story.
-- Counts on the indexes flow_run_due, flow_run_holding, flow_run_by_deployment, concurrency_lease_of_limit.
WITH run AS (
    SELECT run.*, coalesce(run.next_scheduled_start_time, run.expected_start_time) AS due
    FROM flow_run AS run WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(id)s::uuid
), due AS (
    SELECT waiting.id, waiting.work_queue_id, waiting.next_scheduled_start_time AS due, queue.priority, queue.name AS queue_name
    FROM run
    JOIN work_queue AS own ON own.workspace_id = run.workspace_id AND own.id = run.work_queue_id
    JOIN work_queue AS queue ON queue.workspace_id = own.workspace_id AND queue.work_pool_id = own.work_pool_id
    JOIN flow_run AS waiting ON waiting.workspace_id = queue.workspace_id AND waiting.work_queue_id = queue.id
    WHERE waiting.state_type = 'SCHEDULED' AND NOT queue.is_paused
        AND (waiting.next_scheduled_start_time <= %(now)s::timestamptz + interval '10 seconds' OR waiting.id = run.id)
), online AS (
    SELECT worker.work_pool_id, count(*)::int AS workers
    FROM worker
    WHERE worker.workspace_id = %(workspace)s::uuid AND worker.last_heartbeat_time > %(now)s::timestamptz
        - 3 * coalesce(worker.heartbeat_interval_seconds, 30) * interval '1 second'
    GROUP BY worker.work_pool_id
)
SELECT run.id, run.state_type, run.state_name, run.state_timestamp, state.message AS state_message,
    (state.state_details ->> 'pause_timeout')::timestamptz AS pause_timeout, run.due, run.run_count,
    CASE WHEN jsonb_typeof(run.empirical_policy -> 'retries') = 'number'
        THEN (run.empirical_policy ->> 'retries')::int END AS retries,
    deployment.id AS deployment_id, deployment.name AS deployment_name, deployment.paused AS deployment_paused,
    deployment.last_polled AS deployment_polled, deployment.paused_since AS deployment_paused_since,
    schedule.id AS schedule_id, schedule.slug AS schedule_name, schedule.active AS schedule_active,
    limits."limit", coalesce(limits.active_slots + held.slots, 0)::int AS limit_taken,
    holder.id AS holder_id, holder.name AS holder_name, holder.since AS holder_since,
    coalesce(siblings.ahead, 0) AS deployment_ahead, coalesce(siblings.waiting, 0) AS deployment_waiting,
    queue.id AS queue_id, coalesce(queue.name, run.work_queue_name) AS queue_name, queue.is_paused AS queue_paused,
    queue.paused_since AS queue_paused_since, queue.paused_by AS queue_paused_by, queue.last_polled AS queue_polled,
    (SELECT array_agg(looked.name ORDER BY looked.name) FROM work_queue AS looked
        WHERE looked.workspace_id = pool.workspace_id AND looked.work_pool_id = pool.id
            AND looked.last_polled > %(now)s::timestamptz - interval '60 seconds') AS polled_queues,
    queue.concurrency_limit AS queue_limit,
    (SELECT count(*)::int FROM flow_run AS holding
        WHERE holding.workspace_id = queue.workspace_id AND holding.work_queue_id = queue.id
            AND holding.state_type IN ('PENDING', 'RUNNING')) AS queue_taken,
    (SELECT count(*)::int FROM due WHERE due.work_queue_id = queue.id AND (due.due, due.id) < (run.due, run.id)) AS queue_ahead,
    (SELECT count(*)::int FROM due WHERE due.work_queue_id = queue.id) AS queue_waiting,
    pool.id AS pool_id, pool.name AS pool_name, pool.type AS pool_type, pool.is_paused AS pool_paused,
    pool.paused_since AS pool_paused_since, pool.paused_by AS pool_paused_by, pool.concurrency_limit AS pool_limit,
    (SELECT count(*)::int FROM work_queue AS any_queue
        JOIN flow_run AS holding ON holding.workspace_id = any_queue.workspace_id AND holding.work_queue_id = any_queue.id
        WHERE any_queue.workspace_id = pool.workspace_id AND any_queue.work_pool_id = pool.id AND NOT any_queue.is_paused
            AND holding.state_type IN ('PENDING', 'RUNNING')) AS pool_taken,
    (SELECT count(*)::int FROM due
        WHERE (due.priority, due.due, due.id) < (queue.priority, run.due, run.id)) AS pool_ahead,
    (SELECT count(*)::int FROM due) AS pool_waiting,
    first.work_queue_id AS first_queue_id, first.queue_name AS first_queue_name,
    coalesce(first.waiting, 0) AS first_queue_waiting,
    coalesce((SELECT online.workers FROM online WHERE online.work_pool_id = pool.id), 0) AS workers_online,
    refused.key_id AS refused_key_id, refused.key_name AS refused_key_name, refused.reason AS refused_reason,
    refused.refused_since, refused.address AS refused_address,
    latest.name AS worker_name, latest.last_heartbeat_time AS worker_seen,
    taker.id AS taker_id, taker.name AS taker_name, taker.last_heartbeat_time AS taker_seen,
    taker.last_heartbeat_time > %(now)s::timestamptz
        - 3 * coalesce(taker.heartbeat_interval_seconds, 30) * interval '1 second' AS taker_online,
    tagged.id AS tag_limit_id, tagged.tag, coalesce(tagged."limit", 0) AS tag_limit, coalesce(tagged.taken, 0) AS tag_taken,
    tagged.task_name AS tag_task_name, tagged.since AS tag_task_since,
    tag_holder.id AS tag_holder_id, tag_holder.name AS tag_holder_name,
    coalesce(other.workers, 0) AS other_workers, other.id AS other_pool_id, other.name AS other_pool_name,
    other.type AS other_pool_type
FROM run
LEFT JOIN flow_run_state AS state ON state.workspace_id = run.workspace_id AND state.id = run.state_id
LEFT JOIN deployment ON deployment.workspace_id = run.workspace_id AND deployment.id = run.deployment_id
LEFT JOIN concurrency_limit AS limits
    ON limits.workspace_id = deployment.workspace_id AND limits.id = deployment.concurrency_limit_id AND limits.active
LEFT JOIN LATERAL (
    SELECT coalesce(sum(lease.slots), 0) AS slots FROM concurrency_lease AS lease
    WHERE lease.workspace_id = limits.workspace_id AND lease.concurrency_limit_id = limits.id
        AND (lease.expires IS NULL OR lease.expires > %(now)s::timestamptz)
) AS held ON limits.id IS NOT NULL
LEFT JOIN LATERAL (
    -- The longest holder; where the lease went over to the client it says who holds it no more, but the run does.
    SELECT holding.id, holding.name, holding.state_timestamp AS since FROM flow_run AS holding
    WHERE holding.workspace_id = deployment.workspace_id AND holding.deployment_id = deployment.id
        AND holding.state_type IN ('PENDING', 'RUNNING', 'CANCELLING')
    ORDER BY holding.state_timestamp, holding.id LIMIT 1
) AS holder ON limits.id IS NOT NULL
LEFT JOIN LATERAL (
    SELECT count(*)::int AS waiting,
        (count(*) FILTER (WHERE (waiting.next_scheduled_start_time, waiting.id) < (run.due, run.id)))::int AS ahead
    FROM flow_run AS waiting
    WHERE waiting.workspace_id = deployment.workspace_id AND waiting.deployment_id = deployment.id
        AND waiting.state_type = 'SCHEDULED' AND (waiting.id = run.id OR waiting.state_name = 'AwaitingConcurrencySlot'
            OR waiting.next_scheduled_start_time <= %(now)s::timestamptz + interval '10 seconds')
) AS siblings ON limits.id IS NOT NULL
LEFT JOIN work_queue AS queue ON queue.workspace_id = run.workspace_id AND queue.id = run.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
LEFT JOIN deployment_schedule AS schedule
    ON schedule.workspace_id = run.workspace_id AND run.created_by ->> 'type' = 'SCHEDULE'
        AND schedule.id = (run.created_by ->> 'id')::uuid
-- Who took the run says so in its labels.
LEFT JOIN worker AS taker ON taker.workspace_id = pool.workspace_id AND taker.work_pool_id = pool.id
    AND taker.name = run.labels ->> 'prefect.worker.name'
LEFT JOIN LATERAL (
    -- A task of a running run that waits for a slot of one of its tags: the one that has waited longest.
    SELECT tag_limit.id, tag.tag, tag_limit."limit", (tag_limit.active_slots + leased.slots)::int AS taken,
        task.name AS task_name, task.state_timestamp AS since
    FROM task_run AS task
    JOIN task_run_tag AS tag ON tag.workspace_id = task.workspace_id AND tag.task_run_id = task.id
    JOIN concurrency_limit AS tag_limit
        ON tag_limit.workspace_id = tag.workspace_id AND tag_limit.name = 'tag:' || tag.tag AND tag_limit.active
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(lease.slots), 0) AS slots FROM concurrency_lease AS lease
        WHERE lease.workspace_id = tag_limit.workspace_id AND lease.concurrency_limit_id = tag_limit.id
            AND (lease.expires IS NULL OR lease.expires > %(now)s::timestamptz)
    ) AS leased
    WHERE task.workspace_id = run.workspace_id AND task.flow_run_id = run.id AND run.state_type = 'RUNNING'
        AND task.state_type IN ('SCHEDULED', 'PENDING') AND tag_limit.active_slots + leased.slots >= tag_limit."limit"
    ORDER BY task.state_timestamp, task.id LIMIT 1
) AS tagged ON true
LEFT JOIN LATERAL (
    SELECT holding.id, holding.name FROM concurrency_lease AS lease
    JOIN task_run AS holding ON holding.workspace_id = lease.workspace_id AND holding.id = lease.holder_id
    WHERE lease.workspace_id = run.workspace_id AND lease.concurrency_limit_id = tagged.id
    ORDER BY lease.id LIMIT 1
) AS tag_holder ON true
LEFT JOIN LATERAL (
    SELECT due.work_queue_id, due.queue_name, count(*)::int AS waiting FROM due WHERE due.priority < queue.priority
    GROUP BY due.work_queue_id, due.queue_name, due.priority ORDER BY due.priority, due.queue_name LIMIT 1
) AS first ON true
LEFT JOIN LATERAL (
    -- A worker polls every ten seconds or so: who is silent for longer than two minutes does not try any more.
    SELECT refused_key.key_id, refused_key.key_name, refused_key.reason, refused_key.refused_since, refused_key.address
    FROM refused_key
    WHERE refused_key.workspace_id = pool.workspace_id AND refused_key.pool = pool.name
        AND refused_key.last > %(now)s::timestamptz - interval '2 minutes'
    ORDER BY refused_key.last DESC LIMIT 1
) AS refused ON true
LEFT JOIN LATERAL (
    SELECT worker.name, worker.last_heartbeat_time FROM worker
    WHERE worker.workspace_id = pool.workspace_id AND worker.work_pool_id = pool.id
    ORDER BY worker.last_heartbeat_time DESC NULLS LAST LIMIT 1
) AS latest ON true
LEFT JOIN LATERAL (
    SELECT elsewhere.id, elsewhere.name, elsewhere.type, online.workers
    FROM online JOIN work_pool AS elsewhere ON elsewhere.workspace_id = pool.workspace_id AND elsewhere.id = online.work_pool_id
    WHERE elsewhere.id <> pool.id AND elsewhere.type <> pool.type
    ORDER BY online.workers DESC, elsewhere.name LIMIT 1
) AS other ON true;
