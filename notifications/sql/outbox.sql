-- name: claim_message
-- The message that has waited longest, of a receiver where no other is under way: one that is dead holds up only
-- itself. Counted now, so that a message which kills its sender dies too; the clock is the database's.
-- What is busy is read once, and the message that is rewritten looked up by its key: as joins both would be gone
-- through for each message that waits, and a backlog of thousands would take seconds for each claim.
WITH busy AS MATERIALIZED (
    SELECT workspace_id, coalesce(channel_id, block_document_id) AS receiver
    FROM notification_outbox
    WHERE delivered IS NULL AND dead IS NULL AND lease_until > now()
)
UPDATE notification_outbox AS message
SET attempts = message.attempts + 1, lease_until = now() + interval '30 seconds', lease_token = %(token)s::uuid, updated = now()
FROM (
    SELECT due.workspace_id, due.id, due.channel_id, due.edits_id
    FROM notification_outbox AS due
    WHERE due.delivered IS NULL AND due.dead IS NULL AND due.next_attempt <= now()
        AND due.attempts < %(most)s::int
        AND (due.lease_until IS NULL OR due.lease_until <= now())
        AND (due.workspace_id, coalesce(due.channel_id, due.block_document_id)) NOT IN (
            SELECT workspace_id, receiver FROM busy
        )
        AND (due.edits_id IS NULL OR NOT EXISTS (
            -- What it rewrites has still to be sent.
            SELECT 1 FROM notification_outbox AS original
            WHERE original.workspace_id = due.workspace_id AND original.id = due.edits_id
                AND original.delivered IS NULL AND original.dead IS NULL
        ))
    ORDER BY due.next_attempt, due.id
    LIMIT 1
    FOR UPDATE SKIP LOCKED
) AS chosen
LEFT JOIN notification_channel AS channel
    ON channel.workspace_id = chosen.workspace_id AND channel.id = chosen.channel_id
JOIN workspace ON workspace.id = chosen.workspace_id
JOIN organisation ON organisation.id = workspace.account_id
LEFT JOIN notification_outbox AS earlier
    ON earlier.workspace_id = chosen.workspace_id AND earlier.id = chosen.edits_id
WHERE message.workspace_id = chosen.workspace_id AND message.id = chosen.id
RETURNING message.workspace_id, message.id, message.key, message.channel_id, message.block_document_id,
    message.attempts, message.lease_token, message.payload, coalesce(earlier.reference, '') AS edited,
    organisation.handle AS account, workspace.handle AS workspace, channel.kind, channel.secret

-- name: insert_claimed_message
-- A message that its caller sends at once; if the caller dies the lease runs out and the sweep sends it. No row: there
-- is no such channel, or the key is there already.
INSERT INTO notification_outbox (
    id, workspace_id, key, channel_id, flow_run_id, what, payload, attempts, next_attempt, lease_until, lease_token,
    answer, tries
)
SELECT
    %(id)s::uuid, channel.workspace_id, %(key)s::text, channel.id, %(flow_run)s::uuid, %(what)s::text,
    %(payload)s::jsonb,
    1, now(), now() + interval '30 seconds', %(token)s::uuid, '', '[]'
FROM notification_channel AS channel
WHERE channel.workspace_id = %(workspace)s::uuid AND channel.id = %(channel)s::uuid
ON CONFLICT (workspace_id, key) DO NOTHING
RETURNING workspace_id, id, key, channel_id, block_document_id, attempts, lease_token, payload, '' AS edited,
    '' AS account, '' AS workspace,
    (SELECT kind FROM notification_channel AS c WHERE c.workspace_id = %(workspace)s::uuid AND c.id = %(channel)s::uuid) AS kind,
    (SELECT secret FROM notification_channel AS c WHERE c.workspace_id = %(workspace)s::uuid AND c.id = %(channel)s::uuid) AS secret

-- name: insert_message
-- A key that is there already is left as it is, and its message returned. A channel that is not there: no row. One that is disabled: a message that was never sent, to be seen.
WITH fresh AS (
    INSERT INTO notification_outbox (
        id, workspace_id, key, channel_id, block_document_id, flow_run_id, what, edits_id, payload,
        attempts, next_attempt, dead, answer, tries
    )
    SELECT
        %(id)s::uuid, %(workspace)s::uuid, %(key)s::text, %(channel)s::uuid, %(block)s::uuid, %(flow_run)s::uuid,
        %(what)s::text, %(edits)s::uuid, %(payload)s::jsonb,
        0, now(), CASE WHEN channel.status = 'DISABLED' THEN now() END,
        CASE WHEN channel.status = 'DISABLED' THEN %(disabled)s::text ELSE '' END, '[]'
    FROM (VALUES (1)) AS always
    LEFT JOIN notification_channel AS channel
        ON channel.workspace_id = %(workspace)s::uuid AND channel.id = %(channel)s::uuid
    WHERE channel.id IS NOT NULL OR %(channel)s::uuid IS NULL
    ON CONFLICT (workspace_id, key) DO NOTHING
    RETURNING id
)
SELECT id FROM fresh
UNION ALL
SELECT id FROM notification_outbox WHERE workspace_id = %(workspace)s::uuid AND key = %(key)s::text
LIMIT 1

-- name: record_delivered
-- Only the holder of the lease may record: a sender that was thought dead changes nothing.
UPDATE notification_outbox
SET delivered = clock_timestamp(), answer = %(answer)s::text, reference = %(reference)s::text, tries = tries || %(attempt)s::jsonb,
    latency_seconds = extract(epoch FROM clock_timestamp() - %(since)s::timestamptz),
    lease_until = NULL, lease_token = NULL, updated = now()
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid AND lease_token = %(token)s::uuid
    AND delivered IS NULL AND dead IS NULL

-- name: record_failed
-- To be tried again, or (without a wait) never.
UPDATE notification_outbox
SET answer = %(answer)s::text, tries = tries || %(attempt)s::jsonb,
    next_attempt = now() + make_interval(secs => coalesce(%(wait)s::float8, 0)),
    dead = CASE WHEN %(wait)s::float8 IS NULL THEN now() END,
    lease_until = NULL, lease_token = NULL, updated = now()
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid AND lease_token = %(token)s::uuid
    AND delivered IS NULL AND dead IS NULL

-- name: hold_channel
-- What waits for a channel that just failed waits with it.
UPDATE notification_outbox
SET next_attempt = greatest(next_attempt, now() + make_interval(secs => %(wait)s::float8)), updated = now()
WHERE workspace_id = %(workspace)s::uuid AND channel_id = %(channel)s::uuid
    AND delivered IS NULL AND dead IS NULL AND lease_token IS NULL

-- name: bury_channel
UPDATE notification_outbox
SET dead = now(), answer = %(answer)s::text, lease_until = NULL, lease_token = NULL, updated = now()
WHERE workspace_id = %(workspace)s::uuid AND channel_id = %(channel)s::uuid
    AND delivered IS NULL AND dead IS NULL AND lease_token IS NULL
RETURNING workspace_id, id, channel_id, block_document_id, flow_run_id, answer

-- name: bury_exhausted
-- Messages whose every sender died.
UPDATE notification_outbox
SET dead = now(), answer = %(answer)s::text, lease_until = NULL, lease_token = NULL, updated = now()
WHERE delivered IS NULL AND dead IS NULL AND attempts >= %(most)s::int AND (lease_until IS NULL OR lease_until <= now())
RETURNING workspace_id, id, channel_id, block_document_id, flow_run_id, answer

-- name: mark_channel_delivering
UPDATE notification_channel
SET status = 'OK', status_reason = '', failing_since = NULL, owners_told = NULL, last_delivery = now(), updated = now()
WHERE workspace_id = %(workspace)s::uuid AND id = %(channel)s::uuid

-- name: mark_channel_failing
-- A disabled channel stays disabled until a message gets through.
UPDATE notification_channel
SET status = CASE WHEN status = 'DISABLED' THEN status ELSE %(status)s::text END, status_reason = %(reason)s::text,
    failing_since = coalesce(failing_since, now()), updated = now()
WHERE workspace_id = %(workspace)s::uuid AND id = %(channel)s::uuid

-- name: note_failures
-- A message that was given up is an event of its own, so that it can be seen, filtered and reacted to.
INSERT INTO event (workspace_id, id, occurred, event, resource_id, resource, related, payload)
SELECT
    workspace_id, id, now(), 'signalbox.notification.failed', 'signalbox.notification.' || delivery_id,
    jsonb_build_object('prefect.resource.id', 'signalbox.notification.' || delivery_id),
    CASE WHEN channel_id IS NULL THEN jsonb_build_array(jsonb_build_object(
        'prefect.resource.id', 'prefect.block-document.' || block_document_id, 'prefect.resource.role', 'block-document'
    )) ELSE jsonb_build_array(jsonb_build_object(
        'prefect.resource.id', 'signalbox.notification-channel.' || channel_id, 'prefect.resource.role', 'channel'
    )) END || CASE WHEN flow_run_id IS NULL THEN '[]'::jsonb ELSE jsonb_build_array(jsonb_build_object(
        'prefect.resource.id', 'prefect.flow-run.' || flow_run_id, 'prefect.resource.role', 'flow-run'
    )) END,
    jsonb_build_object('reason', reason)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS failed (
    workspace_id uuid, id uuid, delivery_id uuid, channel_id uuid, block_document_id uuid, flow_run_id uuid, reason text
)

-- name: count_rules_on_failure
-- Does anybody hear of a failing run?
SELECT count(*)
FROM notification_rule AS rule
JOIN notification_channel AS channel
    ON channel.workspace_id = rule.workspace_id AND channel.id = ANY (rule.channel_ids)
WHERE rule.workspace_id = %(workspace)s::uuid AND rule.enabled AND rule.watch -> 'state_types' ? 'FAILED'
    AND channel.status <> 'DISABLED'
