-- What the first page of a workspace shows. Every statement names its workspace; none takes a lock.

-- name: count_runs
-- Bars of the histogram. Counts on flow_run_by_time.
SELECT floor(extract(epoch FROM run.expected_start_time - %(since)s::timestamptz) / %(step_seconds)s::float)::int AS bucket,
    run.state_type, run.state_name = 'Late' AS is_late, count(*) AS runs
FROM flow_run AS run
WHERE run.workspace_id = %(workspace)s::uuid
    AND run.expected_start_time >= %(since)s::timestamptz
    AND run.expected_start_time < %(until)s::timestamptz
    AND run.state_type IS NOT NULL
GROUP BY bucket, run.state_type, is_late

-- name: find_attention
-- Deployments (or flows, for runs without one) whose newest run in this time failed: one that went well since then
-- needs nobody. Runs inside other runs are left out, since their parent says it. Counts on flow_run_by_time.
WITH ended AS (
    SELECT run.id, run.name, run.flow_id, run.deployment_id, run.state_id, run.state_type, run.state_name,
        run.state_timestamp AS ended, coalesce(run.deployment_id, run.flow_id) AS work
    FROM flow_run AS run
    WHERE run.workspace_id = %(workspace)s::uuid
        AND run.expected_start_time >= %(since)s::timestamptz
        AND run.expected_start_time <= %(now)s::timestamptz
        AND run.state_type IN ('COMPLETED', 'FAILED', 'CRASHED')
        AND run.parent_task_run_id IS NULL
), newest AS (
    SELECT DISTINCT ON (work) *, count(*) FILTER (WHERE state_type <> 'COMPLETED') OVER (PARTITION BY work) AS failures
    FROM ended
    ORDER BY work, ended DESC
)
SELECT newest.id, newest.name, newest.state_type, newest.state_name, newest.ended, newest.failures,
    flow.name AS flow, deployment.name AS deployment, state.message
FROM newest
LEFT JOIN flow ON flow.workspace_id = %(workspace)s::uuid AND flow.id = newest.flow_id
LEFT JOIN deployment ON deployment.workspace_id = %(workspace)s::uuid AND deployment.id = newest.deployment_id
LEFT JOIN flow_run_state AS state ON state.workspace_id = %(workspace)s::uuid AND state.id = newest.state_id
WHERE newest.state_type <> 'COMPLETED'
ORDER BY newest.ended DESC
LIMIT 8

-- name: find_running
-- Counts on flow_run_by_state.
SELECT run.id, run.name, run.state_type, run.state_name, run.start_time, run.state_timestamp AS since,
    flow.name AS flow, deployment.name AS deployment, count(*) OVER () AS total
FROM flow_run AS run
LEFT JOIN flow ON flow.workspace_id = %(workspace)s::uuid AND flow.id = run.flow_id
LEFT JOIN deployment ON deployment.workspace_id = %(workspace)s::uuid AND deployment.id = run.deployment_id
WHERE run.workspace_id = %(workspace)s::uuid AND run.state_type IN ('PENDING', 'RUNNING', 'CANCELLING')
ORDER BY run.state_timestamp DESC
LIMIT 8

-- name: find_next
-- Counts on flow_run_by_state: what is late comes first.
SELECT run.id, run.name, run.state_type, run.state_name, run.next_scheduled_start_time AS due,
    flow.name AS flow, deployment.name AS deployment
FROM flow_run AS run
LEFT JOIN flow ON flow.workspace_id = %(workspace)s::uuid AND flow.id = run.flow_id
LEFT JOIN deployment ON deployment.workspace_id = %(workspace)s::uuid AND deployment.id = run.deployment_id
WHERE run.workspace_id = %(workspace)s::uuid AND run.state_type = 'SCHEDULED'
ORDER BY run.expected_start_time, run.id
LIMIT 10

-- name: read_pools
-- A worker is online until it missed three heartbeats; an agent is, while its queue is polled. Counts on
-- flow_run_holding and flow_run_due.
SELECT pool.name, pool.type, pool.is_paused, pool.concurrency_limit,
    crew.workers, crew.online, coalesce(load.is_polled, false) AS is_polled,
    coalesce(load.waiting, 0) AS waiting, coalesce(load.running, 0) AS running, load.oldest
FROM work_pool AS pool
CROSS JOIN LATERAL (
    SELECT count(*) AS workers, count(*) FILTER (
        WHERE worker.last_heartbeat_time
            > %(now)s::timestamptz - make_interval(secs => 3 * coalesce(worker.heartbeat_interval_seconds, 30))
    ) AS online
    FROM worker
    WHERE worker.workspace_id = %(workspace)s::uuid AND worker.work_pool_id = pool.id
) AS crew
CROSS JOIN LATERAL (
    SELECT bool_or(queue.last_polled > %(now)s::timestamptz - interval '60 seconds') AS is_polled,
        sum(runs.waiting)::int AS waiting, sum(runs.running)::int AS running, min(runs.oldest) AS oldest
    FROM work_queue AS queue
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE run.state_type = 'SCHEDULED') AS waiting,
            count(*) FILTER (WHERE run.state_type <> 'SCHEDULED') AS running,
            min(run.next_scheduled_start_time) FILTER (WHERE run.state_type = 'SCHEDULED') AS oldest
        FROM flow_run AS run
        WHERE run.workspace_id = %(workspace)s::uuid AND run.work_queue_id = queue.id
            AND (
                run.state_type IN ('PENDING', 'RUNNING', 'CANCELLING')
                OR run.state_type = 'SCHEDULED' AND run.next_scheduled_start_time <= %(now)s::timestamptz
            )
    ) AS runs
    WHERE queue.workspace_id = %(workspace)s::uuid AND queue.work_pool_id = pool.id
) AS load
WHERE pool.workspace_id = %(workspace)s::uuid
ORDER BY pool.name
LIMIT 50

-- name: count_deliveries
-- What became of the messages of a day. Uses notification_outbox_newest.
SELECT count(*) FILTER (WHERE delivered IS NOT NULL)::int AS sent,
    count(*) FILTER (WHERE dead IS NOT NULL AND attempts > 0)::int AS failed,
    count(*) FILTER (WHERE dead IS NOT NULL AND attempts = 0)::int AS not_sent,
    count(*) FILTER (WHERE delivered IS NULL AND dead IS NULL)::int AS waiting,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY latency_seconds) AS usual_seconds
FROM notification_outbox
WHERE workspace_id = %(workspace)s::uuid AND created >= %(since)s::timestamptz

-- name: read_progress
-- How far setting up has come, and how alerts do. The first run is one whose code ran.
SELECT first_run.id AS run_id, first_run.name AS run_name, first_run.state_type AS run_state_type,
    first_run.state_name AS run_state_name, first_run.total_run_time AS run_seconds,
    (SELECT count(*) FROM notification_channel AS channel WHERE channel.workspace_id = %(workspace)s::uuid) AS channels,
    (
        SELECT count(*) FROM notification_channel AS channel
        WHERE channel.workspace_id = %(workspace)s::uuid AND channel.status <> 'OK'
    ) AS failing_channels,
    (
        SELECT count(*) FROM notification_rule AS rule WHERE rule.workspace_id = %(workspace)s::uuid AND rule.enabled
    ) AS rules,
    (
        SELECT message.delivered FROM notification_outbox AS message
        WHERE message.workspace_id = %(workspace)s::uuid AND message.rule_id IS NOT NULL
            AND message.delivered IS NOT NULL
        ORDER BY message.created LIMIT 1
    ) AS first_alert,
    (
        SELECT count(*) FROM notification_outbox AS message
        WHERE message.workspace_id = %(workspace)s::uuid AND message.created >= %(since)s::timestamptz
            AND message.delivered IS NOT NULL AND message.rule_id IS NOT NULL
    ) AS delivered,
    (
        SELECT count(*) FROM notification_outbox AS message
        WHERE message.workspace_id = %(workspace)s::uuid AND message.created >= %(since)s::timestamptz
            AND message.dead IS NOT NULL AND message.rule_id IS NOT NULL
    ) AS undelivered
FROM (SELECT 1) AS always
LEFT JOIN LATERAL (
    SELECT run.id, run.name, run.state_type, run.state_name, run.total_run_time
    FROM flow_run AS run
    WHERE run.workspace_id = %(workspace)s::uuid AND run.state_type IN ('COMPLETED', 'FAILED', 'CRASHED', 'RUNNING')
    ORDER BY run.state_type = 'COMPLETED' DESC, run.expected_start_time
    LIMIT 1
) AS first_run ON true
