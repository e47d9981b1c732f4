-- A passkey's counter that goes on costs the second line nothing. The condition of a trigger is kept as a text, which each
-- statement that could fire it reads anew (5 µs of each sign-in); the columns of a trigger are compared before.
DROP TRIGGER kiavi_updated ON public.passkey;
CREATE CONSTRAINT TRIGGER kiavi_updated
  AFTER UPDATE OF id, name, "publicKey", "userId", "credentialID", "deviceType", "backedUp", transports, "createdAt", aaguid
  ON public.passkey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD IS DISTINCT FROM NEW) EXECUTE FUNCTION kiavi.audit_changed();
CREATE CONSTRAINT TRIGGER kiavi_counted AFTER UPDATE OF counter ON public.passkey DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.counter < OLD.counter) EXECUTE FUNCTION kiavi.audit_changed();
