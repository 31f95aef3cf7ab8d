-- name: find_unhealthy_channels
-- Channels that a person has to look at: disabled, or failing for longer than a hiccup.
SELECT id, kind, name, status, status_reason AS reason, failing_since AS since
FROM notification_channel
WHERE workspace_id = %(workspace)s::uuid AND status <> 'OK'
    AND (status = 'DISABLED' OR failing_since <= now() - make_interval(secs => %(patience)s::float8))
ORDER BY name

-- name: claim_untold_channels
-- Channels whose owners do not know yet, in all workspaces, under a lease: of several processes one tells, and if it
-- dies before its letter is taken, another tells.
-- Uses notification_channel_untold.
UPDATE notification_channel AS channel
SET owners_claimed_until = now() + make_interval(secs => %(lease)s::float8)
FROM workspace
JOIN organisation ON organisation.id = workspace.account_id
WHERE workspace.id = channel.workspace_id AND channel.owners_told IS NULL AND channel.status <> 'OK'
    AND (channel.owners_claimed_until IS NULL OR channel.owners_claimed_until < now())
    AND (channel.status = 'DISABLED' OR channel.failing_since <= now() - make_interval(secs => %(patience)s::float8))
RETURNING channel.workspace_id, channel.id, channel.name, channel.kind, channel.status, channel.status_reason AS reason,
    organisation.handle AS account, workspace.handle AS workspace, ARRAY(
        SELECT person.email FROM person
        WHERE person.is_active AND (
            EXISTS (
                SELECT 1 FROM workspace_access AS access
                WHERE access.user_id = person.id AND access.workspace_id = channel.workspace_id AND access.role = 'Owner'
            )
            OR EXISTS (
                SELECT 1 FROM account_member AS member
                WHERE member.user_id = person.id AND member.account_id = workspace.account_id
                    AND member.role IN ('Owner', 'Admin')
            )
        )
        ORDER BY person.email
    ) AS owners

-- name: mark_owners_told
-- Not if it works meanwhile: the next time that it fails is another.
UPDATE notification_channel
SET owners_told = CASE WHEN %(is_told)s::boolean THEN now() END, owners_claimed_until = NULL
WHERE workspace_id = %(workspace)s::uuid AND id = %(channel)s::uuid AND status <> 'OK'

-- name: note_unhealthy_channels
INSERT INTO event (workspace_id, id, occurred, event, resource_id, resource, related, payload)
SELECT
    workspace_id, id, now(), 'signalbox.notification-channel.' || lower(status),
    'signalbox.notification-channel.' || channel_id,
    jsonb_build_object(
        'prefect.resource.id', 'signalbox.notification-channel.' || channel_id, 'prefect.resource.name', name
    ), '[]', jsonb_build_object('kind', kind, 'reason', reason)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS failing (
    workspace_id uuid, id uuid, channel_id uuid, name text, kind text, status text, reason text
)
