-- name: claim_task_run
-- The background task run that has waited longest for one of these tasks, leased to one subscriber. A delivery holds
-- until its lease ends (until), or for good once it was acknowledged (null), or until the run enters another state.
-- Index task_run_due, one step for each key. What another transaction is claiming is skipped; a claim that was
-- committed after our snapshot is found by the conflict.
WITH waiting AS (
    SELECT found.id, found.state_id
    FROM unnest(%(keys)s::text[]) AS wanted(task_key)
    CROSS JOIN LATERAL (
        SELECT task.id, task.state_id, task.next_scheduled_start_time AS due
        FROM task_run AS task
        JOIN task_run_state AS state ON state.workspace_id = task.workspace_id AND state.id = task.state_id
        WHERE task.workspace_id = %(workspace)s::uuid AND task.task_key = wanted.task_key
            AND task.state_type = 'SCHEDULED' AND task.next_scheduled_start_time <= %(now)s::timestamptz
            AND (state.state_details ->> 'deferred')::boolean
            AND NOT EXISTS (
                SELECT 1 FROM task_run_delivery AS delivery
                WHERE delivery.workspace_id = task.workspace_id AND delivery.id = task.id
                    AND delivery.state_id = task.state_id
                    AND (delivery.until IS NULL OR delivery.until > %(now)s::timestamptz))
        ORDER BY task.next_scheduled_start_time
        LIMIT 1
        FOR NO KEY UPDATE OF task SKIP LOCKED
    ) AS found
    ORDER BY found.due
    LIMIT 1
)
INSERT INTO task_run_delivery AS delivery (id, workspace_id, created, state_id, task_worker_id, until)
SELECT waiting.id, %(workspace)s::uuid, %(now)s::timestamptz, waiting.state_id, %(worker)s::uuid, %(until)s::timestamptz
FROM waiting
ON CONFLICT (workspace_id, id) DO UPDATE SET
    created = excluded.created, state_id = excluded.state_id, task_worker_id = excluded.task_worker_id,
    until = excluded.until
WHERE delivery.state_id <> excluded.state_id OR delivery.until <= %(now)s::timestamptz
RETURNING delivery.id;

-- name: renew_delivery
UPDATE task_run_delivery SET until = %(until)s::timestamptz
WHERE workspace_id = %(workspace)s::uuid AND task_worker_id = %(worker)s::uuid AND until IS NOT NULL;

-- name: settle_delivery
-- Acknowledged: the run is not offered again in this state.
UPDATE task_run_delivery SET until = NULL
WHERE workspace_id = %(workspace)s::uuid AND id = %(run)s::uuid AND task_worker_id = %(worker)s::uuid;

-- name: release_deliveries
-- What a subscriber that leaves has not acknowledged is free at once.
DELETE FROM task_run_delivery
WHERE workspace_id = %(workspace)s::uuid AND task_worker_id = %(worker)s::uuid AND until IS NOT NULL;

-- name: see_task_worker
INSERT INTO task_worker (id, workspace_id, created, client_id, task_keys, seen)
VALUES (%(worker)s::uuid, %(workspace)s::uuid, %(now)s::timestamptz, %(client)s::text, %(keys)s::text[],
    %(now)s::timestamptz)
ON CONFLICT (workspace_id, id) DO UPDATE SET seen = excluded.seen;

-- name: delete_task_worker
DELETE FROM task_worker WHERE workspace_id = %(workspace)s::uuid AND id = %(worker)s::uuid;

-- name: read_task_workers
-- A process may hold several sockets: it is shown once, with all its tasks. No keys: every worker.
SELECT worker.client_id AS identifier, array_agg(DISTINCT served.task_key ORDER BY served.task_key) AS task_keys,
    max(worker.seen) AS "timestamp"
FROM task_worker AS worker
CROSS JOIN LATERAL unnest(worker.task_keys) AS served(task_key)
WHERE worker.workspace_id = %(workspace)s::uuid AND worker.seen > %(since)s::timestamptz
GROUP BY worker.client_id
HAVING %(keys)s::text[] IS NULL OR array_agg(served.task_key) && %(keys)s::text[]
ORDER BY worker.client_id;

-- name: forget_settled_deliveries
-- Of all workspaces: deliveries of a state that their run has left say nothing any more.
DELETE FROM task_run_delivery AS delivery USING task_run AS task
WHERE task.workspace_id = delivery.workspace_id AND task.id = delivery.id AND task.state_id <> delivery.state_id;

-- name: forget_lost_task_workers
-- Of all workspaces: subscribers whose server ended without a word.
DELETE FROM task_worker WHERE seen <= %(since)s::timestamptz;
