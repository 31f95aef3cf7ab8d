-- name: lock_evaluation
-- One evaluator at a time, over all processes; ends with the transaction.
SELECT pg_try_advisory_xact_lock(hashtextextended('event consumer automations', 0));

-- name: read_clock
-- How far the evaluator came. Every transaction below `horizon` has ended; what has written by now is below `ahead`,
-- our own number (the xmax of a snapshot may be below transactions that are open).
SELECT clock.position, clock.mark, clock.marked, clock.as_of, clock.passed, clock.held_until,
    pg_snapshot_xmin(edge)::text::bigint AS horizon, pg_current_xact_id()::text::bigint AS ahead
FROM pg_current_snapshot() AS edge LEFT JOIN automation_clock AS clock ON clock.id = 1;

-- name: write_clock
INSERT INTO automation_clock (id, position, mark, marked, as_of, passed, held_until)
VALUES (1, %(position)s::bigint, %(mark)s::bigint, %(marked)s::timestamptz, %(as_of)s::timestamptz,
    %(now)s::timestamptz, %(held_until)s::timestamptz)
ON CONFLICT (id) DO UPDATE SET position = excluded.position, mark = excluded.mark, marked = excluded.marked,
    as_of = excluded.as_of, passed = excluded.passed, held_until = excluded.held_until;

-- name: read_changed_automations
-- Of all workspaces, what was made or changed since a transaction: the index of a process follows by this. Uses
-- automation_by_version. What was deleted shows when it is locked.
SELECT workspace_id, version::text::bigint AS version, id, created, updated, name, description, enabled, tags, trigger,
    actions, actions_on_trigger, actions_on_resolve
FROM automation WHERE version >= %(since)s::text::xid8;

-- name: lock_automations
-- Those that are about to be judged, as they are now; they stay so until the end of the transaction, and in an order
-- that no two processes take against each other.
SELECT automation.id, automation.version::text::bigint AS version
FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS asked (workspace_id, id)
JOIN automation ON automation.workspace_id = asked.workspace_id AND automation.id = asked.id
WHERE automation.enabled
ORDER BY automation.id FOR SHARE OF automation;

-- name: find_end
-- The last transaction of the next `most` events, of all workspaces, that no open transaction can still get ahead of.
-- Uses event_tail.
SELECT batch.tx::text::bigint
FROM (
    SELECT tx FROM event
    WHERE tx > %(after)s::text::xid8 AND tx < %(horizon)s::text::xid8
    ORDER BY tx
    LIMIT %(most)s::int
) AS batch
ORDER BY batch.tx DESC
LIMIT 1;

-- name: read_heads
-- Of every new event only what the index asks, over all workspaces: most concern no automation. Uses event_tail.
SELECT workspace_id, id, occurred, received, event
FROM event WHERE tx > %(after)s::text::xid8 AND tx <= %(end)s::text::xid8;

-- name: read_bodies
-- The rest of those events that may concern one. An id that came before with another time is a repetition.
-- The bounds of `occurred` keep to a few partitions.
SELECT event.workspace_id, event.id, event.occurred, event.received, event.event, event.resource, event.related,
    event.follows,
    EXISTS (
        SELECT 1 FROM event AS earlier
        WHERE earlier.workspace_id = event.workspace_id AND earlier.id = event.id AND earlier.tx < event.tx
            AND earlier.occurred BETWEEN %(since)s::timestamptz AND %(until)s::timestamptz
    ) AS is_repeated
FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(moments)s::timestamptz[]) AS asked (workspace_id, id, occurred)
JOIN event ON event.workspace_id = asked.workspace_id AND event.id = asked.id AND event.occurred = asked.occurred;

-- name: read_triggering_events
-- Whole events, for firings.
SELECT event.workspace_id, event.id, event.occurred, event.event, event.resource, event.related, event.payload,
    event.follows
FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(moments)s::timestamptz[]) AS asked (workspace_id, id, occurred)
JOIN event ON event.workspace_id = asked.workspace_id AND event.id = asked.id AND event.occurred = asked.occurred;

-- name: find_leaders
-- Which of the events that others follow are there already.
SELECT event.workspace_id, event.id
FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS asked (workspace_id, id)
JOIN event ON event.workspace_id = asked.workspace_id AND event.id = asked.id
WHERE event.occurred BETWEEN %(since)s::timestamptz AND %(until)s::timestamptz AND event.tx <= %(end)s::text::xid8;

-- name: park_events
-- Events whose leader has not come.
INSERT INTO automation_parked (id, workspace_id, occurred, follows, until)
SELECT id, workspace_id, occurred, follows, until
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS fresh (id uuid, workspace_id uuid, occurred timestamptz, follows uuid, until timestamptz)
ON CONFLICT DO NOTHING;

-- name: release_events
-- Those whose leader came in the meantime, or is waited for no longer.
DELETE FROM automation_parked AS parked
WHERE parked.until <= %(now)s::timestamptz OR EXISTS (
    SELECT 1 FROM event AS leader
    WHERE leader.workspace_id = parked.workspace_id AND leader.id = parked.follows
        AND leader.tx <= %(end)s::text::xid8)
RETURNING parked.workspace_id, parked.id, parked.occurred;

-- name: read_machines
SELECT machine.workspace_id, machine.id, machine.automation_id, machine.trigger_id, machine.memory
FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS asked (workspace_id, id)
JOIN automation_machine AS machine ON machine.workspace_id = asked.workspace_id AND machine.id = asked.id;

-- name: read_due_machines
-- Of all workspaces, what the clock has passed. Uses automation_machine_due.
SELECT workspace_id, id, automation_id, trigger_id, memory
FROM automation_machine
WHERE deadline <= %(as_of)s::timestamptz
ORDER BY deadline
LIMIT %(most)s::int;

-- name: write_machines
INSERT INTO automation_machine (id, workspace_id, automation_id, trigger_id, memory, deadline, updated)
SELECT id, workspace_id, automation_id, trigger_id, memory, deadline, %(now)s::timestamptz
FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh (
    id uuid, workspace_id uuid, automation_id uuid, trigger_id uuid, memory jsonb, deadline timestamptz)
ON CONFLICT (workspace_id, id) DO UPDATE
SET memory = excluded.memory, deadline = excluded.deadline, updated = excluded.updated;

-- name: forget_machines
DELETE FROM automation_machine AS machine
USING unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS gone (workspace_id, id)
WHERE machine.workspace_id = gone.workspace_id AND machine.id = gone.id;

-- name: reset_machines
-- A changed automation begins anew.
DELETE FROM automation_machine WHERE workspace_id = %(workspace)s::uuid AND automation_id = %(automation)s::uuid;
