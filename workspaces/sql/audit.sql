-- name: record_entry
-- Returns nothing: the runtime role may add entries and not read them. A change of who may do what, made at a door, is
-- an event of the workspace too (`event` is its id): the other kinds tell of themselves.
WITH entry AS (
    INSERT INTO audit_entry (id, workspace_id, account_id, actor_type, actor_id, actor_name, key_id, action,
        target_kind, target_id, target_name, changes, via, address, client)
    VALUES (%(id)s::uuid, %(workspace)s::uuid, %(account)s::uuid, %(actor_type)s::text, %(actor_id)s::uuid,
        %(actor_name)s::text, %(key_id)s::uuid, %(action)s::text, %(target_kind)s::text, %(target_id)s::text,
        %(target_name)s::text, %(changes)s::jsonb, %(via)s::text, %(address)s::text, %(client)s::text)
)
INSERT INTO event (workspace_id, id, occurred, event, resource_id, resource, related)
SELECT %(workspace)s::uuid, %(event)s::uuid, now(), 'prefect-cloud.' || %(action)s::text,
    'prefect-cloud.' || %(target_kind)s::text || '.' || %(target_id)s::text,
    jsonb_build_object('prefect.resource.id', 'prefect-cloud.' || %(target_kind)s::text || '.' || %(target_id)s::text,
        'prefect.resource.name', %(target_name)s::text),
    jsonb_build_array(jsonb_build_object(
        'prefect.resource.id', 'prefect-cloud.' || replace(lower(%(actor_type)s::text), '_', '-') || '.' || %(actor_id)s::text,
        'prefect.resource.name', %(actor_name)s::text, 'prefect.resource.role', 'actor'))
WHERE %(event)s::uuid IS NOT NULL
    AND split_part(%(action)s::text, '.', 1) IN ('api-key', 'workspace', 'workspace-member', 'workspace-role',
        'service-account', 'team', 'invitation', 'data-boundary');

-- name: list_entries
-- A workspace's slice, and an account's own, newest first, from before `before`: for each backwards through the
-- primary key.
SELECT entry.id, entry.created, entry.actor_type, entry.actor_id, entry.actor_name, entry.key_id, entry.action,
    entry.target_kind, entry.target_id, entry.target_name, entry.changes, entry.via, entry.address, entry.client
FROM unnest(%(trails)s::uuid[]) AS trail (id) CROSS JOIN LATERAL (SELECT * FROM audit_entry
WHERE workspace_id = trail.id
    AND (%(before)s::uuid IS NULL OR id < %(before)s::uuid)
    AND (%(since)s::timestamptz IS NULL OR created >= %(since)s::timestamptz)
    AND (%(until)s::timestamptz IS NULL OR created < %(until)s::timestamptz)
    AND (%(actions)s::text[] IS NULL OR action = ANY(%(actions)s::text[]))
    AND (%(actor)s::uuid IS NULL OR actor_id = %(actor)s::uuid)
    AND (%(kinds)s::text[] IS NULL OR target_kind = ANY(%(kinds)s::text[]))
    AND (%(target)s::text IS NULL OR target_id = %(target)s::text)
    AND (%(words)s::text IS NULL
        OR strpos(lower(action || ' ' || actor_name || ' ' || target_name), lower(%(words)s::text)) > 0)
ORDER BY id DESC LIMIT %(limit)s::int) AS entry
ORDER BY entry.id DESC LIMIT %(limit)s::int;

-- name: lock_chains
-- One process chains at a time; another that comes meanwhile has nothing to do.
SELECT pg_try_advisory_xact_lock(hashtextextended('audit chains', 0));

-- name: find_unchained
-- Of all workspaces. An entry is as old as its transaction, and no transaction lives for a quarter of an hour.
SELECT entry.id, entry.workspace_id, entry.account_id, entry.created, entry.actor_type, entry.actor_id,
    entry.actor_name, entry.key_id, entry.action, entry.target_kind, entry.target_id, entry.target_name,
    entry.changes, entry.via, entry.address, entry.client
FROM audit_entry AS entry
WHERE entry.created >= coalesce((SELECT max(created) FROM audit_link), '-infinity') - interval '15 minutes'
    AND NOT EXISTS (SELECT 1 FROM audit_link AS link
        WHERE link.workspace_id = entry.workspace_id AND link.id = entry.id)
ORDER BY entry.created, entry.id LIMIT 5000;

-- name: read_chain_ends
-- Of all workspaces of these accounts.
SELECT DISTINCT ON (account_id) account_id AS account, number, seal FROM audit_link
WHERE account_id = ANY(%(accounts)s::uuid[]) ORDER BY account_id, number DESC;

-- name: add_links
-- A link is as old as its entry: that is where the next sweep begins.
INSERT INTO audit_link (id, workspace_id, created, account_id, number, seal)
SELECT * FROM unnest(%(ids)s::uuid[], %(workspaces)s::uuid[], %(created)s::timestamptz[], %(accounts)s::uuid[],
    %(numbers)s::bigint[], %(seals)s::bytea[]);

-- name: read_chain
-- A stretch of one account's chain with its entries; an entry that was removed leaves its fields null.
SELECT link.number, link.seal, link.id AS link_id, link.workspace_id AS link_workspace, entry.id, entry.workspace_id,
    entry.account_id, entry.created, entry.actor_type, entry.actor_id, entry.actor_name, entry.key_id, entry.action,
    entry.target_kind, entry.target_id, entry.target_name, entry.changes, entry.via, entry.address, entry.client
FROM audit_link AS link LEFT JOIN audit_entry AS entry
    ON entry.workspace_id = link.workspace_id AND entry.id = link.id
WHERE link.account_id = %(account)s::uuid AND link.number > %(after)s::bigint
ORDER BY link.number LIMIT 5000;

-- name: count_unchained
-- Of one account, older than the sweep ever leaves them: somebody put them beside the chain.
SELECT count(*) FROM audit_entry AS entry
WHERE entry.account_id = %(account)s::uuid AND entry.created < now() - interval '20 minutes'
    AND NOT EXISTS (SELECT 1 FROM audit_link AS link
        WHERE link.workspace_id = entry.workspace_id AND link.id = entry.id);
