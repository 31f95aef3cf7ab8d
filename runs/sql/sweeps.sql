-- name: find_expired_pauses
-- Of all workspaces, a page: flow runs that nobody resumed in time. Index flow_run_stopping.
SELECT run.workspace_id, run.id, run.state_id
FROM flow_run AS run
JOIN flow_run_state AS state ON state.workspace_id = run.workspace_id AND state.id = run.state_id
WHERE run.state_type = 'PAUSED' AND (state.state_details ->> 'pause_timeout')::timestamptz < %(now)s::timestamptz
    AND (run.workspace_id, run.id) > (%(after_workspace)s::uuid, %(after)s::uuid)
ORDER BY run.workspace_id, run.id
LIMIT %(limit)s::int;

-- name: find_stuck_cancellations
-- Of all workspaces, a page: flow runs that entered CANCELLING long ago. Index flow_run_stopping.
SELECT run.workspace_id, run.id, run.state_id
FROM flow_run AS run
WHERE run.state_type = 'CANCELLING' AND run.state_timestamp <= %(before)s::timestamptz
    AND (run.workspace_id, run.id) > (%(after_workspace)s::uuid, %(after)s::uuid)
ORDER BY run.workspace_id, run.id
LIMIT %(limit)s::int;

-- name: find_orphaned_task_runs
-- Of all workspaces, a page: unfinished task runs of flow runs that were cancelled lately. Index flow_run_cancelled.
SELECT task.workspace_id, task.id, task.state_id
FROM flow_run AS run
JOIN task_run AS task ON task.workspace_id = run.workspace_id AND task.flow_run_id = run.id
WHERE run.state_type = 'CANCELLED' AND run.end_time > %(since)s::timestamptz
    AND task.state_type NOT IN ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')
    AND (task.workspace_id, task.id) > (%(after_workspace)s::uuid, %(after)s::uuid)
ORDER BY task.workspace_id, task.id
LIMIT %(limit)s::int;

-- name: find_orphaned_subflows
-- Of all workspaces, a page: unfinished sub-flow runs whose parent was cancelled, but for those that somebody is
-- stopping already. Index flow_run_open_child.
SELECT run.workspace_id, run.id, run.state_id
FROM flow_run AS run
JOIN task_run AS task ON task.workspace_id = run.workspace_id AND task.id = run.parent_task_run_id
JOIN flow_run AS parent ON parent.workspace_id = task.workspace_id AND parent.id = task.flow_run_id
WHERE run.parent_task_run_id IS NOT NULL
    AND run.state_type IN ('SCHEDULED', 'PENDING', 'RUNNING', 'PAUSED', 'CANCELLING')
    AND NOT (run.state_type = 'CANCELLING' AND run.deployment_id IS NOT NULL)
    AND parent.state_type = 'CANCELLED'
    AND (run.workspace_id, run.id) > (%(after_workspace)s::uuid, %(after)s::uuid)
ORDER BY run.workspace_id, run.id
LIMIT %(limit)s::int;
