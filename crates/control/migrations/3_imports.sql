-- A tenant that takes another server's data in: nothing reaches it until it has all of it, and it is removed when that
-- comes to nothing.
ALTER TABLE tenant DROP CONSTRAINT tenant_target_check;
ALTER TABLE tenant ADD CONSTRAINT tenant_target_check CHECK (target IN ('running', 'deleted', 'importing'));
