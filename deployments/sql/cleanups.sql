-- Clean-ups: what workers are asked to tear down. Index cleanup_waiting.

-- name: request_cleanup
-- Written in the transaction that makes it necessary; a repetition changes nothing. Runs that no worker has carried out
-- (no pool, or one whose infrastructure is ours) leave nothing behind that a worker could reach: no row.
INSERT INTO cleanup (id, workspace_id, created, updated, work_pool_id, work_queue_id, flow_run_id, kind, infrastructure_pid,
    available, delivery_count)
SELECT %(id)s::uuid, run.workspace_id, %(now)s::timestamptz, %(now)s::timestamptz, pool.id, queue.id, run.id, %(kind)s::text,
    run.infrastructure_pid, %(now)s::timestamptz, 0
FROM flow_run AS run
JOIN work_queue AS queue ON queue.workspace_id = run.workspace_id AND queue.id = run.work_queue_id
JOIN work_pool AS pool ON pool.workspace_id = queue.workspace_id AND pool.id = queue.work_pool_id
WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(run)s::uuid
    AND pool.type NOT LIKE '%%:push' AND pool.type NOT LIKE '%%:managed'
ON CONFLICT (workspace_id, id) DO NOTHING
RETURNING id;

-- name: claim_cleanups
-- As many as the worker has room for, with a new reservation each. Requests of the worker's own queues first; those of
-- other queues only when they have waited for a while (elsewhere), so that their own workers come before.
WITH waiting AS (
    SELECT id FROM cleanup
    WHERE workspace_id = %(workspace)s::uuid AND work_pool_id = %(pool)s::uuid AND dead_since IS NULL
        AND kind = ANY (%(kinds)s::text[]) AND delivery_count < %(most)s::int
        AND (lease_expires IS NULL OR lease_expires <= %(now)s::timestamptz)
        AND (work_queue_id IS NULL OR work_queue_id = ANY (%(queues)s::uuid[]) OR available <= %(elsewhere)s::timestamptz)
    ORDER BY (work_queue_id = ANY (%(queues)s::uuid[])) DESC NULLS LAST, available
    LIMIT greatest(0, %(room)s::int - (
        SELECT count(*) FROM cleanup AS held
        WHERE held.workspace_id = %(workspace)s::uuid AND held.work_pool_id = %(pool)s::uuid
            AND held.connection_id = %(connection)s::uuid AND held.lease_expires > %(now)s::timestamptz))
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE cleanup SET connection_id = %(connection)s::uuid, reservation_token = gen_random_uuid()::text,
    lease_expires = %(until)s::timestamptz, delivery_count = delivery_count + 1, updated = %(now)s::timestamptz
FROM waiting WHERE cleanup.workspace_id = %(workspace)s::uuid AND cleanup.id = waiting.id
RETURNING cleanup.id, cleanup.kind, cleanup.reservation_token, cleanup.lease_expires, cleanup.delivery_count,
    cleanup.work_queue_id, cleanup.flow_run_id, cleanup.infrastructure_pid;

-- name: release_connection
-- The socket is gone: what it had not acknowledged is free at once, or dead after the last attempt.
UPDATE cleanup SET connection_id = NULL, reservation_token = NULL, lease_expires = NULL, available = %(now)s::timestamptz,
    updated = %(now)s::timestamptz, release_reason = 'connection_lost',
    dead_since = CASE WHEN delivery_count >= %(most)s::int THEN %(now)s::timestamptz END
WHERE workspace_id = %(workspace)s::uuid AND work_pool_id = %(pool)s::uuid AND connection_id = %(connection)s::uuid;

-- name: bury_cleanups
-- Over all workspaces: requests whose last lease ended without a word.
UPDATE cleanup SET dead_since = %(now)s::timestamptz, updated = %(now)s::timestamptz, connection_id = NULL,
    reservation_token = NULL, lease_expires = NULL
WHERE dead_since IS NULL AND delivery_count >= %(most)s::int AND lease_expires <= %(now)s::timestamptz;

-- name: forget_cleanups
-- Over all workspaces: requests that nobody took for so long that what they speak of is gone. Index cleanup_by_age.
DELETE FROM cleanup WHERE created < %(before)s::timestamptz;
