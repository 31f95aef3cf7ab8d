-- name: find_thin_deployments
-- Over all workspaces: deployments with an active schedule that has too few runs ahead, or none far enough ahead. Keyset by id.
-- A schedule's runs are known by `created_by.id`. Counts on flow_run_by_deployment.
SELECT deployment.workspace_id, deployment.id
FROM deployment
WHERE NOT deployment.paused AND NOT deployment.disabled AND deployment.id > %(last)s::uuid AND EXISTS (
    SELECT 1 FROM deployment_schedule AS schedule
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, max(run.next_scheduled_start_time) AS furthest
        FROM flow_run AS run
        WHERE run.workspace_id = schedule.workspace_id AND run.deployment_id = schedule.deployment_id
            AND run.expected_start_time > %(now)s::timestamptz AND run.state_type = 'SCHEDULED' AND run.auto_scheduled
            AND run.created_by ->> 'id' = schedule.id::text
    ) AS ahead
    WHERE schedule.workspace_id = deployment.workspace_id AND schedule.deployment_id = deployment.id AND schedule.active
        AND (ahead.number < %(min_runs)s::int OR ahead.furthest < %(now)s::timestamptz + %(min_ahead)s::interval))
ORDER BY deployment.id LIMIT %(limit)s::int;

-- name: find_recent_deployments
-- Over all workspaces: deployments that changed just now, so that people need not wait for the main pass. Index deployment_recent.
SELECT deployment.workspace_id, deployment.id
FROM deployment
WHERE deployment.updated >= %(since)s::timestamptz AND NOT deployment.paused AND NOT deployment.disabled
    AND deployment.id > %(last)s::uuid AND EXISTS (
    SELECT 1 FROM deployment_schedule AS schedule
    WHERE schedule.workspace_id = deployment.workspace_id AND schedule.deployment_id = deployment.id AND schedule.active)
ORDER BY deployment.id LIMIT %(limit)s::int;

-- name: read_schedules_to_run
-- The active schedules of one deployment with what their runs inherit. The deployment is locked against a redeploy, which
-- would otherwise take away runs while we add them; one that is being changed is left to the next pass.
SELECT schedule.id AS schedule_id, schedule.schedule, schedule.parameters AS schedule_parameters, schedule.slug,
    deployment.flow_id, deployment.version, deployment.parameters, deployment.tags, deployment.labels,
    deployment.work_queue_id, deployment.work_queue_name, deployment.infrastructure_document_id, deployment.secrets,
    schedule.secrets AS schedule_secrets
FROM deployment
JOIN deployment_schedule AS schedule
    ON schedule.workspace_id = deployment.workspace_id AND schedule.deployment_id = deployment.id
WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.id = %(deployment)s::uuid AND schedule.active
    AND NOT deployment.paused AND NOT deployment.disabled
FOR NO KEY UPDATE OF deployment SKIP LOCKED;

-- name: find_late_runs
-- Over all workspaces: runs that should have begun. Index flow_run_sweep.
SELECT workspace_id, id FROM flow_run
WHERE state_type = 'SCHEDULED' AND state_name = 'Scheduled' AND next_scheduled_start_time <= %(due)s::timestamptz
ORDER BY next_scheduled_start_time LIMIT %(limit)s::int;

-- name: set_workers_offline
-- Over all workspaces: workers that missed three heartbeats.
UPDATE worker SET status = 'OFFLINE', updated = %(now)s::timestamptz
WHERE status = 'ONLINE'
    AND last_heartbeat_time < %(now)s::timestamptz - 3 * coalesce(heartbeat_interval_seconds, 30) * interval '1 second';

-- name: find_quiet_pools
-- Over all workspaces: pools that say READY and have no worker, but for those that need none.
SELECT pool.workspace_id, pool.id FROM work_pool AS pool
WHERE pool.status = 'READY' AND pool.type <> 'ecs:push' AND NOT EXISTS (
    SELECT 1 FROM worker
    WHERE worker.workspace_id = pool.workspace_id AND worker.work_pool_id = pool.id AND worker.status = 'ONLINE')
LIMIT %(limit)s::int;

-- name: find_quiet_queues
-- Over all workspaces: queues that nobody polls any more.
SELECT workspace_id, id FROM work_queue
WHERE status = 'READY' AND (last_polled IS NULL OR last_polled < %(quiet)s::timestamptz)
LIMIT %(limit)s::int;

-- name: find_changed_deployments
-- Over all workspaces: a poll touches a queue only; which deployments became ready by it, or are no longer, is found out here.
SELECT deployment.workspace_id, deployment.id
FROM deployment
LEFT JOIN work_queue AS queue ON queue.workspace_id = deployment.workspace_id AND queue.id = deployment.work_queue_id
WHERE (deployment.status = 'READY')
    <> (coalesce(greatest(deployment.last_polled, queue.last_polled), '-infinity') >= %(quiet)s::timestamptz)
LIMIT %(limit)s::int;

-- name: flip_deployment
-- The status that follows from the polls now; no row if it is the stored one already.
UPDATE deployment SET status = CASE WHEN polled.lately THEN 'READY' ELSE 'NOT_READY' END
FROM (
    SELECT deployment.id, coalesce(greatest(deployment.last_polled, queue.last_polled), '-infinity') >= %(quiet)s::timestamptz AS lately
    FROM deployment
    LEFT JOIN work_queue AS queue ON queue.workspace_id = deployment.workspace_id AND queue.id = deployment.work_queue_id
    WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.id = %(deployment)s::uuid
) AS polled
WHERE deployment.workspace_id = %(workspace)s::uuid AND deployment.id = polled.id
    AND deployment.status <> CASE WHEN polled.lately THEN 'READY' ELSE 'NOT_READY' END
RETURNING deployment.status;
