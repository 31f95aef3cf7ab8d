-- name: lock_current_key
-- The share of its row holds back the end of a rotation until what is sealed with it is committed.
SELECT id, workspace_id, created, account_id, number, provider, wrapped, retired FROM data_key
WHERE workspace_id = %(workspace)s::uuid AND retired IS NULL
ORDER BY number DESC, id DESC LIMIT 1 FOR KEY SHARE;
