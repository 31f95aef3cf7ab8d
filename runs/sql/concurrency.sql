-- Limits are locked in the order of their ids before their leases are counted or changed. Counting is a statement of
-- its own: a sub-select beside FOR UPDATE still sees what was there before the lock was waited for.
-- Time is the database's: leases of several servers must not depend on their clocks.

-- name: create_limit
INSERT INTO concurrency_limit (id, workspace_id, name, "limit", active, active_slots, denied_slots, slot_decay_per_second,
    avg_slot_occupancy_seconds)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(name)s::text, %(limit)s::int, %(active)s::bool, %(active_slots)s::int,
    %(denied_slots)s::int, %(decay)s::float8, %(average)s::float8)
RETURNING id, created, updated, name, "limit", active, active_slots, denied_slots, slot_decay_per_second,
    avg_slot_occupancy_seconds;

-- name: set_tag_limit
-- A new limit, or a new number for an old one.
INSERT INTO concurrency_limit (id, workspace_id, name, "limit", active, active_slots, denied_slots, slot_decay_per_second,
    avg_slot_occupancy_seconds)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(name)s::text, %(limit)s::int, true, 0, 0, 0, %(average)s::float8)
ON CONFLICT (workspace_id, name) DO UPDATE SET "limit" = excluded."limit", updated = statement_timestamp()
RETURNING id, created, updated, name, "limit", active, active_slots, denied_slots, slot_decay_per_second,
    avg_slot_occupancy_seconds;

-- name: read_limits
-- By name, with the slots that live leases hold; `prefix` is empty for all.
SELECT l.workspace_id, l.id, l.created, l.updated, l.name, l."limit", l.active, l.active_slots, l.denied_slots,
    l.slot_decay_per_second, l.avg_slot_occupancy_seconds,
    extract(epoch FROM statement_timestamp() - l.updated)::float8 AS idle_seconds,
    held.leased_slots, held.task_runs
FROM concurrency_limit AS l
CROSS JOIN LATERAL (
    SELECT coalesce(sum(e.slots), 0)::int AS leased_slots,
        coalesce(array_agg(e.holder_id ORDER BY e.id) FILTER (WHERE e.holder_type = 'task_run'), '{}') AS task_runs
    FROM concurrency_lease AS e
    WHERE e.workspace_id = l.workspace_id AND e.concurrency_limit_id = l.id
        AND (e.expires IS NULL OR e.expires > statement_timestamp())
) AS held
WHERE l.workspace_id = %(workspace)s::uuid AND starts_with(l.name, %(prefix)s::text)
    AND (%(id)s::uuid IS NULL OR l.id = %(id)s::uuid)
    AND (%(name)s::text IS NULL OR l.name = %(name)s::text)
ORDER BY l.name LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: update_limit
UPDATE concurrency_limit SET name = %(name)s::text, "limit" = %(limit)s::int, active = %(active)s::bool,
    active_slots = %(active_slots)s::int, denied_slots = %(denied_slots)s::int,
    slot_decay_per_second = %(decay)s::float8, updated = statement_timestamp()
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid
RETURNING id, created, updated, name, "limit", active, active_slots, denied_slots, slot_decay_per_second,
    avg_slot_occupancy_seconds;

-- name: delete_limit
-- Its leases stay, without a limit: their clients go on renewing them.
DELETE FROM concurrency_limit
WHERE workspace_id = %(workspace)s::uuid AND (id = %(id)s::uuid OR name = %(name)s::text)
RETURNING id, created, updated, name, "limit", active, active_slots, denied_slots, slot_decay_per_second,
    avg_slot_occupancy_seconds;

-- name: lock_limits
SELECT l.workspace_id, l.id, l.name, l."limit", l.active, l.active_slots, l.denied_slots, l.slot_decay_per_second,
    l.avg_slot_occupancy_seconds, extract(epoch FROM clock_timestamp() - l.updated)::float8 AS idle_seconds
FROM concurrency_limit AS l
WHERE l.workspace_id = %(workspace)s::uuid AND (l.id = ANY(%(ids)s::uuid[]) OR l.name = ANY(%(names)s::text[]))
ORDER BY l.id FOR NO KEY UPDATE;

-- name: lock_held_limits
-- The limits on which a lease, or a holder, has slots: the holder's on one limit, and on those with a prefix.
SELECT l.workspace_id, l.id, l.name, l."limit", l.active, l.active_slots, l.denied_slots, l.slot_decay_per_second,
    l.avg_slot_occupancy_seconds, extract(epoch FROM clock_timestamp() - l.updated)::float8 AS idle_seconds
FROM concurrency_limit AS l
WHERE l.workspace_id = %(workspace)s::uuid AND (
    l.id IN (SELECT e.concurrency_limit_id FROM concurrency_lease AS e
        WHERE e.workspace_id = %(workspace)s::uuid AND e.lease_id = %(lease)s::uuid)
    OR (l.id = %(limit)s::uuid OR starts_with(l.name, %(prefix)s::text))
        AND l.id IN (SELECT e.concurrency_limit_id FROM concurrency_lease AS e
            WHERE e.workspace_id = %(workspace)s::uuid AND e.holder_id = %(holder)s::uuid
                AND e.holder_type = %(holder_type)s::text))
ORDER BY l.id FOR NO KEY UPDATE;

-- name: count_leased
-- What live leases hold of each limit, and whether a holder or a lease is among them.
SELECT e.concurrency_limit_id AS id, sum(e.slots)::int AS slots,
    coalesce(bool_or(e.lease_id = %(lease)s::uuid), false) AS by_lease,
    coalesce(bool_or(e.holder_id = %(holder)s::uuid AND e.holder_type = %(holder_type)s::text), false) AS by_holder
FROM concurrency_lease AS e
WHERE e.workspace_id = %(workspace)s::uuid AND e.concurrency_limit_id = ANY(%(ids)s::uuid[])
    AND (e.expires IS NULL OR e.expires > statement_timestamp())
GROUP BY e.concurrency_limit_id;

-- name: write_books
UPDATE concurrency_limit AS l SET active_slots = new.active_slots, denied_slots = new.denied_slots,
    avg_slot_occupancy_seconds = new.average,
    updated = statement_timestamp() - make_interval(secs => new.carried)
FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[], %(active)s::int[], %(denied)s::int[], %(averages)s::float8[],
    %(carried)s::float8[]) AS new (workspace_id, id, active_slots, denied_slots, average, carried)
WHERE l.workspace_id = new.workspace_id AND l.id = new.id;

-- name: insert_lease
-- One row for each limit; a lease over no limit has one row without any.
INSERT INTO concurrency_lease (id, workspace_id, lease_id, concurrency_limit_id, slots, holder_type, holder_id, expires)
SELECT new.id, %(workspace)s::uuid, %(lease)s::uuid, new.concurrency_limit_id, %(slots)s::int, %(holder_type)s::text,
    %(holder)s::uuid, statement_timestamp() + make_interval(secs => %(seconds)s::float8)
FROM unnest(%(ids)s::uuid[], %(limits)s::uuid[]) AS new (id, concurrency_limit_id);

-- name: renew_lease
-- A lease that has run out stays so, swept or not: others may have its slots. No seconds: it does not run out.
WITH mine AS (
    SELECT e.id FROM concurrency_lease AS e
    WHERE e.workspace_id = %(workspace)s::uuid AND e.lease_id = %(lease)s::uuid
    ORDER BY e.id FOR UPDATE
)
UPDATE concurrency_lease AS e SET expires = clock_timestamp() + make_interval(secs => %(seconds)s::float8)
FROM mine
WHERE e.workspace_id = %(workspace)s::uuid AND e.id = mine.id AND (e.expires IS NULL OR e.expires > clock_timestamp());

-- name: delete_leases
-- The rows of a lease, and those of a holder on some limits.
WITH mine AS (
    SELECT e.id FROM concurrency_lease AS e
    WHERE e.workspace_id = %(workspace)s::uuid AND (e.lease_id = %(lease)s::uuid
        OR e.holder_id = %(holder)s::uuid AND e.holder_type = %(holder_type)s::text
            AND e.concurrency_limit_id = ANY(%(limits)s::uuid[]))
    ORDER BY e.id FOR UPDATE
)
DELETE FROM concurrency_lease AS e USING mine
WHERE e.workspace_id = %(workspace)s::uuid AND e.id = mine.id
RETURNING e.concurrency_limit_id AS limit_id, e.slots,
    extract(epoch FROM clock_timestamp() - e.created)::float8 AS age_seconds;

-- name: delete_leases_of_limit
DELETE FROM concurrency_lease AS e
WHERE e.workspace_id = %(workspace)s::uuid AND e.concurrency_limit_id = %(limit)s::uuid
RETURNING e.concurrency_limit_id AS limit_id, e.slots,
    extract(epoch FROM clock_timestamp() - e.created)::float8 AS age_seconds;

-- name: detach_oldest_leases
-- Keep the newest leases of a limit, as many as fit in `keep` slots; the others go on without one.
UPDATE concurrency_lease AS e SET concurrency_limit_id = NULL
FROM (
    SELECT live.id, sum(live.slots) OVER (ORDER BY live.created DESC, live.id DESC) AS up_to
    FROM concurrency_lease AS live
    WHERE live.workspace_id = %(workspace)s::uuid AND live.concurrency_limit_id = %(limit)s::uuid
        AND (live.expires IS NULL OR live.expires > statement_timestamp())
) AS ranked
WHERE e.workspace_id = %(workspace)s::uuid AND e.id = ranked.id AND ranked.up_to > %(keep)s::int;

-- name: lock_expired_limits
-- For the sweep, in all workspaces: limits that somebody else holds have their turn the next time.
SELECT l.workspace_id, l.id, l.name, l."limit", l.active, l.active_slots, l.denied_slots, l.slot_decay_per_second,
    l.avg_slot_occupancy_seconds, extract(epoch FROM clock_timestamp() - l.updated)::float8 AS idle_seconds
FROM concurrency_limit AS l
WHERE EXISTS (SELECT 1 FROM concurrency_lease AS e
    WHERE e.workspace_id = l.workspace_id AND e.concurrency_limit_id = l.id AND e.expires <= statement_timestamp())
ORDER BY l.id LIMIT %(most)s::int FOR NO KEY UPDATE OF l SKIP LOCKED;

-- name: delete_expired_leases
-- Those of the limits that are locked, and those without a limit.
WITH dead AS (
    SELECT e.workspace_id, e.id FROM concurrency_lease AS e
    WHERE e.expires <= statement_timestamp() AND (e.concurrency_limit_id IS NULL OR (e.workspace_id, e.concurrency_limit_id)
        IN (SELECT locked.workspace_id, locked.id FROM unnest(%(workspaces)s::uuid[], %(ids)s::uuid[]) AS locked (workspace_id, id)))
    ORDER BY e.workspace_id, e.id LIMIT %(most)s::int FOR UPDATE SKIP LOCKED
)
DELETE FROM concurrency_lease AS e USING dead
WHERE e.workspace_id = dead.workspace_id AND e.id = dead.id
RETURNING e.concurrency_limit_id AS limit_id, e.slots,
    extract(epoch FROM clock_timestamp() - e.created)::float8 AS age_seconds;
