-- name: find_webhook
-- By its slug, over all workspaces: the slug says which. Uses webhook_by_slug_hash, and webhook_with_plain_slug for
-- what an older release wrote and the sweep has not sealed yet.
SELECT workspace_id, id, name, enabled, template, service_account_id FROM webhook WHERE slug_hash = %(hash)s::bytea
UNION ALL
SELECT workspace_id, id, name, enabled, template, service_account_id FROM webhook WHERE slug = %(slug)s::text;
