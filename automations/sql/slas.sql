-- name: find_slow_runs
-- Of all workspaces: runs that take longer than promised, or took in the last hour (between two looks). Uses
-- flow_run_by_deployment and flow_run_by_state.
SELECT level.workspace_id, level.id AS level_id, run.id::text AS subject, run.id AS flow_run_id,
    greatest(run.start_time + make_interval(secs => level.seconds), level.watching_since) AS moment
FROM service_level AS level
JOIN flow_run AS run ON run.workspace_id = level.workspace_id AND run.deployment_id = level.deployment_id
WHERE level.enabled AND level.kind = 'TimeToCompletionSla'
    AND run.start_time + make_interval(secs => level.seconds) <= %(now)s::timestamptz
    AND (
        run.state_type IN ('RUNNING', 'CANCELLING', 'PAUSED')
        OR (
            run.end_time > run.start_time + make_interval(secs => level.seconds)
            AND run.start_time + make_interval(secs => level.seconds) >= level.watching_since
            AND run.expected_start_time > %(now)s::timestamptz - make_interval(secs => level.seconds) - interval '1 hour'
        )
    )
    AND NOT EXISTS (
        SELECT 1 FROM service_level_violation AS told
        WHERE told.workspace_id = level.workspace_id AND told.service_level_id = level.id AND told.subject = run.id::text)
LIMIT %(most)s::int;

-- name: find_late_runs
-- Of all workspaces: runs that should have started, or that started too late in the last hour.
SELECT level.workspace_id, level.id AS level_id, run.id::text AS subject, run.id AS flow_run_id,
    greatest(run.expected_start_time + make_interval(secs => level.seconds), level.watching_since) AS moment
FROM service_level AS level
JOIN flow_run AS run ON run.workspace_id = level.workspace_id AND run.deployment_id = level.deployment_id
WHERE level.enabled AND level.kind = 'LatenessSla'
    AND run.expected_start_time + make_interval(secs => level.seconds) <= %(now)s::timestamptz
    AND (
        (run.state_type IN ('SCHEDULED', 'PENDING') AND run.start_time IS NULL)
        OR (
            run.start_time > run.expected_start_time + make_interval(secs => level.seconds)
            AND run.expected_start_time + make_interval(secs => level.seconds) >= level.watching_since
            AND run.start_time > %(now)s::timestamptz - interval '1 hour'
        )
    )
    AND NOT EXISTS (
        SELECT 1 FROM service_level_violation AS told
        WHERE told.workspace_id = level.workspace_id AND told.service_level_id = level.id AND told.subject = run.id::text)
LIMIT %(most)s::int;

-- name: find_gaps
-- Of all workspaces: deployments whose last completed run is too long ago. Told once for each gap.
SELECT level.workspace_id, level.id AS level_id, coalesce(last.id::text, 'none yet') AS subject,
    NULL::uuid AS flow_run_id,
    greatest(last.end_time, level.watching_since) + make_interval(secs => level.seconds) AS moment
FROM service_level AS level
LEFT JOIN LATERAL (
    SELECT run.id, run.end_time FROM flow_run AS run
    WHERE run.workspace_id = level.workspace_id AND run.deployment_id = level.deployment_id
        AND run.state_type = 'COMPLETED'
    ORDER BY run.expected_start_time DESC LIMIT 1
) AS last ON true
WHERE level.enabled AND level.kind = 'FrequencySla'
    AND greatest(last.end_time, level.watching_since) + make_interval(secs => level.seconds) <= %(now)s::timestamptz
    AND NOT EXISTS (
        SELECT 1 FROM service_level_violation AS told
        WHERE told.workspace_id = level.workspace_id AND told.service_level_id = level.id
            AND told.subject = coalesce(last.id::text, 'none yet'))
LIMIT %(most)s::int;

-- name: find_silent_runs
-- Of all workspaces: running runs without a sign (state, log line, heartbeat, event of a task). Told once for each silence.
SELECT level.workspace_id, level.id AS level_id, run.id || ' since ' || sign.last AS subject, run.id AS flow_run_id,
    greatest(sign.last + make_interval(secs => level.seconds), level.watching_since) AS moment
FROM service_level AS level
JOIN flow_run AS run ON run.workspace_id = level.workspace_id AND run.deployment_id = level.deployment_id
    AND run.state_type = 'RUNNING'
CROSS JOIN LATERAL (
    SELECT greatest(
        run.state_timestamp,
        (SELECT max(log."timestamp") FROM log
            WHERE log.workspace_id = run.workspace_id AND log.flow_run_id = run.id AND log."timestamp" <= %(now)s::timestamptz),
        (SELECT max(event.occurred) FROM event
            WHERE event.workspace_id = run.workspace_id AND event.resource_id = 'prefect.flow-run.' || run.id
                AND event.occurred <= %(now)s::timestamptz),
        (SELECT max(task.updated) FROM task_run AS task
            WHERE task.workspace_id = run.workspace_id AND task.flow_run_id = run.id)
    ) AS last
) AS sign
WHERE level.enabled AND level.kind = 'SilenceSla'
    AND run.state_timestamp + make_interval(secs => level.seconds) <= %(now)s::timestamptz
    AND sign.last + make_interval(secs => level.seconds) <= %(now)s::timestamptz
    AND NOT EXISTS (
        SELECT 1 FROM service_level_violation AS told
        WHERE told.workspace_id = level.workspace_id AND told.service_level_id = level.id
            AND told.subject = run.id || ' since ' || sign.last)
LIMIT %(most)s::int;

-- name: find_watched
-- Levels of all workspaces that are looked at one by one.
SELECT workspace_id, id, deployment_id, name, severity, kind, seconds, details, watching_since, last_met
FROM service_level WHERE enabled AND kind = ANY(%(kinds)s::text[]) ORDER BY workspace_id, id;

-- name: is_met
-- Whether a run of the deployment started, or completed, in a stretch of time.
SELECT EXISTS (
    SELECT 1 FROM flow_run AS run
    WHERE run.workspace_id = %(workspace)s::uuid AND run.deployment_id = %(deployment)s::uuid
        AND CASE WHEN %(finished)s::boolean
            THEN run.state_type = 'COMPLETED' AND run.end_time >= %(since)s::timestamptz AND run.end_time <= %(until)s::timestamptz
            ELSE run.start_time >= %(since)s::timestamptz AND run.start_time <= %(until)s::timestamptz END);

-- name: is_told
SELECT EXISTS (
    SELECT 1 FROM service_level_violation
    WHERE workspace_id = %(workspace)s::uuid AND service_level_id = %(level)s::uuid AND subject = %(subject)s::text);

-- name: mark_met
UPDATE service_level SET last_met = greatest(last_met, %(moment)s::timestamptz)
WHERE workspace_id = %(workspace)s::uuid AND id = %(level)s::uuid;

-- name: insert_violation
-- Once, whoever finds it first.
INSERT INTO service_level_violation (id, workspace_id, created, service_level_id, subject, flow_run_id, occurred)
SELECT %(id)s::uuid, level.workspace_id, %(now)s::timestamptz, level.id, %(subject)s::text, %(flow_run)s::uuid, %(moment)s::timestamptz
FROM service_level AS level
WHERE level.workspace_id = %(workspace)s::uuid AND level.id = %(level)s::uuid AND level.enabled
ON CONFLICT (workspace_id, service_level_id, subject) DO NOTHING;

-- name: find_settled
-- Open violations of all workspaces whose promise is kept after all, or cannot be kept any more: the run has ended,
-- or another one came.
SELECT violation.workspace_id, violation.id, violation.service_level_id AS level_id, violation.subject,
    violation.flow_run_id, violation.occurred AS moment
FROM service_level_violation AS violation
JOIN service_level AS level ON level.workspace_id = violation.workspace_id AND level.id = violation.service_level_id
LEFT JOIN flow_run AS run ON run.workspace_id = violation.workspace_id AND run.id = violation.flow_run_id
WHERE violation.resolved IS NULL AND CASE level.kind
    WHEN 'TimeToCompletionSla' THEN run.id IS NULL OR run.end_time IS NOT NULL
    WHEN 'LatenessSla' THEN run.id IS NULL OR run.start_time IS NOT NULL OR run.end_time IS NOT NULL
        OR run.expected_start_time + make_interval(secs => level.seconds) > %(now)s::timestamptz
    WHEN 'SilenceSla' THEN run.id IS NULL OR run.state_type <> 'RUNNING' OR run.state_timestamp > violation.occurred
        OR EXISTS (SELECT 1 FROM log WHERE log.workspace_id = run.workspace_id AND log.flow_run_id = run.id
            AND log."timestamp" > violation.occurred)
        OR EXISTS (SELECT 1 FROM event WHERE event.workspace_id = run.workspace_id
            AND event.resource_id = 'prefect.flow-run.' || run.id AND event.occurred > violation.occurred)
        OR EXISTS (SELECT 1 FROM task_run AS task WHERE task.workspace_id = run.workspace_id
            AND task.flow_run_id = run.id AND task.updated > violation.occurred)
    WHEN 'FreshnessSla' THEN level.last_met > violation.occurred
    WHEN 'StartBySla' THEN EXISTS (SELECT 1 FROM flow_run AS other WHERE other.workspace_id = level.workspace_id
        AND other.deployment_id = level.deployment_id AND other.start_time > violation.occurred)
    ELSE EXISTS (SELECT 1 FROM flow_run AS other WHERE other.workspace_id = level.workspace_id
        AND other.deployment_id = level.deployment_id AND other.state_type = 'COMPLETED'
        AND other.end_time > violation.occurred)
END
ORDER BY violation.created
LIMIT %(most)s::int;

-- name: resolve_violation
UPDATE service_level_violation SET resolved = %(now)s::timestamptz
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid AND resolved IS NULL;

-- name: describe_level
-- What a violation's event tells: names as they are now.
SELECT level.id, level.name, level.severity, level.kind, level.details, level.deployment_id,
    deployment.name AS deployment, flow.id AS flow_id, flow.name AS flow, run.id AS flow_run_id, run.name AS flow_run
FROM service_level AS level
JOIN deployment ON deployment.workspace_id = level.workspace_id AND deployment.id = level.deployment_id
JOIN flow ON flow.workspace_id = deployment.workspace_id AND flow.id = deployment.flow_id
LEFT JOIN flow_run AS run ON run.workspace_id = level.workspace_id AND run.id = %(flow_run)s::uuid
WHERE level.workspace_id = %(workspace)s::uuid AND level.id = %(level)s::uuid;

-- name: find_violating_runs
SELECT DISTINCT flow_run_id FROM service_level_violation
WHERE workspace_id = %(workspace)s::uuid AND service_level_id = ANY(%(levels)s::uuid[]) AND flow_run_id IS NOT NULL
    AND (%(since)s::timestamptz IS NULL OR occurred >= %(since)s::timestamptz);
