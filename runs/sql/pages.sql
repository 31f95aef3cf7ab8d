-- What pages show. A page costs one or two of these; lists are cut before they join.

-- name: read_run_rows
-- A page of the run list, by flow_run_by_time (or by_state, by_deployment); the filter brings the workspace and the edge.
WITH page AS MATERIALIZED (
    SELECT flow_run.*, row_number() OVER (ORDER BY /*order*/) AS position
    FROM flow_run
    WHERE /*where*/
    ORDER BY /*order*/
    LIMIT %(limit)s::int
)
SELECT page.id, page.name, page.state_type, page.state_name, page.state_timestamp, page.flow_id, flow.name AS flow_name,
    page.deployment_id, deployment.name AS deployment_name, page.expected_start_time, page.start_time, page.end_time,
    page.total_run_time, page.created_by, page.parent_task_run_id, pool.name AS work_pool_name
FROM page
JOIN flow ON flow.workspace_id = page.workspace_id AND flow.id = page.flow_id
LEFT JOIN deployment ON deployment.workspace_id = page.workspace_id AND deployment.id = page.deployment_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = page.workspace_id AND queue.id = page.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = page.workspace_id AND pool.id = queue.work_pool_id
ORDER BY page.position;

-- name: count_new_runs
-- How many runs are newer than the first one shown; counting stops at a hundred.
SELECT count(*) FROM (SELECT 1 FROM flow_run WHERE /*where*/ LIMIT 100) AS newer;

-- name: count_runs_by_time
-- The bars of a histogram: runs by look in stretches of equal length.
SELECT floor(extract(epoch FROM flow_run.expected_start_time - %(start)s::timestamptz) / %(seconds)s::float8)::int AS bucket,
    CASE WHEN flow_run.state_type = 'SCHEDULED' AND flow_run.state_name = 'Late' THEN 'late'
         ELSE lower(flow_run.state_type) END AS look,
    count(*)::int AS runs
FROM flow_run
WHERE /*where*/ AND flow_run.expected_start_time >= %(start)s::timestamptz AND flow_run.expected_start_time < %(end)s::timestamptz
GROUP BY 1, 2;

-- name: read_list_facts
-- Whether there is any run at all, how many are still to come, and the names of what the filter speaks of.
SELECT EXISTS (SELECT 1 FROM flow_run WHERE workspace_id = %(workspace)s::uuid) AS has_runs,
    (SELECT count(*)::int FROM (SELECT 1 FROM flow_run WHERE workspace_id = %(workspace)s::uuid
        AND state_type = 'SCHEDULED' AND expected_start_time > %(now)s::timestamptz LIMIT 1000) AS ahead) AS upcoming,
    (SELECT name FROM flow WHERE workspace_id = %(workspace)s::uuid AND id = %(flow)s::uuid) AS flow_name,
    (SELECT flow.name || ' / ' || deployment.name FROM deployment
        JOIN flow ON flow.workspace_id = deployment.workspace_id AND flow.id = deployment.flow_id
        WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.id = %(deployment)s::uuid) AS deployment_name;

-- name: read_run_page
-- One run with all that its header, its notice and its tabs say.
SELECT run.id, run.created, run.name, run.flow_id, flow.name AS flow_name, run.deployment_id, deployment.name AS deployment_name,
    deployment.paused AS deployment_paused, run.deployment_version, run.flow_version, run.state_type, run.state_name,
    run.state_timestamp, state.message AS state_message, run.run_count, run.expected_start_time,
    run.next_scheduled_start_time, run.start_time, run.end_time, run.total_run_time, run.parameters, run.job_variables,
    run.tags, run.created_by, run.infrastructure_pid, run.idempotency_key, run.parent_task_run_id,
    parent.id AS parent_run_id, parent.name AS parent_run_name,
    coalesce(queue.name, run.work_queue_name) AS work_queue_name, queue.is_paused AS queue_paused,
    pool.name AS work_pool_name, pool.type AS work_pool_type, pool.is_paused AS pool_paused,
    (SELECT count(*)::int FROM worker WHERE worker.workspace_id = pool.workspace_id AND worker.work_pool_id = pool.id) AS workers,
    (SELECT count(*)::int FROM worker WHERE worker.workspace_id = pool.workspace_id AND worker.work_pool_id = pool.id
        AND worker.last_heartbeat_time > %(now)s::timestamptz
            - 3 * coalesce(worker.heartbeat_interval_seconds, 30) * interval '1 second') AS workers_online,
    (SELECT max(worker.last_heartbeat_time) FROM worker
        WHERE worker.workspace_id = pool.workspace_id AND worker.work_pool_id = pool.id) AS worker_seen,
    tasks.total AS tasks, tasks.failed AS tasks_failed, tasks.retries AS task_retries,
    (SELECT count(*)::int FROM log WHERE log.workspace_id = run.workspace_id AND log.flow_run_id = run.id) AS lines,
    (SELECT count(*)::int FROM flow_run_state AS past
        WHERE past.workspace_id = run.workspace_id AND past.flow_run_id = run.id) AS states,
    (SELECT count(*)::int FROM task_run JOIN flow_run AS child
            ON child.workspace_id = task_run.workspace_id AND child.parent_task_run_id = task_run.id
        WHERE task_run.workspace_id = run.workspace_id AND task_run.flow_run_id = run.id) AS subflows
FROM flow_run AS run
JOIN flow ON flow.workspace_id = run.workspace_id AND flow.id = run.flow_id
LEFT JOIN flow_run_state AS state ON state.workspace_id = run.workspace_id AND state.id = run.state_id
LEFT JOIN deployment ON deployment.workspace_id = run.workspace_id AND deployment.id = run.deployment_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = run.workspace_id AND queue.id = run.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = run.workspace_id AND pool.id = queue.work_pool_id
LEFT JOIN task_run AS stands ON stands.workspace_id = run.workspace_id AND stands.id = run.parent_task_run_id
LEFT JOIN flow_run AS parent ON parent.workspace_id = run.workspace_id AND parent.id = stands.flow_run_id
CROSS JOIN LATERAL (
    SELECT count(*)::int AS total, count(*) FILTER (WHERE task.state_type IN ('FAILED', 'CRASHED'))::int AS failed,
        coalesce(sum(greatest(task.run_count - 1, 0)), 0)::int AS retries
    FROM task_run AS task WHERE task.workspace_id = run.workspace_id AND task.flow_run_id = run.id
) AS tasks
WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(run)s::uuid;

-- name: read_pulse
-- Changes whenever the page of a run would: its state, its task runs, its lines. By the natural key of task_run and log_of_flow_run.
SELECT run.state_id, run.state_type, run.state_timestamp, run.updated,
    (SELECT max(task.updated) FROM task_run AS task
        WHERE task.workspace_id = run.workspace_id AND task.flow_run_id = run.id) AS tasks_updated,
    (SELECT count(*)::int FROM task_run AS task WHERE task.workspace_id = run.workspace_id AND task.flow_run_id = run.id) AS tasks,
    (SELECT count(*)::int FROM log WHERE log.workspace_id = run.workspace_id AND log.flow_run_id = run.id) AS lines
FROM flow_run AS run
WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(run)s::uuid;

-- name: read_timeline
-- The task runs of a run in the order they began, with the flow run that stands behind a sub-flow's, and the attempts
-- of those that ran more than once.
WITH tasks AS MATERIALIZED (
    SELECT * FROM task_run
    WHERE workspace_id = %(workspace)s::uuid AND flow_run_id = %(run)s::uuid
    ORDER BY coalesce(start_time, expected_start_time, created), id
    LIMIT 5000
)
SELECT tasks.id, tasks.name, tasks.state_type, tasks.state_name, tasks.state_timestamp, tasks.expected_start_time,
    tasks.start_time, tasks.end_time, tasks.total_run_time, tasks.run_count, state.message AS state_message,
    child.id AS child_id, child.name AS child_name, child.state_type AS child_state_type, child.state_name AS child_state_name,
    child.start_time AS child_start, child.end_time AS child_end, attempts.attempts
FROM tasks
LEFT JOIN task_run_state AS state ON state.workspace_id = tasks.workspace_id AND state.id = tasks.state_id
LEFT JOIN flow_run AS child ON child.workspace_id = tasks.workspace_id AND child.parent_task_run_id = tasks.id
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('type', past.type, 'moment', past."timestamp") ORDER BY past."timestamp") AS attempts
    FROM task_run_state AS past
    WHERE past.workspace_id = tasks.workspace_id AND past.task_run_id = tasks.id AND tasks.run_count > 1
) AS attempts ON true
ORDER BY coalesce(tasks.start_time, tasks.expected_start_time, tasks.created), tasks.id;

-- name: read_log_window
-- Lines of a run with their numbers, which count all lines whatever the level asked for.
SELECT numbered.number, numbered."timestamp", numbered.level, numbered.name, numbered.message, numbered.task_name
FROM (
    SELECT row_number() OVER (ORDER BY log."timestamp", log.id)::int AS number, log."timestamp", log.level, log.name, log.message,
        task.name AS task_name
    FROM log
    LEFT JOIN task_run AS task ON task.workspace_id = log.workspace_id AND task.id = log.task_run_id
    WHERE log.workspace_id = %(workspace)s::uuid AND log.flow_run_id = %(run)s::uuid
) AS numbered
WHERE numbered.level >= %(level)s::int AND numbered.number <= %(last)s::int
ORDER BY numbered.number DESC
LIMIT %(limit)s::int;

-- name: read_task_lines
-- The lines of one task run.
SELECT row_number() OVER (ORDER BY log."timestamp", log.id)::int AS number, log."timestamp", log.level, log.name, log.message,
    NULL::text AS task_name
FROM log
WHERE log.workspace_id = %(workspace)s::uuid AND log.task_run_id = %(task)s::uuid
ORDER BY log."timestamp", log.id
LIMIT %(limit)s::int;

-- name: read_last_error
-- The last line of a run that carries a traceback, or the last error without one.
SELECT numbered.number, numbered."timestamp", numbered.level, numbered.name, numbered.message, NULL::text AS task_name
FROM (
    SELECT row_number() OVER (ORDER BY log."timestamp", log.id)::int AS number, log.*
    FROM log WHERE log.workspace_id = %(workspace)s::uuid AND log.flow_run_id = %(run)s::uuid
) AS numbered
WHERE numbered.level >= 40
ORDER BY (strpos(numbered.message, 'Traceback (most recent call last)') > 0) DESC, numbered.number DESC
LIMIT 1;

-- name: read_subflows
-- The runs that a run started, as rows of the run list.
SELECT child.id, child.name, child.state_type, child.state_name, child.state_timestamp, child.flow_id, flow.name AS flow_name,
    child.deployment_id, deployment.name AS deployment_name, child.expected_start_time, child.start_time, child.end_time,
    child.total_run_time, child.created_by, child.parent_task_run_id, pool.name AS work_pool_name
FROM task_run AS task
JOIN flow_run AS child ON child.workspace_id = task.workspace_id AND child.parent_task_run_id = task.id
JOIN flow ON flow.workspace_id = child.workspace_id AND flow.id = child.flow_id
LEFT JOIN deployment ON deployment.workspace_id = child.workspace_id AND deployment.id = child.deployment_id
LEFT JOIN work_queue AS queue ON queue.workspace_id = child.workspace_id AND queue.id = child.work_queue_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = child.workspace_id AND pool.id = queue.work_pool_id
WHERE task.workspace_id = %(workspace)s::uuid AND task.flow_run_id = %(run)s::uuid
ORDER BY child.expected_start_time, child.id
LIMIT 500;

-- name: read_past_states
SELECT past.id, past.type, past.name, past."timestamp", past.message FROM flow_run_state AS past
WHERE past.workspace_id = %(workspace)s::uuid AND past.flow_run_id = %(run)s::uuid
ORDER BY past."timestamp" DESC, past.id DESC LIMIT 500;

-- name: read_past_task_states
SELECT past.id, past.type, past.name, past."timestamp", past.message FROM task_run_state AS past
WHERE past.workspace_id = %(workspace)s::uuid AND past.task_run_id = %(task)s::uuid
ORDER BY past."timestamp" DESC, past.id DESC LIMIT 500;

-- name: read_run_events
-- By event_of_resource: what the run itself told.
SELECT event.id, event.occurred, event.event, event.resource, event.payload FROM event
WHERE event.workspace_id = %(workspace)s::uuid AND event.resource_id = %(resource)s::text
ORDER BY event.occurred DESC, event.id LIMIT 200;

-- name: read_task_page
SELECT task.id, task.created, task.name, task.flow_run_id, run.name AS flow_run_name, run.flow_id, flow.name AS flow_name,
    task.task_key, task.dynamic_key, task.cache_key, task.state_type, task.state_name, task.state_timestamp,
    state.message AS state_message, task.run_count, task.expected_start_time, task.start_time, task.end_time,
    task.total_run_time, task.tags, task.task_inputs, task.empirical_policy, child.id AS child_id, child.name AS child_name
FROM task_run AS task
LEFT JOIN task_run_state AS state ON state.workspace_id = task.workspace_id AND state.id = task.state_id
LEFT JOIN flow_run AS run ON run.workspace_id = task.workspace_id AND run.id = task.flow_run_id
LEFT JOIN flow ON flow.workspace_id = run.workspace_id AND flow.id = run.flow_id
LEFT JOIN flow_run AS child ON child.workspace_id = task.workspace_id AND child.parent_task_run_id = task.id
WHERE task.workspace_id = %(workspace)s::uuid AND task.id = %(task)s::uuid;

-- name: read_task_names
SELECT task.id, task.name FROM task_run AS task
WHERE task.workspace_id = %(workspace)s::uuid AND task.id = ANY(%(ids)s::uuid[]);

-- name: read_flow_rows
-- Flows by name with their last run, next run and what became of the last thirty.
SELECT flow.id, flow.name, flow.tags, flow.created,
    last.id AS last_id, last.name AS last_name, last.state_type AS last_type, last.state_name AS last_state,
    last.expected_start_time AS last_time,
    (SELECT min(run.expected_start_time) FROM flow_run AS run WHERE run.workspace_id = flow.workspace_id
        AND run.flow_id = flow.id AND run.state_type = 'SCHEDULED' AND run.expected_start_time > %(now)s::timestamptz) AS next_time,
    (SELECT count(*)::int FROM deployment WHERE deployment.workspace_id = flow.workspace_id AND deployment.flow_id = flow.id) AS deployments,
    recent.runs
FROM flow
LEFT JOIN LATERAL (
    SELECT run.id, run.name, run.state_type, run.state_name, run.expected_start_time FROM flow_run AS run
    WHERE run.workspace_id = flow.workspace_id AND run.flow_id = flow.id
        AND (run.state_type <> 'SCHEDULED' OR run.expected_start_time <= %(now)s::timestamptz)
    ORDER BY run.expected_start_time DESC LIMIT 1
) AS last ON true
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(done.total_run_time, lower(done.state_type)) ORDER BY done.expected_start_time) AS runs
    FROM (
        SELECT run.total_run_time, run.state_type, run.expected_start_time FROM flow_run AS run
        WHERE run.workspace_id = flow.workspace_id AND run.flow_id = flow.id
            AND run.state_type IN ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')
        ORDER BY run.expected_start_time DESC LIMIT 30
    ) AS done
) AS recent ON true
WHERE flow.workspace_id = %(workspace)s::uuid
    AND (%(q)s::text IS NULL OR strpos(lower(flow.name), lower(%(q)s::text)) > 0)
    AND (%(after)s::text IS NULL OR flow.name > %(after)s::text)
ORDER BY flow.name LIMIT %(limit)s::int;

-- name: read_flow_page
SELECT flow.id, flow.name, flow.tags, flow.created FROM flow
WHERE flow.workspace_id = %(workspace)s::uuid AND flow.id = %(flow)s::uuid;

-- name: read_flow_deployments
SELECT deployment.id, deployment.name, deployment.paused FROM deployment
WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.flow_id = %(flow)s::uuid
ORDER BY deployment.name LIMIT 100;

-- name: read_retry_facts
-- What a person's retry needs to know, and the state it starts from.
SELECT run.state_type, run.deployment_id, EXISTS (SELECT 1 FROM deployment WHERE deployment.workspace_id = run.workspace_id
    AND deployment.id = run.deployment_id) AS deployment_exists
FROM flow_run AS run WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(run)s::uuid;
