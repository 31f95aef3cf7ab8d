-- name: create_automation
-- The tag table, which filters read, is filled along.
WITH made AS (
    INSERT INTO automation (id, workspace_id, name, description, enabled, tags, trigger, actions, actions_on_trigger,
        actions_on_resolve, secrets, created, updated)
    VALUES (%(id)s::uuid, %(workspace)s::uuid, %(name)s::text, %(description)s::text, %(enabled)s::boolean,
        %(tags)s::text[], %(trigger)s::jsonb, %(actions)s::jsonb, %(actions_on_trigger)s::jsonb,
        %(actions_on_resolve)s::jsonb, %(secrets)s::bytea, %(now)s::timestamptz, %(now)s::timestamptz)
    RETURNING id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger,
        actions_on_resolve
), tagged AS (
    INSERT INTO automation_tag (workspace_id, automation_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, made.id, tag FROM made, unnest(made.tags) AS tag
)
SELECT id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger, actions_on_resolve
FROM made;

-- name: lock_automation
SELECT id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger, actions_on_resolve
FROM automation WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid FOR NO KEY UPDATE;

-- name: lock_secrets_of_automation
SELECT actions, actions_on_trigger, actions_on_resolve, secrets
FROM automation WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid FOR NO KEY UPDATE;

-- name: read_secrets_of_automation
SELECT actions, actions_on_trigger, actions_on_resolve, secrets
FROM automation WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid;

-- name: read_automation
SELECT id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger, actions_on_resolve
FROM automation WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid;

-- name: read_automations
SELECT automation.id, automation.created, automation.updated, automation.name, automation.description,
    automation.enabled, automation.tags, automation.trigger, automation.actions, automation.actions_on_trigger,
    automation.actions_on_resolve
FROM automation WHERE /*where*/ ORDER BY /*order*/ LIMIT %(limit)s::int OFFSET %(offset)s::bigint;

-- name: read_related_automations
SELECT id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger, actions_on_resolve
FROM automation
WHERE workspace_id = %(workspace)s::uuid AND EXISTS (
    SELECT 1 FROM automation_related_resource AS related
    WHERE related.workspace_id = automation.workspace_id AND related.automation_id = automation.id
        AND related.resource_id = %(resource)s::text)
ORDER BY name, id;

-- name: count_automations
SELECT count(*) FROM automation WHERE /*where*/;

-- name: replace_automation
-- All of it; the tag table is kept in step.
WITH changed AS (
    UPDATE automation SET updated = %(now)s::timestamptz, name = %(name)s::text, description = %(description)s::text,
        enabled = %(enabled)s::boolean, tags = %(tags)s::text[], trigger = %(trigger)s::jsonb,
        actions = %(actions)s::jsonb, actions_on_trigger = %(actions_on_trigger)s::jsonb,
        actions_on_resolve = %(actions_on_resolve)s::jsonb, secrets = %(secrets)s::bytea, version = pg_current_xact_id()
    WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid
    RETURNING id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger,
        actions_on_resolve
), untagged AS (
    DELETE FROM automation_tag AS old USING changed
    WHERE old.workspace_id = %(workspace)s::uuid AND old.automation_id = changed.id AND NOT (old.tag = ANY(changed.tags))
), tagged AS (
    INSERT INTO automation_tag (workspace_id, automation_id, tag)
    SELECT DISTINCT %(workspace)s::uuid, changed.id, tag FROM changed, unnest(changed.tags) AS tag
    ON CONFLICT DO NOTHING
)
SELECT id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger, actions_on_resolve
FROM changed;

-- name: enable_automation
UPDATE automation SET updated = %(now)s::timestamptz, enabled = %(enabled)s::boolean,
    version = pg_current_xact_id()
WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid
RETURNING id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger,
    actions_on_resolve;

-- name: delete_automation
DELETE FROM automation WHERE workspace_id = %(workspace)s::uuid AND id = %(id)s::uuid
RETURNING id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger,
    actions_on_resolve;

-- name: delete_owned_automations
DELETE FROM automation
WHERE workspace_id = %(workspace)s::uuid AND EXISTS (
    SELECT 1 FROM automation_related_resource AS related
    WHERE related.workspace_id = automation.workspace_id AND related.automation_id = automation.id
        AND related.resource_id = %(resource)s::text AND related.owned)
RETURNING id, created, updated, name, description, enabled, tags, trigger, actions, actions_on_trigger,
    actions_on_resolve;

-- name: forget_targets
-- What the actions named before; the owner stays.
DELETE FROM automation_related_resource
WHERE workspace_id = %(workspace)s::uuid AND automation_id = %(automation)s::uuid AND NOT owned;

-- name: relate_automation
INSERT INTO automation_related_resource (id, workspace_id, automation_id, resource_id, owned)
VALUES (%(id)s::uuid, %(workspace)s::uuid, %(automation)s::uuid, %(resource)s::text, %(owned)s::boolean)
ON CONFLICT (workspace_id, automation_id, resource_id)
DO UPDATE SET owned = automation_related_resource.owned OR excluded.owned;
