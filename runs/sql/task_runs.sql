-- name: read_task_runs
-- Task runs in wire shape; the page is cut before the join.
WITH page AS MATERIALIZED (
    SELECT task_run.*, row_number() OVER (ORDER BY /*order*/) AS position
    FROM task_run
    WHERE /*where*/
    ORDER BY /*order*/
    LIMIT %(limit)s::int OFFSET %(offset)s::bigint
)
SELECT page.id, page.created, page.updated, page.name, page.flow_run_id, page.task_key, page.dynamic_key, page.cache_key,
    page.cache_expiration, page.task_version, page.empirical_policy, page.tags, page.labels, page.state_id,
    page.task_inputs, page.state_type, page.state_name, page.run_count, page.flow_run_run_count, page.expected_start_time,
    page.next_scheduled_start_time, page.start_time, page.end_time, page.total_run_time, page.state_timestamp,
    state.message AS state_message, state.data AS state_data, state.state_details
FROM page
LEFT JOIN task_run_state AS state ON state.workspace_id = page.workspace_id AND state.id = page.state_id
ORDER BY page.position;

-- name: count_task_runs
SELECT count(*) FROM task_run WHERE /*where*/;

-- name: find_task_run
-- The natural key, also where there is no flow run.
SELECT id FROM task_run
WHERE workspace_id = %(workspace)s::uuid AND flow_run_id IS NOT DISTINCT FROM %(flow_run)s::uuid
    AND task_key = %(task_key)s::text AND dynamic_key = %(dynamic_key)s::text;

-- name: create_task_run
-- A task run with its first state and tags; nothing comes back when the natural key (or the id) is taken, or when
-- the flow run does not exist.
WITH made AS (
    INSERT INTO task_run (
        id, workspace_id, created, updated, flow_run_id, name, task_key, dynamic_key, cache_key, cache_expiration,
        task_version, empirical_policy, tags, labels, task_inputs, state_id, state_type, state_name, state_timestamp,
        run_count, flow_run_run_count, expected_start_time, next_scheduled_start_time, start_time, end_time, total_run_time)
    SELECT %(id)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz, %(flow_run)s::uuid, %(name)s::text,
        %(task_key)s::text, %(dynamic_key)s::text, %(cache_key)s::text, %(cache_expiration)s::timestamptz,
        %(task_version)s::text, %(policy)s::jsonb, %(tags)s::text[],
        coalesce((SELECT labels || jsonb_build_object('prefect.flow-run.id', id) FROM flow_run
            WHERE workspace_id = %(workspace)s::uuid AND id = %(flow_run)s::uuid), '{}'::jsonb) || %(labels)s::jsonb,
        %(inputs)s::jsonb, %(state)s::uuid, %(type)s::text, %(state_name)s::text, %(timestamp)s::timestamptz,
        %(run_count)s::int, 0, %(expected)s::timestamptz, %(next)s::timestamptz, %(start)s::timestamptz, %(end)s::timestamptz, 0
    WHERE %(flow_run)s::uuid IS NULL
        OR EXISTS (SELECT 1 FROM flow_run WHERE workspace_id = %(workspace)s::uuid AND id = %(flow_run)s::uuid)
    ON CONFLICT DO NOTHING
    RETURNING id, labels
), entered AS (
    INSERT INTO task_run_state (id, workspace_id, created, task_run_id, type, name, "timestamp", message, data, state_details)
    SELECT %(state)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, made.id, %(type)s::text, %(state_name)s::text,
        %(timestamp)s::timestamptz, %(message)s::text, %(data)s::jsonb, %(details)s::jsonb
    FROM made
), tagged AS (
    INSERT INTO task_run_tag (workspace_id, task_run_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, made.id, tag FROM made, unnest(%(tags)s::text[]) AS tag
)
SELECT labels FROM made;

-- name: rename_task_run
UPDATE task_run SET name = %(name)s::text, updated = %(now)s::timestamptz
WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid;

-- name: delete_task_run
DELETE FROM task_run WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid;

-- name: read_task_run_states
SELECT id, type, name, "timestamp", message, data, state_details FROM task_run_state
WHERE workspace_id = %(workspace)s::uuid AND task_run_id = %(run)s::uuid ORDER BY "timestamp";

-- name: read_task_run_state
SELECT id, type, name, "timestamp", message, data, state_details FROM task_run_state
WHERE workspace_id = %(workspace)s::uuid AND id = %(state)s::uuid;
