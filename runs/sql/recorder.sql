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
-- Rows are found one by one, by whole keys, whatever the statistics say of their workspace (a young one seems to have
-- one row, and a join would read all of it for each batch): hence LATERAL with LIMIT or OFFSET 0, and an upsert where
-- an UPDATE would do. The rows are locked, in the order of their ids, before what is in them is taken over.
WITH given AS (
    SELECT entry.item, entry.place, reported.*, coalesce((
        SELECT task_run.id FROM task_run
        WHERE task_run.workspace_id = %(workspace)s::uuid AND task_run.id = reported.id AND task_run.flow_run_id = reported.flow_run_id
            AND task_run.task_key = reported.task_key AND task_run.dynamic_key = reported.dynamic_key
    ), (
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
), held AS (
    SELECT fresh.tags AS reported_tags, known.state_id IS NOT DISTINCT FROM fresh.state_id AS is_added,
        known.state_timestamp IS NULL OR known.state_timestamp < fresh.state_timestamp AS is_newer,
        known.id, known.created, known.flow_run_id, known.task_key, known.dynamic_key,
        fresh.state_id, fresh.state_type, fresh.state_name, fresh.state_timestamp,
        coalesce(fresh.name, known.name) AS name,
        CASE WHEN fresh.item ? 'cache_key' THEN fresh.cache_key ELSE known.cache_key END AS cache_key,
        CASE WHEN fresh.item ? 'cache_expiration' THEN fresh.cache_expiration ELSE known.cache_expiration END AS cache_expiration,
        CASE WHEN fresh.item ? 'task_version' THEN fresh.task_version ELSE known.task_version END AS task_version,
        coalesce(fresh.empirical_policy, known.empirical_policy) AS empirical_policy,
        coalesce(fresh.tags, known.tags) AS tags,
        coalesce(fresh.labels, known.labels) AS labels,
        coalesce(fresh.task_inputs, known.task_inputs) AS task_inputs,
        coalesce(fresh.run_count, known.run_count) AS run_count,
        coalesce(fresh.flow_run_run_count, known.flow_run_run_count) AS flow_run_run_count,
        CASE WHEN fresh.item ? 'expected_start_time' THEN fresh.expected_start_time ELSE known.expected_start_time END AS expected_start_time,
        CASE WHEN fresh.item ? 'next_scheduled_start_time' THEN fresh.next_scheduled_start_time
            ELSE known.next_scheduled_start_time END AS next_scheduled_start_time,
        CASE WHEN fresh.item ? 'start_time' THEN fresh.start_time ELSE known.start_time END AS start_time,
        CASE WHEN fresh.item ? 'end_time' THEN fresh.end_time ELSE known.end_time END AS end_time,
        coalesce(fresh.total_run_time, known.total_run_time) AS total_run_time
    FROM (
        SELECT DISTINCT ON (canonical) * FROM given
        WHERE canonical IS NOT NULL
        ORDER BY canonical, state_timestamp DESC
    ) AS fresh
    CROSS JOIN LATERAL (
        SELECT * FROM task_run
        WHERE task_run.workspace_id = %(workspace)s::uuid AND task_run.id = fresh.canonical
        LIMIT 1
        FOR UPDATE
    ) AS known
), newer AS (
    INSERT INTO task_run (
        id, workspace_id, created, updated, flow_run_id, name, task_key, dynamic_key, cache_key, cache_expiration,
        task_version, empirical_policy, tags, labels, task_inputs, state_id, state_type, state_name, state_timestamp,
        run_count, flow_run_run_count, expected_start_time, next_scheduled_start_time, start_time, end_time, total_run_time)
    SELECT id, %(workspace)s::uuid, created, %(now)s::timestamptz, flow_run_id, name, task_key, dynamic_key, cache_key,
        cache_expiration, task_version, empirical_policy, tags, labels, task_inputs, state_id, state_type, state_name,
        state_timestamp, run_count, flow_run_run_count, expected_start_time, next_scheduled_start_time, start_time,
        end_time, total_run_time
    FROM held WHERE is_newer
    ON CONFLICT (workspace_id, id) DO UPDATE SET
        updated = excluded.updated, name = excluded.name, cache_key = excluded.cache_key,
        cache_expiration = excluded.cache_expiration, task_version = excluded.task_version,
        empirical_policy = excluded.empirical_policy, tags = excluded.tags, labels = excluded.labels,
        task_inputs = excluded.task_inputs, state_id = excluded.state_id, state_type = excluded.state_type,
        state_name = excluded.state_name, state_timestamp = excluded.state_timestamp, run_count = excluded.run_count,
        flow_run_run_count = excluded.flow_run_run_count, expected_start_time = excluded.expected_start_time,
        next_scheduled_start_time = excluded.next_scheduled_start_time, start_time = excluded.start_time,
        end_time = excluded.end_time, total_run_time = excluded.total_run_time
), tagged AS (
    INSERT INTO task_run_tag (workspace_id, task_run_id, tag)
    SELECT %(workspace)s::uuid, held.id, tag FROM held, unnest(held.reported_tags) AS tag WHERE held.is_newer OR held.is_added
    ON CONFLICT DO NOTHING
), stale AS (
    SELECT held.id, before.tag
    FROM held CROSS JOIN LATERAL (
        SELECT task_run_tag.tag FROM task_run_tag
        WHERE task_run_tag.workspace_id = %(workspace)s::uuid AND task_run_tag.task_run_id = held.id
            AND task_run_tag.tag <> ALL(held.reported_tags)
        OFFSET 0
    ) AS before
    WHERE held.is_newer
)
DELETE FROM task_run_tag USING stale
WHERE EXISTS (SELECT 1 FROM stale) AND task_run_tag.workspace_id = %(workspace)s::uuid
    AND task_run_tag.task_run_id = stale.id AND task_run_tag.tag = stale.tag;
