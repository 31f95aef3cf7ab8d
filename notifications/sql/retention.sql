-- name: forget_old_messages
-- Of all workspaces: what was delivered or given up long ago. What an alert that is still open may rewrite is kept.
DELETE FROM notification_outbox AS old
USING (
    SELECT message.workspace_id, message.id
    FROM notification_outbox AS message
    WHERE coalesce(message.delivered, message.dead) < %(before)s::timestamptz
        AND NOT EXISTS (
            SELECT 1 FROM notification_alert AS alert
            WHERE alert.workspace_id = message.workspace_id AND alert.id = message.alert_id
                AND alert.state <> 'RESOLVED'
        )
    LIMIT %(most)s::int
    FOR UPDATE OF message SKIP LOCKED
) AS chosen
WHERE old.workspace_id = chosen.workspace_id AND old.id = chosen.id;

-- name: forget_old_alerts
-- Of all workspaces: what was over long ago, and has nothing more to tell.
DELETE FROM notification_alert AS old
USING (
    SELECT workspace_id, id FROM notification_alert
    WHERE state = 'RESOLVED' AND resolved < %(before)s::timestamptz AND NOT held AND next_due IS NULL
    LIMIT %(most)s::int
    FOR UPDATE SKIP LOCKED
) AS chosen
WHERE old.workspace_id = chosen.workspace_id AND old.id = chosen.id;
