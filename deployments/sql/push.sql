-- name: find_push_pools
-- Of all workspaces: pools whose runs we submit ourselves. Index work_pool_push.
SELECT workspace_id, id, name FROM work_pool WHERE type = 'ecs:push' AND NOT is_paused ORDER BY workspace_id, id;

-- name: claim_push_submissions
-- What is due, soonest first, under a lease: several processes may submit and watch at once, none the same run. Counted
-- now, so that what kills its sender comes to an end too. Index push_submission_due.
UPDATE push_submission AS submission
SET lease_until = now() + interval '90 seconds', lease_token = %(token)s::uuid,
    attempts = submission.attempts + CASE WHEN submission.status = 'SUBMITTING' THEN 1 ELSE 0 END
FROM (
    SELECT workspace_id, id FROM push_submission
    WHERE status <> 'ENDED' AND next_look <= %(now)s::timestamptz
        AND (lease_until IS NULL OR lease_until <= %(now)s::timestamptz)
    ORDER BY next_look
    LIMIT %(limit)s::int
    FOR UPDATE SKIP LOCKED
) AS due
WHERE submission.workspace_id = due.workspace_id AND submission.id = due.id
RETURNING submission.workspace_id, submission.id, submission.flow_run_id, submission.work_pool_id, submission.status,
    submission.credentials, submission.cluster, submission.container, submission.task_arn, submission.attempts,
    submission.start_by, submission.stop_asked, submission.reason, submission.lease_token;

-- name: record_push_submission
-- Only the holder of the lease may record: one that was thought dead changes nothing.
UPDATE push_submission
SET status = %(status)s::text, next_look = %(next_look)s::timestamptz,
    credentials = coalesce(%(credentials)s::jsonb, credentials), cluster = coalesce(%(cluster)s::text, cluster),
    container = coalesce(%(container)s::text, container), task_arn = coalesce(%(task_arn)s::text, task_arn),
    start_by = coalesce(%(start_by)s::timestamptz, start_by),
    stop_asked = coalesce(%(stop_asked)s::timestamptz, stop_asked), exit_code = %(exit_code)s::int,
    reason = %(reason)s::text, ended = CASE WHEN %(status)s::text = 'ENDED' THEN %(now)s::timestamptz END,
    lease_until = NULL, lease_token = NULL, updated = %(now)s::timestamptz
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid AND lease_token = %(token)s::uuid;

-- name: read_push_job
-- Everything that one run's job is made of.
SELECT run.name AS run_name, run.state_type, run.job_variables, flow.name AS flow_name,
    run.deployment_id, deployment.name AS deployment_name, deployment.job_variables AS deployment_variables,
    pool.name AS pool_name, pool.base_job_template, run.secrets, deployment.secrets AS deployment_secrets,
    pool.secrets AS pool_secrets
FROM flow_run AS run
JOIN flow ON flow.workspace_id = run.workspace_id AND flow.id = run.flow_id
LEFT JOIN deployment ON deployment.workspace_id = run.workspace_id AND deployment.id = run.deployment_id
LEFT JOIN work_pool AS pool ON pool.workspace_id = run.workspace_id AND pool.id = %(pool)s::uuid
WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(run)s::uuid;

-- name: read_run_state
-- Of a run that was submitted; no row when it was deleted.
SELECT state_type FROM flow_run WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid;

-- name: hurry_cancelled_submissions
-- A run that is being cancelled is looked at now. Of all workspaces; index flow_run_stopping.
UPDATE push_submission AS submission SET next_look = %(now)s::timestamptz
FROM flow_run AS run
WHERE run.state_type = 'CANCELLING' AND submission.workspace_id = run.workspace_id
    AND submission.flow_run_id = run.id AND submission.status <> 'ENDED' AND submission.stop_asked IS NULL
    AND submission.next_look > %(now)s::timestamptz;

-- name: forget_old_submissions
-- Of all workspaces: what ended long ago.
DELETE FROM push_submission WHERE status = 'ENDED' AND ended < %(before)s::timestamptz;
