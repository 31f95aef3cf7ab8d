-- name: read_boundary
SELECT parameters, logs, least_log_level, mask_secrets_in_logs, artifacts, largest_inline_result, event_payloads
FROM data_boundary WHERE workspace_id = %(workspace)s::uuid;

-- name: set_boundary
INSERT INTO data_boundary (id, workspace_id, updated, parameters, logs, least_log_level, mask_secrets_in_logs,
    artifacts, largest_inline_result, event_payloads)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(parameters)s::text, %(logs)s::text,
    %(least_log_level)s::int, %(mask_secrets_in_logs)s::bool, %(artifacts)s::text, %(largest_inline_result)s::int,
    %(event_payloads)s::text)
ON CONFLICT (workspace_id) DO UPDATE SET updated = excluded.updated, parameters = excluded.parameters,
    logs = excluded.logs, least_log_level = excluded.least_log_level,
    mask_secrets_in_logs = excluded.mask_secrets_in_logs, artifacts = excluded.artifacts,
    largest_inline_result = excluded.largest_inline_result, event_payloads = excluded.event_payloads;

-- name: lock_meter
-- One process counts at a time.
SELECT pg_try_advisory_xact_lock(hashtextextended('data meter', 0));

-- name: count_stored
-- Of all workspaces, what came in one stretch of time, found by the indexes of block ranges. Bytes are of the values
-- as text, without what PostgreSQL adds or saves by compression.
INSERT INTO data_meter (id, workspace_id, hour, kind, deployment_id, items, bytes)
SELECT gen_random_uuid(), came.workspace_id, date_trunc('hour', came.moment), came.kind,
    coalesce(run.deployment_id, '00000000-0000-0000-0000-000000000000'), count(*), coalesce(sum(came.size), 0)
FROM (
    SELECT workspace_id, created AS moment, 'logs' AS kind, flow_run_id, octet_length(message) AS size
    FROM log WHERE created >= %(since)s::timestamptz AND created < %(until)s::timestamptz
    UNION ALL
    SELECT workspace_id, created, 'parameters', id, octet_length(parameters::text)
    FROM flow_run WHERE created >= %(since)s::timestamptz AND created < %(until)s::timestamptz AND parameters <> '{}'
    UNION ALL
    SELECT artifact.workspace_id, artifact.created, 'artifacts',
        coalesce(artifact.flow_run_id, task.flow_run_id), octet_length(artifact.data::text)
    FROM artifact LEFT JOIN task_run AS task
        ON task.workspace_id = artifact.workspace_id AND task.id = artifact.task_run_id
    WHERE artifact.created >= %(since)s::timestamptz AND artifact.created < %(until)s::timestamptz
    UNION ALL
    SELECT workspace_id, created, 'results', flow_run_id, octet_length(data::text)
    FROM flow_run_state
    WHERE created >= %(since)s::timestamptz AND created < %(until)s::timestamptz AND data IS NOT NULL
    UNION ALL
    SELECT state.workspace_id, state.created, 'results', task.flow_run_id, octet_length(state.data::text)
    FROM task_run_state AS state LEFT JOIN task_run AS task
        ON task.workspace_id = state.workspace_id AND task.id = state.task_run_id
    WHERE state.created >= %(since)s::timestamptz AND state.created < %(until)s::timestamptz AND state.data IS NOT NULL
    UNION ALL
    SELECT workspace_id, received, 'events', NULL, octet_length(payload::text)
    FROM event WHERE received >= %(since)s::timestamptz AND received < %(until)s::timestamptz
) AS came
LEFT JOIN flow_run AS run ON run.workspace_id = came.workspace_id AND run.id = came.flow_run_id
WHERE EXISTS (SELECT 1 FROM workspace WHERE workspace.id = came.workspace_id)
GROUP BY came.workspace_id, date_trunc('hour', came.moment), came.kind, run.deployment_id
ON CONFLICT (workspace_id, hour, kind, deployment_id)
    DO UPDATE SET items = data_meter.items + excluded.items, bytes = data_meter.bytes + excluded.bytes;

-- name: read_stored
SELECT meter.kind, nullif(meter.deployment_id, '00000000-0000-0000-0000-000000000000') AS deployment_id,
    deployment.name AS deployment_name, sum(meter.items)::bigint AS items, sum(meter.bytes)::bigint AS bytes
FROM data_meter AS meter LEFT JOIN deployment
    ON deployment.workspace_id = meter.workspace_id AND deployment.id = meter.deployment_id
WHERE meter.workspace_id = %(workspace)s::uuid AND meter.hour >= %(since)s::timestamptz
GROUP BY meter.kind, meter.deployment_id, deployment.name
ORDER BY meter.kind, bytes DESC, meter.deployment_id;
