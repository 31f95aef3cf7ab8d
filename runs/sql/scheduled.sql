-- name: insert_scheduled_runs
-- Many runs of schedules at once, each with its SCHEDULED state and tags. A date that has its run is passed over by the
-- idempotency key, so any number of schedulers may insert the same dates.
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(runs)s::jsonb) AS run(
        id uuid, state_id uuid, name text, flow_id uuid, deployment_id uuid, deployment_version text, work_queue_id uuid,
        work_queue_name text, infrastructure_document_id uuid, parameters jsonb, idempotency_key text,
        empirical_policy jsonb, tags jsonb, labels jsonb, date timestamptz, created_by jsonb, state_details jsonb,
        secrets bytea)
), made AS (
    INSERT INTO flow_run (
        id, workspace_id, created, updated, name, flow_id, deployment_id, deployment_version, work_queue_id, work_queue_name,
        parameters, idempotency_key, context, empirical_policy, tags, labels, state_id, state_type, state_name,
        state_timestamp, run_count, expected_start_time, next_scheduled_start_time, total_run_time, auto_scheduled,
        infrastructure_document_id, created_by, secrets)
    SELECT id, %(workspace)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz, name, flow_id, deployment_id,
        deployment_version, work_queue_id, work_queue_name, parameters, idempotency_key, '{}', empirical_policy,
        ARRAY(SELECT jsonb_array_elements_text(tags)), labels, state_id, 'SCHEDULED', 'Scheduled', %(now)s::timestamptz, 0,
        date, date, 0, true, infrastructure_document_id, created_by, secrets
    FROM wanted
    ON CONFLICT (workspace_id, flow_id, idempotency_key) DO NOTHING
    RETURNING id, state_id
), entered AS (
    INSERT INTO flow_run_state (id, workspace_id, created, flow_run_id, type, name, "timestamp", message, state_details)
    SELECT made.state_id, %(workspace)s::uuid, %(now)s::timestamptz, made.id, 'SCHEDULED', 'Scheduled', %(now)s::timestamptz,
        'Flow run scheduled', wanted.state_details
    FROM made JOIN wanted ON wanted.id = made.id
), tagged AS (
    INSERT INTO flow_run_tag (workspace_id, flow_run_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, made.id, tag
    FROM made JOIN wanted ON wanted.id = made.id, jsonb_array_elements_text(wanted.tags) AS tag
)
SELECT count(*) FROM made;

-- name: delete_scheduled_runs
-- Runs of a deployment that have not begun. Locked rows are passed over: a worker is just claiming them.
WITH doomed AS (
    SELECT id FROM flow_run
    WHERE workspace_id = %(workspace)s::uuid AND deployment_id = %(deployment)s::uuid
        AND state_type = 'SCHEDULED' AND run_count = 0 AND state_name <> 'AwaitingConcurrencySlot'
        AND (NOT %(auto_only)s::bool OR auto_scheduled)
        AND (%(after)s::timestamptz IS NULL OR next_scheduled_start_time > %(after)s::timestamptz)
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM flow_run WHERE workspace_id = %(workspace)s::uuid AND id IN (SELECT id FROM doomed) RETURNING id
)
SELECT count(*) FROM gone;
