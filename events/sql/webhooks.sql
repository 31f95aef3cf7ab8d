-- name: find_webhook
-- By its slug, over all workspaces: the slug says which. Uses webhook_by_slug.
SELECT workspace_id, id, name, enabled, template, service_account_id FROM webhook WHERE slug = %(slug)s::text;
