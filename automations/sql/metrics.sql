-- name: lock_measuring
-- One at a time, over all processes; ends with the transaction.
SELECT pg_try_advisory_xact_lock(hashtextextended('automation metrics', 0));

-- name: measure_runs
-- The runs of a while with their number, newest first. By flow_run_by_deployment or flow_run_by_time; runs that began
-- more than a day before the range are not asked for.
--   lateness: seconds from when it should have begun until it did, or until now;
--   duration: seconds it ran, or runs; successes: 1 or 0 for a run that ended.
SELECT run.id, run.name, run.flow_id, flow.name AS flow, run.deployment_id, deployment.name AS deployment,
    run.work_queue_id, queue.name AS work_queue, queue.work_pool_id, pool.name AS work_pool, run.tags,
    (CASE %(metric)s::text
        WHEN 'lateness' THEN greatest(0, extract(epoch FROM coalesce(run.start_time, %(now)s::timestamptz) - run.expected_start_time))
        WHEN 'duration' THEN extract(epoch FROM coalesce(run.end_time, %(now)s::timestamptz) - run.start_time)
        ELSE (run.state_type = 'COMPLETED')::int
    END)::float8 AS value
FROM flow_run AS run
JOIN flow ON flow.workspace_id = run.workspace_id AND flow.id = run.flow_id
LEFT JOIN deployment ON deployment.workspace_id = run.workspace_id AND deployment.id = run.deployment_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = run.workspace_id AND queue.id = run.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
WHERE run.workspace_id = %(workspace)s::uuid
    AND (%(deployments)s::uuid[] IS NULL OR run.deployment_id = ANY(%(deployments)s::uuid[]))
    AND (%(flows)s::uuid[] IS NULL OR run.flow_id = ANY(%(flows)s::uuid[]))
    AND run.expected_start_time BETWEEN %(since)s::timestamptz - interval '1 day' AND %(now)s::timestamptz
    AND CASE %(metric)s::text
        WHEN 'lateness' THEN run.expected_start_time >= %(since)s::timestamptz
            AND (run.start_time IS NOT NULL OR run.state_type IN ('SCHEDULED', 'PENDING'))
        WHEN 'duration' THEN run.start_time IS NOT NULL
            AND (run.end_time >= %(since)s::timestamptz OR (run.end_time IS NULL AND run.state_type = 'RUNNING'))
        ELSE run.end_time >= %(since)s::timestamptz AND run.state_type IN ('COMPLETED', 'FAILED', 'CRASHED')
    END
ORDER BY run.expected_start_time DESC
LIMIT %(most)s::int;
