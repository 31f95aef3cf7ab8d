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
