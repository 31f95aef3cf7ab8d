-- name: add_reported_task_runs
-- Task runs that are not there yet, in the order of their ids so that two batches cannot wait for each other. One that
-- exists, by its id or by its natural key, is left to `record_reported_states`: this statement only makes sure that a
-- row is there, and waits for a transaction that is just adding the same.
INSERT INTO task_run (
    id, workspace_id, created, updated, flow_run_id, name, task_key, dynamic_key, cache_key, cache_expiration,
    task_version, empirical_policy, tags, labels, task_inputs, state_id, state_type, state_name, state_timestamp,
    run_count, flow_run_run_count, expected_start_time, next_scheduled_start_time, start_time, end_time, total_run_time)
SELECT given.id, %(workspace)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz, given.flow_run_id,
    coalesce(given.name, given.task_key), given.task_key, given.dynamic_key, given.cache_key, given.cache_expiration,
    given.task_version, coalesce(given.empirical_policy, %(policy)s::jsonb), coalesce(given.tags, '{}'),
    coalesce(given.labels, '{}'), coalesce(given.task_inputs, '{}'), given.state_id, given.state_type, given.state_name,
    given.state_timestamp, coalesce(given.run_count, 0), coalesce(given.flow_run_run_count, 0),
    given.expected_start_time, given.next_scheduled_start_time, given.start_time, given.end_time,
    coalesce(given.total_run_time, 0)
FROM jsonb_to_recordset(%(runs)s::jsonb) AS given (
    id uuid, flow_run_id uuid, name text, task_key text, dynamic_key text, cache_key text, cache_expiration timestamptz,
    task_version text, empirical_policy jsonb, tags text[], labels jsonb, task_inputs jsonb, state_id uuid,
    state_type text, state_name text, state_timestamp timestamptz, run_count int, flow_run_run_count int,
    expected_start_time timestamptz, next_scheduled_start_time timestamptz, start_time timestamptz,
    end_time timestamptz, total_run_time float8)
ORDER BY given.id
ON CONFLICT DO NOTHING;

-- name: record_reported_states
-- Every state is kept; the row of the task run follows only a newer one, and only in the columns that were reported
-- (`item ? column`). The natural key decides which row is meant, then the id. Runs after `add_reported_task_runs` in the same
-- transaction, so each task run has a row.
WITH given AS (
    SELECT entry.item, entry.place, reported.*, coalesce((
        SELECT task_run.id FROM task_run
        WHERE task_run.workspace_id = %(workspace)s::uuid AND task_run.flow_run_id = reported.flow_run_id
            AND task_run.task_key = reported.task_key AND task_run.dynamic_key = reported.dynamic_key
    ), (
        SELECT task_run.id FROM task_run WHERE task_run.workspace_id = %(workspace)s::uuid AND task_run.id = reported.id
    )) AS canonical
    FROM jsonb_array_elements(%(runs)s::jsonb) WITH ORDINALITY AS entry (item, place),
        jsonb_to_record(entry.item) AS reported (
            id uuid, flow_run_id uuid, name text, task_key text, dynamic_key text, cache_key text,
            cache_expiration timestamptz, task_version text, empirical_policy jsonb, tags text[], labels jsonb,
            task_inputs jsonb, state_id uuid, state_type text, state_name text, state_timestamp timestamptz, run_count int,
            flow_run_run_count int, expected_start_time timestamptz, next_scheduled_start_time timestamptz,
            start_time timestamptz, end_time timestamptz, total_run_time float8)
), entered AS (
    INSERT INTO task_run_state (id, workspace_id, created, task_run_id, type, name, "timestamp", message, data, state_details)
    SELECT state.id, %(workspace)s::uuid, %(now)s::timestamptz, given.canonical, state.type, state.name, state."timestamp",
        state.message, state.data,
        state.state_details || jsonb_build_object('task_run_id', given.canonical, 'flow_run_id', given.flow_run_id)
    FROM jsonb_to_recordset(%(states)s::jsonb) AS state (
        run int, id uuid, type text, name text, "timestamp" timestamptz, message text, data jsonb, state_details jsonb)
    JOIN given ON given.place = state.run
    WHERE given.canonical IS NOT NULL
    ON CONFLICT DO NOTHING
), newer AS (
    UPDATE task_run SET
        updated = %(now)s::timestamptz, state_id = given.state_id, state_type = given.state_type,
        state_name = given.state_name, state_timestamp = given.state_timestamp,
        name = coalesce(given.name, task_run.name),
        cache_key = CASE WHEN given.item ? 'cache_key' THEN given.cache_key ELSE task_run.cache_key END,
        cache_expiration = CASE WHEN given.item ? 'cache_expiration' THEN given.cache_expiration ELSE task_run.cache_expiration END,
        task_version = CASE WHEN given.item ? 'task_version' THEN given.task_version ELSE task_run.task_version END,
        empirical_policy = coalesce(given.empirical_policy, task_run.empirical_policy),
        tags = coalesce(given.tags, task_run.tags),
        labels = coalesce(given.labels, task_run.labels),
        task_inputs = coalesce(given.task_inputs, task_run.task_inputs),
        run_count = coalesce(given.run_count, task_run.run_count),
        flow_run_run_count = coalesce(given.flow_run_run_count, task_run.flow_run_run_count),
        expected_start_time = CASE WHEN given.item ? 'expected_start_time' THEN given.expected_start_time ELSE task_run.expected_start_time END,
        next_scheduled_start_time = CASE WHEN given.item ? 'next_scheduled_start_time' THEN given.next_scheduled_start_time ELSE task_run.next_scheduled_start_time END,
        start_time = CASE WHEN given.item ? 'start_time' THEN given.start_time ELSE task_run.start_time END,
        end_time = CASE WHEN given.item ? 'end_time' THEN given.end_time ELSE task_run.end_time END,
        total_run_time = coalesce(given.total_run_time, task_run.total_run_time)
    FROM given
    WHERE task_run.workspace_id = %(workspace)s::uuid AND task_run.id = given.canonical
        AND (task_run.state_timestamp IS NULL OR task_run.state_timestamp < given.state_timestamp)
    RETURNING task_run.id, given.tags
), added AS (
    SELECT task_run.id, given.tags FROM given
    JOIN task_run ON task_run.workspace_id = %(workspace)s::uuid AND task_run.id = given.canonical AND task_run.state_id = given.state_id
    WHERE given.tags <> '{}'
), tagged AS (
    INSERT INTO task_run_tag (workspace_id, task_run_id, tag)
    SELECT %(workspace)s::uuid, run.id, tag
    FROM (SELECT id, tags FROM newer UNION SELECT id, tags FROM added) AS run, unnest(run.tags) AS tag
    ON CONFLICT DO NOTHING
)
DELETE FROM task_run_tag USING newer
WHERE task_run_tag.workspace_id = %(workspace)s::uuid AND task_run_tag.task_run_id = newer.id
    AND task_run_tag.tag <> ALL(newer.tags);
