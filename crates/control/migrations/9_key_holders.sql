-- Who knows a key's secret: whoever made it, or rotated it last. What a member knows ends with them. Where a key made or
-- rotated another, that is who knows the secret that was used.
ALTER TABLE management_key ADD COLUMN holder text;
UPDATE management_key k SET holder = coalesce(
    (SELECT actor FROM audit_event e WHERE e.subject = k.id AND e.type = 'management_key.rotated'
       AND e.actor NOT LIKE 'management_key:%' ORDER BY e.id DESC LIMIT 1),
    created_by);
WITH RECURSIVE known AS (
    SELECT id, holder FROM management_key WHERE holder NOT LIKE 'management_key:%'
    UNION ALL
    SELECT k.id, known.holder FROM management_key k JOIN known ON k.holder = 'management_key:' || known.id)
UPDATE management_key k SET holder = known.holder FROM known WHERE known.id = k.id;
ALTER TABLE management_key ALTER COLUMN holder SET NOT NULL;

-- The same of the secret before the last rotation.
ALTER TABLE management_key ADD COLUMN previous_holder text;
UPDATE management_key SET previous_holder = created_by WHERE previous_hash IS NOT NULL;

-- Whoever is next: spares last, because somebody waits for the others.
DROP INDEX tenant_unfinished;
CREATE INDEX tenant_unfinished ON tenant ((target = 'spare'), created_at) WHERE reached < asked AND target <> 'importing';
CREATE INDEX tenant_retry ON tenant (retry_at) WHERE reached < asked AND target <> 'importing';
