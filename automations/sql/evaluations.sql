-- name: insert_evaluations
-- Of automations that were deleted meanwhile nothing is kept; what comes back is there.
INSERT INTO automation_evaluation (
    id, workspace_id, created, automation_id, trigger_id, verdict, reason, event_id, event, resource_id, firing_id, depth, times)
SELECT fresh.id, fresh.workspace_id, %(now)s::timestamptz, fresh.automation_id, fresh.trigger_id, fresh.verdict,
    fresh.reason, fresh.event_id, fresh.event, fresh.resource_id, fresh.firing_id, fresh.depth, fresh.times
FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh (
    id uuid, workspace_id uuid, automation_id uuid, trigger_id uuid, verdict text, reason text, event_id uuid,
    event text, resource_id text, firing_id uuid, depth int, times int)
JOIN automation ON automation.workspace_id = fresh.workspace_id AND automation.id = fresh.automation_id
FOR KEY SHARE OF automation
RETURNING workspace_id, automation_id;

-- name: read_pulses
-- How often automations fired of late, and how deep in a chain. Uses automation_evaluation_fired.
SELECT evaluation.automation_id, max(evaluation.depth)::int AS depth,
    (count(*) FILTER (WHERE evaluation.created > %(minute)s::timestamptz))::int AS this_minute
FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS asked (workspace_id, id)
JOIN automation_evaluation AS evaluation
    ON evaluation.workspace_id = asked.workspace_id AND evaluation.automation_id = asked.id
    AND evaluation.verdict = 'fired' AND evaluation.created > %(since)s::timestamptz
GROUP BY evaluation.automation_id;

-- name: list_evaluations
-- Newest first, by automation_evaluation_newest.
SELECT id, created, automation_id, trigger_id, verdict, reason, event_id, event, resource_id, firing_id, depth, times
FROM automation_evaluation
WHERE workspace_id = %(workspace)s::uuid AND automation_id = %(automation)s::uuid
    AND (%(verdicts)s::text[] IS NULL OR verdict = ANY(%(verdicts)s::text[]))
    AND (%(before)s::timestamptz IS NULL OR created < %(before)s::timestamptz)
ORDER BY created DESC, id DESC
LIMIT %(limit)s::int;

-- name: read_machines_of
-- What an automation waits for now, the nearest end first.
SELECT id, trigger_id, memory, deadline
FROM automation_machine
WHERE workspace_id = %(workspace)s::uuid AND automation_id = %(automation)s::uuid
ORDER BY deadline NULLS LAST, id
LIMIT %(limit)s::int;

-- name: prune_evaluations
-- Of all workspaces. Keeps the newest of those that did not fire, for each automation, and the others for some days.
DELETE FROM automation_evaluation AS old
USING (
    SELECT workspace_id, id, row_number() OVER (
        PARTITION BY workspace_id, automation_id ORDER BY created DESC) AS place
    FROM automation_evaluation WHERE verdict <> 'fired'
) AS ranked
WHERE old.workspace_id = ranked.workspace_id AND old.id = ranked.id AND ranked.place > %(keep)s::int;

-- name: forget_old_firings
-- Of all workspaces.
DELETE FROM automation_evaluation WHERE verdict = 'fired' AND created < %(before)s::timestamptz;

-- name: read_names
-- Every name of an event in some time: few, so that a dry run reads only events that may concern it.
SELECT DISTINCT event AS event FROM event
WHERE workspace_id = %(workspace)s::uuid AND occurred >= %(since)s::timestamptz AND occurred <= %(until)s::timestamptz;

-- name: read_past_events
-- A page of the events of some names, oldest first, by event_by_time read backwards.
SELECT event.id, event.occurred, event.received, event.event, event.resource, event.related
FROM event
WHERE event.workspace_id = %(workspace)s::uuid AND event.event = ANY(%(names)s::text[])
    AND event.occurred >= %(since)s::timestamptz AND event.occurred <= %(until)s::timestamptz
    AND (event.occurred > %(since)s::timestamptz OR event.id < %(after)s::uuid)
ORDER BY event.occurred, event.id DESC
LIMIT %(limit)s::int;
