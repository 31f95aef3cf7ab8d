-- name: insert_events
-- The validated JSON goes to PostgreSQL as it came. A resent event meets its own key (workspace, id, occurred) and
-- is left out. `tx` is filled by its default: followers read only below the oldest open transaction.
INSERT INTO event (workspace_id, id, occurred, received, event, resource_id, resource, related, payload, follows)
SELECT %(workspace)s::uuid, given.id, given.occurred, %(now)s::timestamptz, given.event,
    given.resource ->> 'prefect.resource.id', given.resource, coalesce(given.related, '[]'),
    coalesce(given.payload, '{}'), given.follows
FROM jsonb_to_recordset(%(events)s::jsonb) AS given (
    id uuid, occurred timestamptz, event text, resource jsonb, related jsonb, payload jsonb, follows uuid)
ON CONFLICT DO NOTHING;

-- name: read_edge
-- Every transaction below the horizon has ended, and in the statement after this one (READ COMMITTED) its rows are
-- visible. Every transaction that has ended is below `ahead`; of those that are open some may be at or above it.
-- PostgreSQL keeps its statistics over a stop and forgets them in a crash, so their beginning tells its lives apart.
SELECT pg_snapshot_xmin(edge)::text::bigint AS horizon, pg_snapshot_xmax(edge)::text::bigint AS ahead,
    kept.stats_reset AS life
FROM pg_current_snapshot() AS edge, pg_stat_bgwriter AS kept;

-- name: tail_events
-- By event_tail (tx): the stretch is as long as the moment since the last look.
SELECT event.id, event.occurred, event.received, event.event, event.resource, event.related, event.payload,
    event.follows, event.tx::text::bigint AS tx
FROM event
WHERE event.workspace_id = %(workspace)s::uuid
    AND event.tx >= %(after)s::text::xid8 AND event.tx < %(until)s::text::xid8
ORDER BY event.tx, event.occurred, event.id
LIMIT %(limit)s::int;

-- name: read_events
-- A page by event_by_time, newest or oldest first; the condition of the page begins where the last one ended.
SELECT event.id, event.occurred, event.received, event.event, event.resource, event.related, event.payload, event.follows
FROM event
WHERE /*where*/ /*page*/
ORDER BY /*order*/
LIMIT %(limit)s::int;

-- name: read_newest_events
-- The newest event of each resource, then cut into pages like `read_events`.
SELECT event.id, event.occurred, event.received, event.event, event.resource, event.related, event.payload, event.follows
FROM (
    SELECT DISTINCT ON (event.resource_id) event.* FROM event
    WHERE /*where*/
    ORDER BY event.resource_id, event.occurred DESC, event.id
) AS event
WHERE true /*page*/
ORDER BY /*order*/
LIMIT %(limit)s::int;

-- name: count_events
SELECT count(*) FROM event WHERE /*where*/;

-- name: count_event_resources
SELECT count(DISTINCT event.resource_id) FROM event WHERE /*where*/;

-- name: count_events_by_time
-- Buckets of `seconds` since the pivot, a Monday; empty ones are filled in by the caller.
SELECT floor(extract(epoch FROM event.occurred - %(pivot)s::timestamptz) / %(seconds)s::float8)::bigint AS bucket,
    count(*) AS count
FROM event
WHERE /*where*/
GROUP BY 1;

-- name: count_events_by_name
SELECT event.event AS value, event.event AS label, count(*) AS count, min(event.occurred) AS start_time,
    max(event.occurred) AS end_time
FROM event
WHERE /*where*/
GROUP BY 1
ORDER BY 3 DESC, 2;

-- name: count_events_by_resource
-- The label is the name in the newest event, or the id.
SELECT event.resource_id AS value,
    coalesce((array_agg(event.resource ->> 'prefect.resource.name' ORDER BY event.occurred DESC))[1], event.resource_id) AS label,
    count(*) AS count, min(event.occurred) AS start_time, max(event.occurred) AS end_time
FROM event
WHERE /*where*/
GROUP BY 1
ORDER BY 3 DESC, 2;
