-- name: read_policies
-- The policies of the workspaces that a batch of events is about.
SELECT to_jsonb(rule) AS row FROM notification_rule AS rule
WHERE rule.workspace_id = ANY (%(workspaces)s::uuid[]) AND rule.enabled
ORDER BY rule.created, rule.id

-- name: read_policies_of
SELECT to_jsonb(rule) AS row FROM notification_rule AS rule
WHERE rule.workspace_id = ANY (%(workspaces)s::uuid[]) AND rule.id = ANY (%(rules)s::uuid[])

-- name: lock_alerts
-- The alerts that a batch may change: those it adds to, those it ends, and those that its events have opened before.
SELECT to_jsonb(alert) AS row FROM notification_alert AS alert
WHERE alert.workspace_id = ANY (%(workspaces)s::uuid[])
    AND (
        alert.id = ANY (%(ids)s::uuid[])
        OR alert.state <> 'RESOLVED'
            AND (alert.group_key = ANY (%(keys)s::text[]) OR alert.subjects && %(ended)s::text[])
    )
ORDER BY alert.opened, alert.id
FOR UPDATE

-- name: lock_alert
SELECT to_jsonb(alert) AS row FROM notification_alert AS alert
WHERE alert.workspace_id = %(workspace)s::uuid AND alert.id = %(alert)s::uuid
FOR UPDATE

-- name: lock_due_alerts
-- Over all workspaces, what is due by time alone. What another process or a person has in hand is left for the next look.
SELECT to_jsonb(alert) AS row FROM notification_alert AS alert
WHERE alert.next_due <= %(now)s::timestamptz
ORDER BY alert.next_due
LIMIT %(most)s::int
FOR UPDATE SKIP LOCKED

-- name: lock_due_policies
-- Over all workspaces, the policies whose summary is due.
SELECT to_jsonb(rule) AS row FROM notification_rule AS rule
WHERE rule.digest_due <= %(now)s::timestamptz AND rule.enabled
ORDER BY rule.digest_due
LIMIT %(most)s::int
FOR UPDATE SKIP LOCKED

-- name: lock_held_alerts
-- What waits for a policy's summary, the oldest first.
SELECT to_jsonb(alert) AS row FROM notification_alert AS alert
WHERE alert.workspace_id = %(workspace)s::uuid AND alert.rule_id = %(rule)s::uuid AND alert.held
ORDER BY alert.opened, alert.id
LIMIT 2000
FOR UPDATE

-- name: save_alerts
-- All of a batch, new and old, whole rows. In their order: one that is resolved makes room for its successor.
INSERT INTO notification_alert AS alert (
    id, workspace_id, created, updated, rule_id, group_key, state, opened, last_event, count, told, subjects, seen, recent,
    first, last, posts, edits, anchor, last_post, last_edit, stale, held, end_told, escalated, acknowledged,
    acknowledged_by, snoozed_until, snoozed, snoozed_by, resolved, resolved_by, next_due
)
SELECT
    id, workspace_id, created, updated, rule_id, group_key, state, opened, last_event, count, told, subjects, seen, recent,
    first, last, posts, edits, anchor, last_post, last_edit, stale, held, end_told, escalated, acknowledged,
    acknowledged_by, snoozed_until, snoozed, snoozed_by, resolved, resolved_by, next_due
FROM jsonb_populate_recordset(NULL::notification_alert, %(rows)s::jsonb)
ON CONFLICT (workspace_id, id) DO UPDATE SET
    updated = excluded.updated, state = excluded.state, opened = excluded.opened, last_event = excluded.last_event,
    count = excluded.count, told = excluded.told, subjects = excluded.subjects, seen = excluded.seen,
    recent = excluded.recent, first = excluded.first, last = excluded.last, posts = excluded.posts,
    edits = excluded.edits, anchor = excluded.anchor, last_post = excluded.last_post, last_edit = excluded.last_edit,
    stale = excluded.stale, held = excluded.held, end_told = excluded.end_told, escalated = excluded.escalated,
    acknowledged = excluded.acknowledged, acknowledged_by = excluded.acknowledged_by,
    snoozed_until = excluded.snoozed_until, snoozed = excluded.snoozed, snoozed_by = excluded.snoozed_by,
    resolved = excluded.resolved, resolved_by = excluded.resolved_by,
    next_due = excluded.next_due

-- name: save_alert_runs
-- The runs of a batch: each once for each alert. A run that comes again keeps when it came first.
INSERT INTO notification_alert_run AS kept (
    id, workspace_id, alert_id, flow_run_id, flow_run, state_type, state_name, first_event, last_event, count
)
SELECT id, workspace_id, alert_id, flow_run_id, flow_run, state_type, state_name, first_event, last_event, count
FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh (
    id uuid, workspace_id uuid, alert_id uuid, flow_run_id uuid, flow_run text, state_type text, state_name text,
    first_event timestamptz, last_event timestamptz, count int
)
ON CONFLICT (workspace_id, alert_id, flow_run_id) DO UPDATE SET
    flow_run = excluded.flow_run, count = kept.count + excluded.count, updated = now(),
    first_event = least(kept.first_event, excluded.first_event),
    last_event = greatest(kept.last_event, excluded.last_event),
    state_type = CASE WHEN excluded.last_event >= kept.last_event THEN excluded.state_type ELSE kept.state_type END,
    state_name = CASE WHEN excluded.last_event >= kept.last_event THEN excluded.state_name ELSE kept.state_name END

-- name: list_alert_runs
-- A page of the runs of an alert, the newest first, with the state that each is in now. Uses notification_alert_run_newest.
SELECT kept.flow_run_id, coalesce(run.name, kept.flow_run) AS flow_run, run.id IS NOT NULL AS is_there,
    kept.state_type, kept.state_name, kept.first_event, kept.last_event, kept.count,
    run.state_type AS current_type, run.state_name AS current_name
FROM notification_alert_run AS kept
LEFT JOIN flow_run AS run ON run.workspace_id = kept.workspace_id AND run.id = kept.flow_run_id
WHERE kept.workspace_id = %(workspace)s::uuid AND kept.alert_id = %(alert)s::uuid
ORDER BY kept.last_event DESC, kept.id
LIMIT %(limit)s::int OFFSET %(offset)s::int

-- name: find_alerts_of_run
-- The alerts that heard of a run, the newest first. Uses notification_alert_run_by_run.
SELECT alert.id, alert.state, alert.group_key, alert.last, alert.count, alert.opened, rule.name AS policy,
    (
        SELECT count(*)::int FROM notification_alert_run AS other
        WHERE other.workspace_id = kept.workspace_id AND other.alert_id = kept.alert_id
    ) AS runs
FROM notification_alert_run AS kept
JOIN notification_alert AS alert ON alert.workspace_id = kept.workspace_id AND alert.id = kept.alert_id
JOIN notification_rule AS rule ON rule.workspace_id = alert.workspace_id AND rule.id = alert.rule_id
WHERE kept.workspace_id = %(workspace)s::uuid AND kept.flow_run_id = %(flow_run)s::uuid
ORDER BY alert.opened DESC, alert.id
LIMIT 10

-- name: save_usage
UPDATE notification_rule AS rule
SET hour_started = fresh.hour_started, hour_posts = fresh.hour_posts, digest_due = fresh.digest_due,
    digest_number = fresh.digest_number
FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh (
    workspace_id uuid, id uuid, hour_started timestamptz, hour_posts int, digest_due timestamptz, digest_number int
)
WHERE rule.workspace_id = fresh.workspace_id AND rule.id = fresh.id

-- name: read_channels
SELECT id, kind, status FROM notification_channel
WHERE workspace_id = ANY (%(workspaces)s::uuid[]) AND id = ANY (%(channels)s::uuid[])

-- name: replace_edits
-- Only the last state of a message is worth showing: edits that still wait are given up for it.
UPDATE notification_outbox
SET dead = now(), answer = %(answer)s::text, updated = now()
WHERE workspace_id = ANY (%(workspaces)s::uuid[]) AND edits_id = ANY (%(edited)s::uuid[])
    AND delivered IS NULL AND dead IS NULL AND lease_token IS NULL

-- name: find_fallbacks
-- Over all workspaces: messages that were given up, and have not been sent through their policy's fallback.
SELECT message.workspace_id, message.id, message.payload, message.rule_id, message.alert_id, message.event_id,
    message.flow_run_id, channel.id AS channel_id, channel.status = 'DISABLED' AS is_disabled
FROM notification_outbox AS message
JOIN notification_rule AS rule ON rule.workspace_id = message.workspace_id AND rule.id = message.rule_id
JOIN notification_channel AS channel
    ON channel.workspace_id = rule.workspace_id AND channel.id = rule.fallback_channel_id
WHERE message.dead > now() - interval '1 hour' AND message.alert_id IS NOT NULL AND message.edits_id IS NULL
    AND message.channel_id <> channel.id
    AND NOT EXISTS (
        SELECT 1 FROM notification_outbox AS sent
        WHERE sent.workspace_id = message.workspace_id AND sent.key = 'fallback:' || message.id
    )
LIMIT 200

-- name: read_story
-- What is worth knowing about a run at a glance. Of its deployment's runs only the newest 500 are looked at.
WITH recent AS (
    SELECT other.state_type, other.state_timestamp
    FROM flow_run AS run
    JOIN flow_run AS other ON other.workspace_id = run.workspace_id AND other.deployment_id = run.deployment_id
    WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(flow_run)s::uuid
    ORDER BY other.expected_start_time DESC
    LIMIT 500
)
SELECT
    (
        SELECT left(log.message, 4000) FROM log
        WHERE log.workspace_id = %(workspace)s::uuid AND log.flow_run_id = %(flow_run)s::uuid AND log.level >= 40
        ORDER BY log."timestamp" DESC LIMIT 1
    ) AS error,
    (
        SELECT task.name FROM task_run AS task
        WHERE task.workspace_id = %(workspace)s::uuid AND task.flow_run_id = %(flow_run)s::uuid AND task.state_type IN ('FAILED', 'CRASHED')
        ORDER BY task.end_time DESC NULLS LAST LIMIT 1
    ) AS task,
    run.parameters, run.total_run_time::float8 AS seconds, run.run_count,
    (SELECT max(state_timestamp) FROM recent WHERE state_type = 'COMPLETED') AS last_success,
    (
        SELECT count(*)::int FROM recent
        WHERE state_type IN ('FAILED', 'CRASHED') AND state_timestamp > %(now)s::timestamptz - interval '1 hour'
    ) AS failures_in_hour
FROM flow_run AS run
WHERE run.workspace_id = %(workspace)s::uuid AND run.id = %(flow_run)s::uuid

-- name: find_long_runs
-- Over all workspaces: runs that have been running longer than a policy allows, and that its alerts have not seen.
SELECT
    run.workspace_id, rule.id AS rule_id, 'prefect.flow-run.' || run.id AS resource_id,
    run.id AS flow_run_id, run.name AS flow_run, run.flow_id, flow.name AS flow, run.deployment_id,
    deployment.name AS deployment, work_pool.name AS work_pool, run.tags, run.start_time, run.run_count,
    organisation.handle AS account, workspace.handle AS workspace
FROM notification_rule AS rule
JOIN flow_run AS run
    ON run.workspace_id = rule.workspace_id AND run.state_type = 'RUNNING'
    AND run.start_time < %(now)s::timestamptz - make_interval(mins => (rule.watch ->> 'longer_than_minutes')::int)
JOIN workspace ON workspace.id = run.workspace_id
JOIN organisation ON organisation.id = workspace.account_id
LEFT JOIN flow ON flow.workspace_id = run.workspace_id AND flow.id = run.flow_id
LEFT JOIN deployment ON deployment.workspace_id = run.workspace_id AND deployment.id = run.deployment_id
LEFT JOIN work_queue ON work_queue.workspace_id = run.workspace_id AND work_queue.id = run.work_queue_id
LEFT JOIN work_pool ON work_pool.workspace_id = work_queue.workspace_id AND work_pool.id = work_queue.work_pool_id
WHERE rule.enabled AND rule.watch -> 'kinds' ? 'run-too-long'
    AND NOT EXISTS (
        SELECT 1 FROM notification_alert AS alert
        WHERE alert.workspace_id = run.workspace_id AND alert.rule_id = rule.id
            AND 'long:prefect.flow-run.' || run.id = ANY (alert.seen)
    )
ORDER BY run.start_time
LIMIT 500

-- name: find_past_long_runs
-- Runs of one workspace that took longer than so many minutes, by when they did; `rule` is the policy that asks.
SELECT
    run.workspace_id, %(rule)s::uuid AS rule_id, 'prefect.flow-run.' || run.id AS resource_id,
    run.id AS flow_run_id, run.name AS flow_run, run.flow_id, flow.name AS flow, run.deployment_id,
    deployment.name AS deployment, work_pool.name AS work_pool, run.tags, run.start_time, run.run_count,
    %(account)s::text AS account, %(handle)s::text AS workspace
FROM flow_run AS run
LEFT JOIN flow ON flow.workspace_id = run.workspace_id AND flow.id = run.flow_id
LEFT JOIN deployment ON deployment.workspace_id = run.workspace_id AND deployment.id = run.deployment_id
LEFT JOIN work_queue ON work_queue.workspace_id = run.workspace_id AND work_queue.id = run.work_queue_id
LEFT JOIN work_pool ON work_pool.workspace_id = work_queue.workspace_id AND work_pool.id = work_queue.work_pool_id
WHERE run.workspace_id = %(workspace)s::uuid
    AND run.start_time > %(since)s::timestamptz - make_interval(mins => %(minutes)s::int)
    AND run.start_time <= %(until)s::timestamptz - make_interval(mins => %(minutes)s::int)
    AND CASE WHEN run.end_time IS NULL THEN run.state_type = 'RUNNING'
        ELSE run.end_time > run.start_time + make_interval(mins => %(minutes)s::int) END
ORDER BY run.start_time
LIMIT %(most)s::int
