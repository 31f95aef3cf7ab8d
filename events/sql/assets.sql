-- name: list_assets
-- The newest event of each asset by event_of_asset, with the newest materialization beside it. An asset that was deleted
-- comes back with its next event. An event names an asset as its resource, or among the related ones by role `asset`:
-- only the first makes it known, as an upstream alone has nothing to show.
WITH newest AS (
    SELECT DISTINCT ON (event.resource_id) event.resource_id AS key, event.id, event.occurred, event.event,
        event.resource, event.related, event.payload
    FROM event
    WHERE event.workspace_id = %(workspace)s::uuid AND event.event IN (
            'prefect.asset.materialization.succeeded', 'prefect.asset.materialization.failed', 'prefect.asset.referenced')
        AND (%(keys)s::text[] IS NULL OR event.resource_id = ANY(%(keys)s::text[]))
        AND (%(prefixes)s::text[] IS NULL OR event.resource_id LIKE ANY(%(prefixes)s::text[]))
        AND (%(words)s::text[] IS NULL OR event.resource_id ILIKE ANY(%(words)s::text[]))
    ORDER BY event.resource_id, event.occurred DESC, event.id
), known AS (
    SELECT newest.* FROM newest WHERE NOT EXISTS (
        SELECT 1 FROM forgotten_asset AS forgotten WHERE forgotten.workspace_id = %(workspace)s::uuid
            AND forgotten.key = newest.key AND forgotten.forgotten >= newest.occurred)
)
SELECT known.key, known.id, known.occurred, known.event, known.resource, known.related, known.payload,
    (SELECT count(*) FROM known)::int AS total, made.id AS made_id, made.occurred AS made_at, made.event AS made_event,
    made.related AS made_related, made.payload AS made_payload
FROM known LEFT JOIN LATERAL (
    SELECT event.* FROM event
    WHERE event.workspace_id = %(workspace)s::uuid AND event.resource_id = known.key
        AND event.event IN ('prefect.asset.materialization.succeeded', 'prefect.asset.materialization.failed')
    ORDER BY event.occurred DESC, event.id LIMIT 1
) AS made ON true
WHERE known.key > %(after)s::text
ORDER BY known.key LIMIT %(limit)s::int;
