-- name: claim_click
-- Over all workspaces, the click that has waited longest. Counted now, and looked at again if whoever took it dies.
UPDATE notification_slack_click AS click
SET attempts = click.attempts + 1, next_attempt = now() + interval '20 seconds', updated = now()
FROM (
    SELECT due.workspace_id, due.id FROM notification_slack_click AS due
    WHERE due.answered IS NULL AND due.next_attempt <= now() AND due.attempts < %(most)s::int
    ORDER BY due.next_attempt
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS chosen
WHERE click.workspace_id = chosen.workspace_id AND click.id = chosen.id
RETURNING click.workspace_id, click.id

-- name: forget_old_clicks
-- What Slack might still deliver again is minutes old.
DELETE FROM notification_slack_click
WHERE workspace_id IN (SELECT id FROM workspace) AND created < now() - interval '30 days'
