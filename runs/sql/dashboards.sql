-- What the dashboards of Prefect's own UI ask for, and lists of runs to change or delete together. Cold: one statement each.

-- name: average_lateness
-- The mean of `estimated_start_time_delta` (seconds); null if no run matches.
SELECT avg(extract(epoch FROM CASE
    WHEN flow_run.start_time > flow_run.expected_start_time THEN flow_run.start_time - flow_run.expected_start_time
    WHEN flow_run.start_time IS NULL AND flow_run.expected_start_time < %(now)s::timestamptz
        AND coalesce(flow_run.state_type, '') NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED')
        THEN %(now)s::timestamptz - flow_run.expected_start_time
    ELSE interval '0' END))::float8
FROM flow_run WHERE /*where*/;

-- name: select_flow_runs
SELECT flow_run.id FROM flow_run WHERE /*where*/ ORDER BY flow_run.id DESC LIMIT %(limit)s::int;

-- name: select_flows
SELECT flow.id FROM flow WHERE /*where*/ ORDER BY flow.name, flow.id LIMIT %(limit)s::int;

-- name: count_history
-- Runs of flows or of tasks by state in equal intervals, by expected start. The last interval may run past the end and
-- is counted whole.
WITH bounds AS (
    SELECT number, %(start)s::timestamptz + number * %(interval)s::interval AS since
    FROM generate_series(0, %(count)s::int - 1) AS number
), found AS (
    SELECT state_type, state_name, state_timestamp, start_time, expected_start_time, total_run_time
    FROM /*table*/
    WHERE /*where*/ AND expected_start_time >= %(start)s::timestamptz
        AND expected_start_time < %(start)s::timestamptz + %(count)s::int * %(interval)s::interval
), counted AS (
    SELECT floor(extract(epoch FROM expected_start_time - %(start)s::timestamptz) / %(seconds)s::float8)::int AS number,
        state_type, state_name, count(*) AS count_runs,
        sum(total_run_time + CASE WHEN state_type = 'RUNNING'
            THEN extract(epoch FROM %(now)s::timestamptz - state_timestamp) ELSE 0 END)::float8 AS sum_estimated_run_time,
        sum(greatest(0, extract(epoch FROM CASE
            WHEN start_time > expected_start_time THEN start_time - expected_start_time
            WHEN start_time IS NULL AND expected_start_time < %(now)s::timestamptz
                AND coalesce(state_type, '') NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED')
                THEN %(now)s::timestamptz - expected_start_time
            ELSE interval '0' END)))::float8 AS sum_estimated_lateness
    FROM found
    GROUP BY 1, 2, 3
)
SELECT bounds.since AS interval_start, bounds.since + %(interval)s::interval AS interval_end,
    coalesce(jsonb_agg(jsonb_build_object('state_type', counted.state_type, 'state_name', counted.state_name,
        'count_runs', counted.count_runs, 'sum_estimated_run_time', counted.sum_estimated_run_time,
        'sum_estimated_lateness', counted.sum_estimated_lateness) ORDER BY counted.state_type, counted.state_name)
        FILTER (WHERE counted.number IS NOT NULL), '[]'::jsonb) AS states
FROM bounds LEFT JOIN counted ON counted.number = bounds.number
GROUP BY bounds.number, bounds.since ORDER BY bounds.number;

-- name: read_run_dots
-- Runs as dots of a chart: when, how long, how late (seconds).
SELECT flow_run.id, flow_run.state_type, coalesce(flow_run.start_time, flow_run.expected_start_time) AS "timestamp",
    (flow_run.total_run_time + CASE WHEN flow_run.state_type = 'RUNNING'
        THEN extract(epoch FROM %(now)s::timestamptz - flow_run.state_timestamp) ELSE 0 END)::float8 AS duration,
    extract(epoch FROM CASE
        WHEN flow_run.start_time > flow_run.expected_start_time THEN flow_run.start_time - flow_run.expected_start_time
        WHEN flow_run.start_time IS NULL AND flow_run.expected_start_time < %(now)s::timestamptz
            AND flow_run.state_type NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED')
            THEN %(now)s::timestamptz - flow_run.expected_start_time
        ELSE interval '0' END)::float8 AS lateness
FROM flow_run
WHERE /*where*/ AND flow_run.state_type IS NOT NULL
ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: count_tasks_of_runs
-- Task runs of each flow run, without those that only stand for a subflow.
SELECT wanted.id, count(task_run.id)::int AS number
FROM unnest(%(ids)s::uuid[]) AS wanted (id)
LEFT JOIN task_run ON task_run.workspace_id = %(workspace)s::uuid AND task_run.flow_run_id = wanted.id
    AND NOT EXISTS (SELECT 1 FROM flow_run AS child
        WHERE child.workspace_id = task_run.workspace_id AND child.parent_task_run_id = task_run.id)
GROUP BY wanted.id;

-- name: count_deployments_of_flows
SELECT wanted.id, count(deployment.id)::int AS number
FROM unnest(%(ids)s::uuid[]) AS wanted (id)
LEFT JOIN deployment ON deployment.workspace_id = %(workspace)s::uuid AND deployment.flow_id = wanted.id
GROUP BY wanted.id;

-- name: read_next_runs
-- The scheduled run of each flow that is due first.
SELECT DISTINCT ON (flow_id) id, flow_id, name, state_name, state_type, next_scheduled_start_time
FROM flow_run
WHERE workspace_id = %(workspace)s::uuid AND flow_id = ANY(%(ids)s::uuid[]) AND state_type = 'SCHEDULED'
ORDER BY flow_id, next_scheduled_start_time, id;

-- name: count_tasks_by_state
SELECT task_run.state_type, count(*)::int AS number FROM task_run
WHERE /*where*/ AND task_run.state_type IS NOT NULL GROUP BY task_run.state_type;

-- name: count_outcomes
-- Finished task runs in equal stretches of time, by when they started.
SELECT floor(extract(epoch FROM task_run.start_time - %(start)s::timestamptz) / %(seconds)s::float8)::int AS bucket,
    count(*) FILTER (WHERE task_run.state_type = 'COMPLETED')::int AS completed,
    count(*) FILTER (WHERE task_run.state_type = 'FAILED')::int AS failed
FROM task_run WHERE /*where*/ AND task_run.state_type IN ('COMPLETED', 'FAILED') GROUP BY 1;

-- name: find_flow_run_name
SELECT name FROM flow_run WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid;
