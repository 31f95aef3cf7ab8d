-- The counts behind the entries of the navigation. Roof: they read the tables of several rooms.

-- name: count_badges
-- Runs that ended badly since then (sub-flows are their callers'), up to `most`; pools in which runs wait that nobody
-- takes, as Home says it; open incidents. Counts on flow_run_by_state and flow_run_due.
SELECT (
    SELECT count(*) FROM (
        SELECT FROM flow_run AS run
        WHERE run.workspace_id = %(workspace)s::uuid AND run.state_type IN ('FAILED', 'CRASHED')
            AND run.expected_start_time > %(since)s::timestamptz - interval '1 day'
            AND run.state_timestamp > %(since)s::timestamptz AND run.parent_task_run_id IS NULL
        LIMIT %(most)s::int
    ) AS failed
)::int AS failures, (
    SELECT count(*) FROM work_pool AS pool
    WHERE pool.workspace_id = %(workspace)s::uuid AND NOT pool.is_paused
        AND NOT EXISTS (
            SELECT FROM worker WHERE worker.workspace_id = %(workspace)s::uuid AND worker.work_pool_id = pool.id
                AND worker.last_heartbeat_time
                    > %(now)s::timestamptz - make_interval(secs => 3 * coalesce(worker.heartbeat_interval_seconds, 30))
        )
        AND NOT EXISTS (
            SELECT FROM work_queue AS queue
            WHERE queue.workspace_id = %(workspace)s::uuid AND queue.work_pool_id = pool.id
                AND queue.last_polled > %(now)s::timestamptz - interval '60 seconds'
        )
        AND EXISTS (
            SELECT FROM work_queue AS queue
            JOIN flow_run AS run ON run.workspace_id = %(workspace)s::uuid AND run.work_queue_id = queue.id
            WHERE queue.workspace_id = %(workspace)s::uuid AND queue.work_pool_id = pool.id
                AND run.state_type = 'SCHEDULED' AND run.next_scheduled_start_time <= %(now)s::timestamptz
        )
)::int AS abandoned, (
    SELECT count(*) FROM incident WHERE workspace_id = %(workspace)s::uuid AND resolved IS NULL
)::int AS incidents
