-- name: lock_matching
-- One matcher at a time, over all processes; ends with the transaction. No row is locked, so an idle pass writes nothing.
SELECT pg_try_advisory_xact_lock(hashtextextended('event consumer notifications', 0))

-- name: read_position
SELECT tx FROM event_cursor WHERE consumer = 'notifications'

-- name: find_end
-- The last transaction of the next `most` events, of all workspaces, that no open transaction can still get ahead of.
-- Uses event_tail.
SELECT batch.tx::text::bigint
FROM (
    SELECT tx FROM event
    WHERE tx > %(after)s::text::xid8 AND tx < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY tx
    LIMIT %(most)s::int
) AS batch
ORDER BY batch.tx DESC
LIMIT 1

-- name: find_facts
-- The events of all workspaces that a rule may want, or that may end an alert, with the names of what they are about.
-- All of them, since what one event of a batch opens another may end; what a rule wants is decided in Python. A client may send an event with any resource id, hence the
-- pattern before the cast.
SELECT
    event.workspace_id, event.id AS event_id, event.event, event.occurred, event.received, event.resource_id,
    event.resource, event.related, left(event.payload ->> 'reason', 2000) AS reason,
    flow_run.id AS flow_run_id, flow_run.name AS flow_run, flow_run.flow_id, flow.name AS flow,
    flow_run.deployment_id, deployment.name AS deployment, work_pool.name AS work_pool,
    organisation.handle AS account, workspace.handle AS workspace
FROM event
JOIN workspace ON workspace.id = event.workspace_id
JOIN organisation ON organisation.id = workspace.account_id
LEFT JOIN flow_run
    ON flow_run.workspace_id = event.workspace_id
    AND flow_run.id = CASE
        WHEN event.resource_id ~ '^prefect\.flow-run\.[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
        THEN right(event.resource_id, 36)::uuid
    END
LEFT JOIN flow ON flow.workspace_id = flow_run.workspace_id AND flow.id = flow_run.flow_id
LEFT JOIN deployment ON deployment.workspace_id = flow_run.workspace_id AND deployment.id = flow_run.deployment_id
LEFT JOIN work_queue ON work_queue.workspace_id = flow_run.workspace_id AND work_queue.id = flow_run.work_queue_id
LEFT JOIN work_pool ON work_pool.workspace_id = work_queue.workspace_id AND work_pool.id = work_queue.work_pool_id
WHERE event.tx > %(after)s::text::xid8 AND event.tx <= %(end)s::text::xid8
    AND (starts_with(event.event, 'prefect.flow-run.') OR event.event = ANY (%(events)s::text[]))
    AND (
        EXISTS (
            SELECT 1 FROM notification_rule AS rule
            WHERE rule.workspace_id = event.workspace_id AND rule.enabled AND rule.created <= event.received
        )
        OR EXISTS (
            SELECT 1 FROM notification_alert AS alert
            WHERE alert.workspace_id = event.workspace_id AND alert.state <> 'RESOLVED'
        )
    )
ORDER BY event.occurred, event.id

-- name: find_older_matches
-- Every pair of a flow run's event and a policy of a 2.x client that wants it. An empty list of states or tags wants
-- any; of several tags one is enough. Spans all workspaces, each with its own policies.
SELECT
    event.workspace_id, event.id AS event_id, event.event, event.occurred, event.received, event.resource_id,
    event.resource, event.related, NULL AS reason,
    flow_run.id AS flow_run_id, flow_run.name AS flow_run, flow_run.flow_id, flow.name AS flow,
    flow_run.deployment_id, NULL AS deployment, NULL AS work_pool,
    organisation.handle AS account, workspace.handle AS workspace,
    policy.id AS policy_id, policy.block_document_id, policy.message_template, flow_run.parameters
FROM event
JOIN flow_run_notification_policy AS policy
    ON policy.workspace_id = event.workspace_id AND policy.is_active AND policy.created <= event.received
    AND (policy.state_names = '{}' OR substr(event.event, 18) = ANY (policy.state_names))
    AND (policy.tags = '{}' OR EXISTS (
        SELECT 1 FROM jsonb_array_elements(event.related) AS other
        WHERE other ->> 'prefect.resource.role' = 'tag'
            AND substr(other ->> 'prefect.resource.id', 13) = ANY (policy.tags)
    ))
JOIN workspace ON workspace.id = event.workspace_id
JOIN organisation ON organisation.id = workspace.account_id
JOIN flow_run
    ON flow_run.workspace_id = event.workspace_id
    AND flow_run.id = CASE
        WHEN event.resource_id ~ '^prefect\.flow-run\.[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
        THEN right(event.resource_id, 36)::uuid
    END
LEFT JOIN flow ON flow.workspace_id = flow_run.workspace_id AND flow.id = flow_run.flow_id
WHERE event.tx > %(after)s::text::xid8 AND event.tx <= %(end)s::text::xid8
    AND starts_with(event.event, 'prefect.flow-run.') AND jsonb_typeof(event.related) = 'array'
ORDER BY event.occurred, event.id

-- name: insert_messages
-- What was written before (the same key) is left as it is. Due a microsecond apart, so that a channel hears of things
-- in the order they happened.
INSERT INTO notification_outbox (
    id, workspace_id, key, channel_id, block_document_id, rule_id, alert_id, event_id, flow_run_id, what, edits_id,
    payload, attempts, next_attempt, dead, answer, tries, reference
)
SELECT
    id, workspace_id, key, channel_id, block_document_id, rule_id, alert_id, event_id, flow_run_id,
    coalesce(what, 'told'), edits_id, payload, 0, now() + position * interval '1 microsecond', CASE WHEN is_disabled THEN now() END, answer, '[]', ''
FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh (
    id uuid, workspace_id uuid, key text, channel_id uuid, block_document_id uuid, rule_id uuid, alert_id uuid,
    event_id uuid, flow_run_id uuid, what text, edits_id uuid, payload jsonb, is_disabled boolean, answer text, position int
)
ON CONFLICT (workspace_id, key) DO NOTHING

-- name: move_position
INSERT INTO event_cursor (consumer, tx, updated) VALUES ('notifications', %(end)s::bigint, now())
ON CONFLICT (consumer) DO UPDATE SET tx = excluded.tx, updated = excluded.updated

-- name: read_last_failure
-- A run to show what a message will look like: the one that is asked for, or the last that failed.
SELECT
    flow_run.id AS flow_run_id, flow_run.name AS flow_run, flow_run.state_type, flow_run.state_name,
    state.message AS state_message, flow_run.state_timestamp AS occurred,
    flow.name AS flow, deployment.name AS deployment, work_pool.name AS work_pool
FROM flow_run
JOIN flow ON flow.workspace_id = flow_run.workspace_id AND flow.id = flow_run.flow_id
LEFT JOIN flow_run_state AS state ON state.workspace_id = flow_run.workspace_id AND state.id = flow_run.state_id
LEFT JOIN deployment ON deployment.workspace_id = flow_run.workspace_id AND deployment.id = flow_run.deployment_id
LEFT JOIN work_queue ON work_queue.workspace_id = flow_run.workspace_id AND work_queue.id = flow_run.work_queue_id
LEFT JOIN work_pool ON work_pool.workspace_id = work_queue.workspace_id AND work_pool.id = work_queue.work_pool_id
WHERE flow_run.workspace_id = %(workspace)s::uuid 
    AND CASE WHEN %(flow_run)s::uuid IS NULL THEN flow_run.state_type IN ('FAILED', 'CRASHED')
        ELSE flow_run.id = %(flow_run)s::uuid END
ORDER BY flow_run.state_timestamp DESC
LIMIT 1

-- name: lock_rehearsal
-- One at a time in a workspace: whoever tries policies pays with seconds. Ends with the transaction.
SELECT pg_try_advisory_xact_lock(hashtextextended('policy rehearsal ' || %(workspace)s::uuid, 0))

-- name: find_past_end
-- Where the next page of so many events ends, by event_by_time read backwards; nothing if it is the last.
SELECT event.occurred FROM event
WHERE event.workspace_id = %(workspace)s::uuid
    AND event.occurred > %(since)s::timestamptz AND event.occurred <= %(until)s::timestamptz
ORDER BY event.occurred
OFFSET %(skip)s::int LIMIT 1

-- name: read_past_facts
-- Of a page of one workspace's events those that a policy may want, or that may end what it tells; oldest first.
SELECT
    event.id AS event_id, event.event, event.occurred, event.received, event.resource_id, event.resource,
    event.related, left(event.payload ->> 'reason', 2000) AS reason
FROM event
WHERE event.workspace_id = %(workspace)s::uuid
    AND event.occurred > %(since)s::timestamptz AND event.occurred <= %(until)s::timestamptz
    AND (
        event.event = ANY (%(events)s::text[])
        OR (
            starts_with(event.event, 'prefect.flow-run.')
            AND event.resource ->> 'prefect.state-type' = ANY (%(types)s::text[])
        )
    )
ORDER BY event.occurred, event.id
