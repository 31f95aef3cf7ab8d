-- Heartbeats of flow runs, and the sweep for those that have fallen silent.

-- name: record_heartbeats
-- Clients do not say how often they send; 180 seconds is what they do by default. The distance is learnt from their own
-- clock, so a burst that was held back, or one that was lost, makes it longer and never shorter than it is.
INSERT INTO flow_run_pulse AS pulse (id, workspace_id, created, seen, occurred, beats, interval_seconds)
SELECT run.id, run.workspace_id, %(now)s::timestamptz, %(now)s::timestamptz, beat.occurred, 1, 180
FROM jsonb_to_recordset(%(beats)s::jsonb) AS beat(run uuid, occurred timestamptz)
JOIN flow_run AS run ON run.workspace_id = %(workspace)s::uuid AND run.id = beat.run
ON CONFLICT (workspace_id, id) DO UPDATE SET
    seen = excluded.seen, occurred = greatest(pulse.occurred, excluded.occurred), suspected = NULL,
    beats = pulse.beats + CASE WHEN excluded.occurred > pulse.occurred + interval '25 seconds' THEN 1 ELSE 0 END,
    interval_seconds = CASE
        WHEN excluded.occurred <= pulse.occurred + interval '25 seconds' THEN pulse.interval_seconds
        ELSE least(600, greatest(CASE WHEN pulse.beats = 1 THEN 30 ELSE pulse.interval_seconds END,
            ceil(extract(epoch FROM excluded.occurred - pulse.occurred))::int)) END;

-- name: forget_pulses
-- Over all workspaces: runs that are over. Index flow_run_pulse_silent.
DELETE FROM flow_run_pulse AS pulse USING flow_run AS run
WHERE pulse.seen < %(before)s::timestamptz AND run.workspace_id = pulse.workspace_id AND run.id = pulse.id
    AND run.state_type IN ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED');

-- name: find_silent_runs
-- Over all workspaces, a page: running flow runs whose heartbeat is missing. Index flow_run_pulse_silent.
SELECT run.workspace_id, run.id, run.state_id
FROM flow_run_pulse AS pulse
JOIN flow_run AS run ON run.workspace_id = pulse.workspace_id AND run.id = pulse.id
WHERE pulse.seen < %(before)s::timestamptz AND run.state_type = 'RUNNING'
    AND (run.workspace_id, run.id) > (%(after_workspace)s::uuid, %(after)s::uuid)
ORDER BY run.workspace_id, run.id
LIMIT %(limit)s::int;

-- name: read_signs
-- All that was last heard of one run, and whether its worker lives.
SELECT pulse.seen, pulse.interval_seconds, pulse.suspected, pulse.checked, run.state_timestamp,
    (SELECT log.created FROM log WHERE log.workspace_id = run.workspace_id AND log.flow_run_id = run.id
        ORDER BY log."timestamp" DESC LIMIT 1) AS last_log,
    (SELECT max(task.updated) FROM task_run AS task
        WHERE task.workspace_id = run.workspace_id AND task.flow_run_id = run.id) AS last_task,
    worker.name AS worker,
    worker.last_heartbeat_time > %(now)s::timestamptz
        - 3 * coalesce(worker.heartbeat_interval_seconds, 30) * interval '1 second' AS worker_online
FROM flow_run_pulse AS pulse
JOIN flow_run AS run ON run.workspace_id = pulse.workspace_id AND run.id = pulse.id
LEFT JOIN work_queue AS queue ON queue.workspace_id = run.workspace_id AND queue.id = run.work_queue_id
LEFT JOIN worker ON worker.workspace_id = queue.workspace_id AND worker.work_pool_id = queue.work_pool_id
    AND worker.name = run.labels ->> 'prefect.worker.name'
WHERE pulse.workspace_id = %(workspace)s::uuid AND pulse.id = %(run)s::uuid;

-- name: mark_pulse
UPDATE flow_run_pulse SET checked = %(now)s::timestamptz, suspected = %(suspected)s::timestamptz
WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid;
