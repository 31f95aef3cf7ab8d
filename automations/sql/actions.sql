-- name: insert_actions
-- The actions of one firing, in order: due a microsecond apart. A repeated firing meets its keys and adds nothing;
-- what comes back is new.
INSERT INTO automation_action (
    id, workspace_id, created, updated, automation_id, firing_id, action_index, kind, action, firing, automation, event, key,
    attempts, next_attempt, answer, tries
)
SELECT given.id, %(workspace)s::uuid, %(now)s::timestamptz, %(now)s::timestamptz, given.automation_id, given.firing_id,
    given.action_index, given.kind, given.action, given.firing, given.automation, given.event, given.key,
    0, %(now)s::timestamptz + given.action_index * interval '1 microsecond', '', '[]'
FROM jsonb_to_recordset(%(rows)s::jsonb) AS given (
    id uuid, automation_id uuid, firing_id uuid, action_index int, kind text, action jsonb, firing jsonb,
    automation jsonb, event jsonb, key text)
ON CONFLICT (workspace_id, key) DO NOTHING
RETURNING id;

-- name: claim_action
-- The action that has waited longest. Counted now, so that one which kills its executor dies too; the clock is the
-- database's, and a lease outlives the slowest call. The handles make the addresses of pages.
UPDATE automation_action AS action
SET attempts = action.attempts + 1, lease_until = now() + interval '30 seconds', lease_token = %(token)s::uuid, updated = now()
FROM (
    SELECT due.workspace_id, due.id
    FROM automation_action AS due
    WHERE due.done IS NULL AND due.dead IS NULL AND due.next_attempt <= now()
        AND due.attempts < %(most)s::int
        AND (due.lease_until IS NULL OR due.lease_until <= now())
    ORDER BY due.next_attempt, due.id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS chosen, workspace, organisation
WHERE action.workspace_id = chosen.workspace_id AND action.id = chosen.id
    AND workspace.id = action.workspace_id AND organisation.id = workspace.account_id
RETURNING action.workspace_id, action.id, action.key, action.kind, action.action_index, action.attempts,
    action.lease_token, action.action, action.automation, action.firing, action.event,
    organisation.handle AS account, workspace.handle AS workspace;

-- name: hold_action
-- Whether the caller still holds the lease; if so nobody else can settle the action until this transaction ends.
SELECT id FROM automation_action
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid AND lease_token = %(token)s::uuid
    AND done IS NULL AND dead IS NULL
FOR UPDATE;

-- name: settle_action
-- Done, dead, or (with a wait) to be tried again. Only the holder of the lease may settle.
UPDATE automation_action
SET done = CASE WHEN %(outcome)s::text = 'done' THEN now() END,
    dead = CASE WHEN %(outcome)s::text = 'dead' THEN now() END,
    next_attempt = CASE WHEN %(outcome)s::text = 'again' THEN now() + make_interval(secs => %(wait)s::float8) ELSE next_attempt END,
    answer = %(answer)s::text, tries = tries || %(attempt)s::jsonb, lease_until = NULL, lease_token = NULL, updated = now()
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid AND lease_token = %(token)s::uuid
    AND done IS NULL AND dead IS NULL;

-- name: bury_exhausted
-- Actions whose every executor died.
UPDATE automation_action AS action
SET dead = now(), answer = %(answer)s::text, lease_until = NULL, lease_token = NULL, updated = now()
FROM workspace, organisation
WHERE action.done IS NULL AND action.dead IS NULL AND action.attempts >= %(most)s::int
    AND (action.lease_until IS NULL OR action.lease_until <= now())
    AND workspace.id = action.workspace_id AND organisation.id = workspace.account_id
RETURNING action.workspace_id, action.id, action.key, action.kind, action.action_index, action.attempts,
    action.id AS lease_token, action.action, action.automation, action.firing, action.event,
    organisation.handle AS account, workspace.handle AS workspace;

-- name: list_actions
-- A page, newest first; of one automation or all, of one status or any.
SELECT id, created, automation_id, automation ->> 'name' AS automation_name, firing_id, action_index,
    kind AS action_type,
    CASE WHEN done IS NOT NULL THEN 'DONE' WHEN dead IS NOT NULL THEN 'DEAD'
        WHEN lease_until > now() THEN 'RUNNING' ELSE 'WAITING' END AS status,
    attempts, next_attempt, done, dead, answer, tries, action, firing
FROM automation_action
WHERE workspace_id = %(workspace)s::uuid
    AND (%(automation)s::uuid IS NULL OR automation_id = %(automation)s::uuid)
    AND (%(status)s::text IS NULL
        OR (%(status)s::text = 'DONE' AND done IS NOT NULL) OR (%(status)s::text = 'DEAD' AND dead IS NOT NULL)
        OR (%(status)s::text = 'OPEN' AND done IS NULL AND dead IS NULL))
ORDER BY created DESC, action_index DESC, id
LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: revive_action
-- A dead action, to be tried from the start.
UPDATE automation_action
SET dead = NULL, attempts = 0, next_attempt = %(now)s::timestamptz, updated = %(now)s::timestamptz
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid AND dead IS NOT NULL;

-- name: discard_action
DELETE FROM automation_action
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid AND dead IS NOT NULL;

-- name: find_action
SELECT id FROM automation_action WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid;

-- name: forget_old_actions
-- What was done or buried is kept for a while. Of all workspaces.
DELETE FROM automation_action
WHERE coalesce(done, dead) < %(before)s::timestamptz AND (done IS NOT NULL OR dead IS NOT NULL);
