-- name: remember_refusal
-- A key that we know was refused. Only in a workspace of an account that the key's owner belongs to: a stranger writes
-- nothing into anybody's workspace. A pool is only noted if it exists there, so rows cannot be had by inventing names.
INSERT INTO refused_key AS refused (
    id, workspace_id, key_id, key_name, reason, refused_since, pool, address, client, last, times
)
SELECT gen_random_uuid(), workspace.id, key.id, key.name,
    CASE WHEN key.revoked IS NOT NULL THEN 'revoked' WHEN key.expires <= %(now)s::timestamptz THEN 'expired'
        WHEN NOT person.is_active THEN 'disabled' ELSE %(otherwise)s::text END,
    CASE WHEN key.revoked IS NOT NULL THEN key.revoked WHEN key.expires <= %(now)s::timestamptz THEN key.expires END,
    coalesce(pool.name, ''), %(address)s::text, %(client)s::text, %(now)s::timestamptz, 1
FROM api_key AS key
LEFT JOIN person ON person.id = key.user_id
LEFT JOIN service_account AS service ON service.id = key.service_account_id
JOIN workspace ON workspace.id = coalesce(%(workspace)s::uuid, key.workspace_id)
LEFT JOIN work_pool AS pool ON pool.workspace_id = workspace.id AND pool.name = %(pool)s::text
WHERE key.hash = %(hash)s::bytea AND (
    service.account_id = workspace.account_id
    OR EXISTS (SELECT 1 FROM account_member AS member
        WHERE member.user_id = key.user_id AND member.account_id = workspace.account_id)
    OR EXISTS (SELECT 1 FROM workspace_access AS access
        WHERE access.user_id = key.user_id AND access.workspace_id = workspace.id)
)
ON CONFLICT (workspace_id, key_id, pool) DO UPDATE SET key_name = excluded.key_name, reason = excluded.reason,
    refused_since = excluded.refused_since, address = excluded.address, client = excluded.client,
    last = excluded.last, times = refused.times + 1;

-- name: list_refusals
SELECT key_id, key_name, reason, refused_since, pool, address, client, last, times
FROM refused_key
WHERE workspace_id = %(workspace)s::uuid AND last > %(now)s::timestamptz - interval '24 hours'
    AND (%(pool)s::text IS NULL OR pool = %(pool)s::text)
ORDER BY last DESC, key_id LIMIT 50;

-- name: forget_refusals
-- Of all workspaces. Index refused_key_last.
DELETE FROM refused_key WHERE last < %(now)s::timestamptz - interval '24 hours';
