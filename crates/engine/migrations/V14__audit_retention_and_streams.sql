-- For how long the log is kept: one row, which the control plane writes as the settings say; no row is for ever. Neither an
-- engine nor the auditor may write it, so neither decides how much of the past may go.
CREATE TABLE kiavi.audit_retention (
  is_there boolean PRIMARY KEY DEFAULT true CHECK (is_there),
  days integer NOT NULL CHECK (days >= 30)
);

-- When a tile got its last hash, by this server's clock and whatever its writer says: how old something sealed is, is
-- nobody's to claim. What an event says of its time counts for nothing here, because an engine wrote it.
ALTER TABLE kiavi.audit_tile ADD COLUMN grown_at timestamptz NOT NULL DEFAULT now();
UPDATE kiavi.audit_tile t SET grown_at = c.at
FROM (SELECT size, at, lag(size, 1, 0::bigint) OVER (ORDER BY size) AS before FROM kiavi.audit_checkpoint) c
WHERE t.level = 0 AND (t.index + 1) * 256 > c.before AND (t.index + 1) * 256 <= c.size;
CREATE FUNCTION kiavi.audit_tile_grows() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.grown_at := clock_timestamp();
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION kiavi.audit_tile_grows() FROM PUBLIC;
CREATE TRIGGER kiavi_grows BEFORE INSERT OR UPDATE ON kiavi.audit_tile
  FOR EACH ROW EXECUTE FUNCTION kiavi.audit_tile_grows();

-- What is no longer kept: events before the index `until`, as the log itself says by its key (`note`).
CREATE TABLE kiavi.audit_pruning (
  until bigint PRIMARY KEY CHECK (until > 0 AND until % 256 = 0),
  at timestamptz NOT NULL DEFAULT now(),
  note text NOT NULL
);

-- The next part of the log that is too old to be kept: from the index `since` to before `until`, whole tiles, at most 64
-- of them. Neither the last event of the tree is among them nor the one with the greatest number, by which the auditor
-- knows how far it is.
CREATE FUNCTION kiavi.audit_prunable(OUT since bigint, OUT until bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  kept integer;
  last bigint;
  old bigint;
BEGIN
  SELECT coalesce(max(p.until), 0) INTO since FROM kiavi.audit_pruning p;
  until := since;
  SELECT days INTO kept FROM kiavi.audit_retention;
  SELECT least(max(index), (SELECT index FROM kiavi.audit_leaf ORDER BY seq DESC LIMIT 1)) INTO last
  FROM kiavi.audit_leaf;
  IF kept IS NULL OR last IS NULL THEN
    RETURN;
  END IF;
  -- Those that follow each other without one that is missing, not full or too young.
  SELECT count(*) INTO old FROM (
    SELECT index, since / 256 + row_number() OVER (ORDER BY index) - 1 AS place FROM kiavi.audit_tile
    WHERE level = 0 AND index >= since / 256 AND index < since / 256 + 64 AND length(hashes) = 8192
      AND grown_at < now() - make_interval(days => kept)) tile
  WHERE index = place;
  until := greatest(since, least(since / 256 + old, last / 256) * 256);
END $$;
REVOKE ALL ON FUNCTION kiavi.audit_prunable() FROM PUBLIC;

-- Removes the events before the index `until`, if they are too old to be kept, and writes the event that says so. Hashes
-- stay. It waits for nobody: an erasure that is at work on one of these rows would wait for this, too.
CREATE FUNCTION kiavi.audit_prune(until bigint, note text, event uuid, body bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
  due record;
BEGIN
  SELECT * INTO due FROM kiavi.audit_prunable();
  IF audit_prune.until <= due.since OR audit_prune.until > due.until OR audit_prune.until % 256 <> 0 THEN
    RAISE EXCEPTION 'not too old to be kept' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO kiavi.audit_pruning (until, note) VALUES (audit_prune.until, audit_prune.note);
  INSERT INTO kiavi.audit_event (id, at, type, outcome, actor, body)
  VALUES (event, now(), 'log.pruned', 'success', 'auditor', audit_prune.body);
  PERFORM FROM kiavi.audit_event e JOIN kiavi.audit_leaf l USING (seq)
  WHERE l.index < audit_prune.until FOR UPDATE OF e NOWAIT;
  DELETE FROM kiavi.audit_event e USING kiavi.audit_leaf l WHERE l.index < audit_prune.until AND e.seq = l.seq;
  DELETE FROM kiavi.audit_leaf l WHERE l.index < audit_prune.until;
END $$;
REVOKE ALL ON FUNCTION kiavi.audit_prune(bigint, text, uuid, bytea) FROM PUBLIC;

-- How far each stream of the settings is. `leased_by` is the one process that sends it; one that fails is left alone until
-- `next_attempt_at`.
CREATE TABLE kiavi.audit_stream (
  id text PRIMARY KEY,
  target text NOT NULL,
  -- The index of the first event that was not sent.
  next bigint NOT NULL CHECK (next >= 0),
  -- Where the batch ends that was begun: what is sent again is the same.
  until bigint,
  sent_at timestamptz,
  failures integer NOT NULL DEFAULT 0,
  failing_since timestamptz,
  fault text,
  -- Whether somebody was told that it fails.
  is_told boolean NOT NULL DEFAULT false,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  leased_by text,
  leased_until timestamptz
);
